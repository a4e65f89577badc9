package watch

import (
	"io"
	"os"
	"path"
	"path/filepath"
)

const (
	gitignore    = ".gitignore"
	dockerignore = ".dockerignore"
)

// loadOuter reads the .gitignore files above root, as far as the repository reaches, and its
// info/exclude. They do not count when they ignore root itself: a chaincode that someone tries
// out in an ignored folder is to be watched.
func (m *Matcher) loadOuter(root string) {
	top, ok := repository(root)
	if !ok {
		return
	}
	rel, err := filepath.Rel(top, root)
	if err != nil {
		return
	}
	m.exclude = rulesIn(filepath.Join(top, ".git", "info", "exclude"))
	prefix := filepath.ToSlash(rel)
	for dir := prefix; dir != "."; {
		dir = path.Dir(dir)
		m.git[dir] = rulesIn(filepath.Join(top, filepath.FromSlash(dir), gitignore))
	}
	m.prefix = prefix
	for dir := prefix; dir != "."; dir = path.Dir(dir) {
		if m.gitIgnores(dir, true) {
			m.prefix, m.exclude, m.git = ".", nil, map[string][]rule{}
			return
		}
	}
}

// repository finds the root of the repository that dir is in.
func repository(dir string) (string, bool) {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir, true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", false
		}
		dir = up
	}
}

func rulesIn(file string) []rule {
	m := NewMatcher(nil)
	m.SetGitignore(".", ignoreText(file))
	return m.git["."]
}

// ignoreText is what is in a file of patterns. One that is not there, or is no plain file, has
// none: git does not follow such a link either, and a pipe would never end.
func ignoreText(file string) string {
	const most = 1 << 20 // bytes
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return ""
	}
	return string(text)
}
