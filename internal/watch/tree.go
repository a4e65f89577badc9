package watch

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// tree is what is known of the files below a folder.
type tree struct {
	root  string
	match *Matcher
	files map[string]file   // by path, with slashes, from root
	rules map[string]string // the texts of the files of patterns, by path
	enter func(dir string)  // called with each folder before it is read

	dockerignore bool // as in Options
}

func newTree(root string, o Options) *tree {
	t := &tree{
		root: root, match: NewMatcher(o.Ignore), files: map[string]file{}, rules: map[string]string{}, enter: func(string) {},
		dockerignore: o.Dockerignore,
	}
	t.match.loadOuter(root)
	return t
}

func (t *tree) path(rel string) string { return filepath.Join(t.root, filepath.FromSlash(rel)) }

// walk visits every file below dir that is not ignored. It tells whether it saw them all: a
// folder that vanishes has none, one that cannot be read may.
func (t *tree) walk(dir string, visit func(rel string, entry fs.DirEntry)) bool {
	t.enter(dir)
	t.loadRules(dir)
	entries, err := os.ReadDir(t.path(dir))
	complete := err == nil || gone(err)
	for _, entry := range entries {
		rel := path.Join(dir, entry.Name())
		switch {
		case t.match.ignoredItself(rel, entry.IsDir()):
		case entry.IsDir():
			complete = t.walk(rel, visit) && complete
		default:
			visit(rel, entry)
		}
	}
	return complete
}

// loadRules reads the patterns in a folder, and tells whether they are new.
func (t *tree) loadRules(dir string) bool {
	news := t.loadFile(path.Join(dir, gitignore), func(text string) { t.match.SetGitignore(dir, text) })
	if dir != "." || !t.dockerignore {
		return news
	}
	return t.loadFile(dockerignore, t.match.SetDockerignore) || news
}

func (t *tree) loadFile(rel string, set func(text string)) bool {
	text := ignoreText(t.path(rel))
	if text == t.rules[rel] {
		return false
	}
	t.rules[rel] = text
	set(text)
	return true
}

// diff collects what has changed.
type diff struct{ changed, removed map[string]bool }

// settle compares the paths in dirty, and all below those that are folders, with what is known,
// and knows them as they are from then on.
func (t *tree) settle(dirty map[string]stamp) Batch {
	paths := make(map[string]bool, len(dirty))
	for rel := range dirty {
		paths[rel] = true
		// New patterns can make any file below them known, or forgotten.
		if base := path.Base(rel); (base == gitignore || base == dockerignore) && t.loadRules(path.Dir(rel)) {
			paths[path.Dir(rel)] = true
		}
	}
	d := diff{changed: map[string]bool{}, removed: map[string]bool{}}
	for _, rel := range slices.Sorted(maps.Keys(paths)) {
		t.look(rel, d)
	}
	return Batch{Changed: slices.Sorted(maps.Keys(d.changed)), Removed: slices.Sorted(maps.Keys(d.removed))}
}

func (t *tree) look(rel string, d diff) {
	if info, err := os.Lstat(t.path(rel)); rel == "." || err == nil && info.IsDir() {
		t.lookInto(rel, d)
		return
	}
	_, was := t.files[rel]
	t.lookAt(rel, d)
	if !was { // a folder may have been there
		t.drop(rel, map[string]bool{rel: true}, d)
	}
}

// lookInto looks at all that is, and was, in a folder.
func (t *tree) lookInto(dir string, d diff) {
	seen := map[string]bool{}
	complete := t.match.Ignored(dir, true) || t.walk(dir, func(rel string, _ fs.DirEntry) {
		seen[rel] = true
		t.lookAt(rel, d)
	})
	if complete {
		t.drop(dir, seen, d)
	}
}

// lookAt looks at one file, or at what is no file any more.
func (t *tree) lookAt(rel string, d diff) {
	if t.match.Ignored(rel, false) {
		delete(t.files, rel)
		return
	}
	now, err := read(t.path(rel))
	known, was := t.files[rel]
	switch {
	case err == nil:
		t.files[rel] = now
		if !was || known.sum != now.sum {
			d.changed[rel] = true
			delete(d.removed, rel)
		}
	case gone(err):
		t.drop(rel, nil, d)
	case !was:
		t.files[rel] = now // it cannot be read; if it can be one day, that is a change
	default: // as far as anyone can tell it is as it was
	}
}

// drop forgets a path and what is below it, except for what was seen.
func (t *tree) drop(rel string, seen map[string]bool, d diff) {
	for known := range t.files {
		if !within(known, rel) || seen[known] {
			continue
		}
		delete(t.files, known)
		if !t.match.Ignored(known, false) { // otherwise it is still there, and of no interest any more
			d.removed[known] = true
			delete(d.changed, known)
		}
	}
}

// within tells whether a path is dir or below it.
func within(rel, dir string) bool {
	return dir == "." || rel == dir || strings.HasPrefix(rel, dir) && rel[len(dir)] == '/'
}

// gone tells whether an error says that there is no such file.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) // a folder above it has become a file
}
