//go:build !unix

package host

import (
	"context"
	"fmt"
	"runtime"

	"github.com/ccdev/ccdev/internal/relay"
)

// process is nothing where there are no process groups.
type process struct{ relay.Process }

func (h *Host) startThread() { <-h.quit }

func endLeft(string) {}

func endProgramsIn(string) {}

func (h *Host) watchOrphans() func() { return func() {} }

func (h *Host) start(context.Context, relay.Launch) (*process, error) {
	return nil, fmt.Errorf("chaincodes cannot run as plain processes on %s: use Docker", runtime.GOOS)
}
