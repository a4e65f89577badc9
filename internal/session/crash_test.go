package session

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
)

// slow is a runtime that knows of the exit of its service only after a while.
type slow struct {
	runtime.Runtime
	exited time.Time
}

func (s slow) Services(context.Context) ([]runtime.Service, error) {
	svc := runtime.Service{Name: "chaincode-basic", State: runtime.Running}
	if !time.Now().Before(s.exited) {
		svc.State, svc.ExitCode = runtime.Exited, 2
	}
	return []runtime.Service{svc}, nil
}

func (slow) Logs(_ context.Context, _ string, _ runtime.LogOptions, line func(runtime.Line)) error {
	line(runtime.Line{Text: "panic: what a pity"})
	return nil
}

func TestACrashThatTheRuntimeDoesNotKnowOfYet(t *testing.T) {
	cc := network.Chaincode{Name: "basic", Service: "chaincode-basic"}
	for name, tc := range map[string]struct {
		after time.Duration
		known bool
	}{
		"known at once":       {0, true},
		"known after a while": {3 * time.Second, true},
		"it runs":             {time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				l := &live{rt: slow{exited: begin.Add(tc.after)}}
				f := fault.From(l.awaitCrash(t.Context(), cc, "get"))
				if !tc.known {
					if f != nil || time.Since(begin) > exitLimit {
						t.Errorf("after %v it is %v", time.Since(begin), f)
					}
					return
				}
				if f == nil || f.Kind != fault.Chaincode || !strings.Contains(f.What, "exit code 2") || !slices.Equal(f.Log, []string{"panic: what a pity"}) {
					t.Errorf("the fault is %#v", f)
				}
			})
		})
	}
}
