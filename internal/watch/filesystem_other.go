//go:build !linux

package watch

// silentFileSystem tells whether changes in a folder may come without notifications, and why.
func silentFileSystem(string) (string, bool) { return "", false }
