//go:build !unix

package process

import (
	goruntime "runtime"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// Runtime runs services as plain processes, where there are process groups: on Unix.
type Runtime struct{ runtime.Runtime }

// New returns a fault: this platform has no process groups.
func New(string) (*Runtime, error) {
	return nil, fault.New(fault.Runtime, "use Docker: ccdev up --runtime docker",
		"services cannot run as plain processes on %s", goruntime.GOOS)
}

// Leftovers are none: nothing can have been started.
func Leftovers(func(dir string) bool) []runtime.Leftover { return nil }
