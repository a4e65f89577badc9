//go:build unix

package host

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/ccdev/ccdev/internal/relay"
)

// Become unpacks a bundle into a folder and becomes what it runs: the process stays, and its
// program is another one. It returns only when that fails.
func Become(file, dir, modules string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	command, err := Unpack(file, dir, modules, relay.Server)
	if err != nil {
		return err
	}
	program, err := exec.LookPath(command[0])
	if err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil {
		return err
	}
	return syscall.Exec(program, command, os.Environ())
}
