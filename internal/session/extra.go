package session

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/ccdev/ccdev/internal/topology"
)

// extraStep starts the services that the user's override file adds, where there is such a file.
func (u *bringUp) extraStep() []steps.Step {
	if _, err := os.Stat(filepath.Join(u.net.Dir, topology.OverrideFile)); err != nil {
		return nil
	}
	return []steps.Step{{
		Name: stepExtra, Needs: []string{stepNodes}, Apart: true, Run: u.extra,
		Reason: topology.OverrideFile,
	}}
}

func (u *bringUp) extra(ctx context.Context) (note string, err error) {
	merged, own, err := u.model(ctx, nil)
	if err != nil {
		return "", err
	}
	extra := topology.Extra(merged, own)
	switch {
	case len(extra) == 0:
		return "none", nil
	case u.net.Runtime == network.RuntimeProcess:
		u.emit(event.Notice{Text: "not started, as plain processes cannot be containers: " + strings.Join(extra, ", ")})
		return "none", nil
	default:
		return strings.Join(extra, ", "), u.startServices(ctx, merged, extra...)
	}
}
