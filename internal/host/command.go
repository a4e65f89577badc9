package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/relay"
)

// command is what runs a program in its working folder: the program itself, or what a bundle says,
// which is unpacked there.
func (h *Host) command(dir, program string, l relay.Launch) ([]string, error) {
	if is, err := bundle.Is(program); err != nil || !is {
		// What cannot be read may be executable still; if it is not, the start says so.
		return append([]string{program}, Arguments(l.Mode, l.Dial)...), nil
	}
	command, err := Unpack(program, dir, h.options.Modules, l.Mode)
	return append(command, Arguments(l.Mode, l.Dial)...), err
}

// Unpack unpacks a bundle into a folder, finds the dependencies it needs in the folder modules,
// and gives the command that runs it there.
func Unpack(file, dir, modules string, mode relay.Mode) ([]string, error) {
	m, err := bundle.Unpack(file, dir)
	if err != nil {
		return nil, err
	}
	command := m.Server
	if mode == relay.Client {
		command = m.Client
	}
	if len(command) == 0 {
		return nil, fmt.Errorf("it cannot run in mode %s", mode)
	}
	if m.Modules == "" {
		return command, nil
	}
	installed, err := filepath.Abs(filepath.Join(modules, m.Modules, "node_modules"))
	if err == nil {
		_, err = os.Stat(installed)
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("its dependencies are gone (%s): run ccdev reload, which installs them", installed)
	}
	if err != nil {
		return nil, err
	}
	return command, os.Symlink(installed, filepath.Join(dir, "node_modules"))
}
