package process

import (
	"os"
	"strconv"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
)

// TestAStopEndsWhatAProgramHasLeft has a program that starts a process in a group of its own, as a
// relay does, and does not end it, as a killed one cannot.
func TestAStopEndsWhatAProgramHasLeft(t *testing.T) {
	b := newBench(t, "")
	service := types.ServiceConfig{Name: "a"}
	service.Entrypoint = types.ShellCommand{os.Args[0]}
	value := "1"
	service.Environment = types.MappingWithEquals{leaveStray: &value}
	r := b.startModel(&types.Project{Services: types.Services{"a": service}})
	b.until("it has started another", func() bool { return len(b.lines(r, "a")) == 1 })
	pid, err := strconv.Atoi(b.lines(r, "a")[0])
	b.must(err)
	stray, alive := identify(pid)
	if !alive {
		t.Fatal("it has ended already")
	}
	t.Cleanup(func() { killLiving([]identity{stray}) })
	b.must(r.Stop(t.Context()))
	b.until("its end", func() bool { return !stray.alive() })
}
