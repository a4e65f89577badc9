package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"sync/atomic"
	"time"

	"github.com/ccdev/ccdev/internal/wait"
)

// staying is a "ccdev up" that stays, and takes saves live.
type staying struct {
	cmd       *exec.Cmd
	interrupt context.CancelFunc
	built     atomic.Int32  // changes that have been built
	ended     chan struct{} // closed when it has, and the rest of this is whole
	last      [][]byte      // of the lines it has said
	part      []byte        // of a line
}

// stay has an up stay until the project is closed.
func (p *project) stay(ctx context.Context) error {
	ctx, interrupt := context.WithCancel(ctx)
	s := &staying{cmd: p.command(ctx, "up", "-o", "json"), interrupt: interrupt, ended: make(chan struct{})}
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		interrupt()
		return err
	}
	go func() {
		defer close(s.ended)
		_ = s.cmd.Wait() // its exit code tells
	}()
	p.staying = s
	return nil
}

// Write takes the events it emits.
func (s *staying) Write(text []byte) (int, error) {
	s.part = append(s.part, text...)
	for {
		line, rest, whole := bytes.Cut(s.part, []byte("\n"))
		if !whole {
			return len(text), nil
		}
		s.hear(line)
		s.part = rest
	}
}

func (s *staying) hear(line []byte) {
	const kept = 5
	s.last = append(s.last, line)
	s.last = s.last[max(0, len(s.last)-kept):]
	var e struct{ Event, Phase string }
	if json.Unmarshal(line, &e) == nil && e.Event == "change" && e.Phase == "starting" {
		s.built.Add(1)
	}
}

// interrupted is ccdev's exit code after Ctrl-C.
const interrupted = 130

// end interrupts it as a user does, and returns when it has cleaned up.
func (s *staying) end() error {
	s.interrupt()
	<-s.ended
	if s.cmd.ProcessState.ExitCode() != interrupted {
		return s.over()
	}
	return nil
}

// alive says why it stays no more.
func (s *staying) alive() error {
	select {
	case <-s.ended:
		return s.over()
	default:
		return nil
	}
}

func (s *staying) over() error {
	return fmt.Errorf("the ccdev up that should stay has ended: %s\n%s", s.cmd.ProcessState, bytes.Join(s.last, []byte("\n")))
}

// saves is how many are measured of an up that stays.
const saves = 20

// beginSaving has an up stay that has taken a save. up itself may have built that save's code, or
// its watcher as it began; how later ones are found is how a developer's are.
func beginSaving(ctx context.Context, p *project) error {
	if err := upWithAsset(ctx, p); err != nil {
		return err
	}
	n, err := p.network()
	if err != nil {
		return err
	}
	if p.asks, err = connect(n, 1); err != nil {
		return err
	}
	if err := p.stay(ctx); err != nil {
		return err
	}
	_, err = save(ctx, p)
	return err
}

// answerLimit is how long a save may take to be live.
const answerLimit = 2 * time.Minute

// save changes the chaincode, and calls it until the new code answers: from when that is built,
// as calls before would take time from the build.
func save(ctx context.Context, p *project) (float64, error) {
	built := p.staying.built.Load()
	start := time.Now()
	mark, err := p.edit()
	if err != nil {
		return 0, err
	}
	err = wait.For(ctx, answerLimit, func(ctx context.Context) error {
		if err := p.staying.alive(); err != nil {
			return wait.Stop(err)
		}
		if p.staying.built.Load() == built {
			return errors.New("the change has not been built")
		}
		return p.asks[0].hears(ctx, mark)
	})
	return milliseconds(time.Since(start)), err
}
