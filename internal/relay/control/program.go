package control

import "github.com/ccdev/ccdev/internal/bundle"

// debugged tells whether a stored program is a bundle that runs under a debugger. It says so itself,
// so that a relay that is restarted knows it too; one that cannot be read is for the start to explain.
func debugged(path string) bool {
	if is, err := bundle.Is(path); err != nil || !is {
		return false
	}
	m, err := bundle.ReadManifest(path)
	return err == nil && m.Debug
}
