//go:build unix

package watch

import (
	"syscall"
	"testing"
	"time"
)

func TestAPipeIsNotOpened(t *testing.T) {
	eachMode(t, func(t *testing.T, poll time.Duration) {
		f := watched(t, poll)
		f.must(syscall.Mkfifo(f.path("pipe"), 0o600))
		f.must(syscall.Mkfifo(f.path(".gitignore"), 0o600))
		f.expectNothing()
	})
}
