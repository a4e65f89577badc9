package watch

import (
	"path"
	"slices"
	"strings"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// Matcher tells which paths below a folder are of no interest. Paths are relative to the folder,
// with slashes.
//
// Always ignored is what version control, ccdev, editors and npm keep for themselves, and logs. Then the
// patterns given to NewMatcher decide, then the .gitignore files as gitignore(5) has them, and
// the .dockerignore of the folder itself, in Docker's syntax, where it is given. Unlike in git, a
// file that is ignored and yet tracked is ignored, "?" stands for a character and not for a byte,
// and core.excludesFile is not read.
//
// It must not be used concurrently.
type Matcher struct {
	extra   []rule
	git     map[string][]rule // by the folder of the .gitignore, from the repository's root
	exclude []rule            // the repository's info/exclude
	prefix  string            // the folder's path from the repository's root
	docker  *patternmatcher.PatternMatcher
}

// NewMatcher makes a matcher with patterns as in a .gitignore.
func NewMatcher(patterns []string) *Matcher {
	return &Matcher{extra: parseRules(patterns), git: map[string][]rule{}, prefix: "."}
}

// SetGitignore gives the text of the .gitignore in the folder dir; "." is the uppermost one.
func (m *Matcher) SetGitignore(dir, text string) {
	m.git[path.Join(m.prefix, dir)] = parseRules(strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n"))
}

// SetDockerignore gives the text of the .dockerignore. It passes over lines it cannot read.
func (m *Matcher) SetDockerignore(text string) {
	m.docker = nil
	lines, err := ignorefile.ReadAll(strings.NewReader(text))
	if err != nil {
		return
	}
	lines = slices.DeleteFunc(lines, func(line string) bool {
		_, err := patternmatcher.New([]string{line})
		return err != nil
	})
	if matcher, err := patternmatcher.New(lines); err == nil && len(lines) > 0 {
		m.docker = matcher
	}
}

// Ignored tells whether a path, or a folder above it, is ignored. All below an ignored folder is,
// as it is for git.
func (m *Matcher) Ignored(rel string, isDir bool) bool {
	if rel == "." {
		return false
	}
	for i, c := range rel {
		if c == '/' && m.ignoredItself(rel[:i], true) {
			return true
		}
	}
	return m.ignoredItself(rel, isDir)
}

// ignoredItself is Ignored for a path whose folders are not ignored.
func (m *Matcher) ignoredItself(rel string, isDir bool) bool {
	if never(path.Base(rel)) {
		return true
	}
	if v := judge(m.extra, rel, isDir); v != unknown {
		return v == ignored
	}
	return m.gitIgnores(path.Join(m.prefix, rel), isDir) || m.dockerIgnores(rel, isDir)
}

// gitIgnores asks the .gitignore files for a path from the repository's root: the nearest that
// has something to say decides.
func (m *Matcher) gitIgnores(full string, isDir bool) bool {
	for dir := path.Dir(full); ; dir = path.Dir(dir) {
		if rules := m.git[dir]; len(rules) > 0 {
			if v := judge(rules, below(dir, full), isDir); v != unknown {
				return v == ignored
			}
		}
		if dir == "." {
			return judge(m.exclude, full, isDir) == ignored
		}
	}
}

func below(dir, full string) string {
	if dir == "." {
		return full
	}
	return full[len(dir)+1:]
}

// dockerIgnores never gives up a folder when there are exceptions: Docker, unlike git, finds them
// in an ignored folder.
func (m *Matcher) dockerIgnores(rel string, isDir bool) bool {
	if m.docker == nil || isDir && m.docker.Exclusions() {
		return false
	}
	matched, err := m.docker.MatchesOrParentMatches(rel)
	return err == nil && matched
}

// never is the name of what is no part of any chaincode. (vendor is one.)
func never(name string) bool {
	switch name {
	case ".git", ".hg", ".svn", ".ccdev", ".idea", ".vscode", "node_modules", ".DS_Store":
		return true
	case "4913": // Vim tries with this name whether it can write to a folder
		return true
	}
	switch path.Ext(name) {
	case ".swp", ".swo", ".swx":
		return true
	case ".log": // what a program writes while it runs would be built at every line
		return true
	}
	return strings.HasSuffix(name, "~") ||
		strings.HasPrefix(name, ".#") || // Emacs's locks
		strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") || // and what it saves by itself
		strings.Contains(name, "___jb_") || // JetBrains' safe write
		strings.HasPrefix(name, ".goutputstream-") // GLib's
}
