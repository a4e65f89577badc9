package session

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
)

// stage is a runtime whose services come and go as a test says.
type stage struct {
	runtime.Runtime
	mu   sync.Mutex
	runs map[string]chan struct{} // closed at the service's end
	gone string                   // it is seen, but has no log
}

func (s *stage) start(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[name] = make(chan struct{})
}

func (s *stage) end(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.runs[name])
	delete(s.runs, name)
}

func (s *stage) Services(context.Context) (services []runtime.Service, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.runs {
		services = append(services, runtime.Service{Name: name, State: runtime.Running})
	}
	return append(services, runtime.Service{Name: "over", State: runtime.Exited}), nil
}

func (s *stage) Logs(ctx context.Context, name string, o runtime.LogOptions, line func(runtime.Line)) error {
	s.mu.Lock()
	ended := s.runs[name]
	s.mu.Unlock()
	if name == s.gone {
		return fault.New(fault.Usage, "", "there is no service %s", name)
	}
	line(runtime.Line{Text: fmt.Sprintf("tail %d", o.Tail)})
	o.TellTailed()
	if ended == nil {
		return nil
	}
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return nil
}

// listener follows logs on a stage.
type listener struct {
	*testing.T
	mu    sync.Mutex
	lines []string
	done  chan error
}

func listen(t *testing.T, on *stage, net network.Network, names ...string) *listener {
	l := &listener{T: t, done: make(chan error, 1)}
	s := &Session{emit: func(e event.Event) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if log, is := e.(event.Log); is {
			l.lines = append(l.lines, log.Service+" "+log.Text)
		}
	}}
	go func() {
		l.done <- s.logs(t.Context(), &live{net: net, rt: on}, names, runtime.LogOptions{Tail: 7, Follow: true})
	}()
	return l
}

// expect compares what was told since it was last asked, after enough time to look once more.
func (l *listener) expect(want ...string) {
	l.Helper()
	time.Sleep(joinPace)
	synctest.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	slices.Sort(l.lines)
	if !slices.Equal(l.lines, want) {
		l.Errorf("it told %q, want %q", l.lines, want)
	}
	l.lines = nil
}

func TestFollowingServicesThatComeLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		on := &stage{runs: map[string]chan struct{}{}, gone: "short"}
		on.start("peer")
		l := listen(t, on, network.Network{})
		l.expect("over tail 7", "peer tail 7")
		on.start("chaincode")
		on.start("short")
		l.expect("chaincode tail -1")
		l.expect()
		on.end("chaincode")
		l.expect()
		on.start("chaincode")
		l.expect("chaincode tail 0")
		for _, name := range []string{"short", "chaincode", "peer"} {
			on.end(name)
		}
		if err := <-l.done; err != nil {
			t.Error(err)
		}
	})
}

func TestFollowingAChaincodesLaterGenerations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		on := &stage{runs: map[string]chan struct{}{}}
		on.start("peer")
		on.start("chaincode-basic")
		l := listen(t, on, network.Network{Chaincodes: []network.Chaincode{
			{Name: "basic", Service: "chaincode-basic", Lang: project.LangDockerfile},
		}}, "basic")
		l.expect("chaincode-basic tail 7")
		on.start("chaincode-basic-g2")
		on.start("chaincode-other")
		l.expect("chaincode-basic-g2 tail -1")
		on.end("chaincode-basic-g2")
		on.end("chaincode-basic")
		if err := <-l.done; err != nil {
			t.Error(err)
		}
	})
}
