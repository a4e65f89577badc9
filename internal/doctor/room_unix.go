//go:build unix

package doctor

import "syscall"

// free is how many bytes a user may still write to the file system that holds dir.
func free(dir string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, err
	}
	return uint64(fs.Bavail) * uint64(fs.Bsize), nil //nolint:unconvert,gosec // their types differ between systems; none is negative
}
