//go:build unix

package process

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ccdev/ccdev/internal/runtime"
)

// Leftovers are the services whose project's folder is gone by what gone says, as far as the
// system tells what its processes were started with: Linux does.
func Leftovers(gone func(dir string) bool) []runtime.Leftover {
	var left []runtime.Leftover
	for pid, args := range commands() {
		state, service, ours := ofService(args)
		who, alive := identify(pid)
		if !ours || !alive || !gone(filepath.Dir(state)) {
			continue
		}
		left = append(left, runtime.Leftover{
			Dir: filepath.Dir(state), What: "process of " + service,
			Remove: func(ctx context.Context) error {
				r, err := New(state)
				if err != nil {
					return err
				}
				return r.end(ctx, record{Service: service, Shell: who, StopSignal: syscall.SIGKILL})
			},
		})
	}
	return left
}

// ofService recognises the shell of a service by the arguments that spawn gives it, and finds the
// state folder of its project in them.
func ofService(args []string) (state, service string, ours bool) {
	if len(args) < 6 || args[2] != script {
		return "", "", false
	}
	service, named := strings.CutPrefix(args[3], "ccdev:")
	run := filepath.Dir(args[4])
	return filepath.Dir(run), service, named && filepath.IsAbs(run) && filepath.Base(run) == "run"
}
