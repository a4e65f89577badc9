//go:build unix

package node

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/wait"
)

// takeOverLimit is long for a build that is told to end, with all it has started.
const takeOverLimit = 10 * time.Second

// takeOver gets the folder to itself. The build that has it is ended: it is of older sources, and
// who asked for it may be gone, as an engine lets what it runs for somebody outlive them.
func takeOver(ctx context.Context, file string) (release func(), err error) {
	lock, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = wait.For(ctx, takeOverLimit, func(context.Context) error {
		err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return wait.Stop(err)
		}
		text, rerr := os.ReadFile(file)
		if pid, perr := strconv.Atoi(strings.TrimSpace(string(text))); rerr == nil && perr == nil && pid > 1 && pid != os.Getpid() {
			_ = syscall.Kill(pid, syscall.SIGTERM) // upon which it ends all it has started; it may have ended
		}
		return err
	})
	if err == nil {
		err = errors.Join(lock.Truncate(0), write(lock, strconv.Itoa(os.Getpid())))
	}
	if err != nil {
		_ = lock.Close() // nothing is in it
		return nil, err
	}
	return func() { _ = lock.Close() }, nil // which gives it up
}

func write(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}
