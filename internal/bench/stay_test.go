package bench

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/wait"
)

// staysUp is an up that says it has built a change, in two writes, and stays until Ctrl-C.
const staysUp = `if [ "$1" = up ]; then
	trap 'exit 130' INT
	echo '{"event":"change","phase":"building"}' >&2
	echo '{"event":"change","phase":"building"}' >&2
	printf '{"event":"change",' >&2
	echo '"phase":"starting"}' >&2
	echo 'not an event' >&2
	while :; do sleep 0.02; done
fi`

func staysIn(t *testing.T, does string) (p *project, calls func() []string) {
	t.Helper()
	program, calls := fakeCCDev(t, inits+does)
	isolated(t)
	p, err := bench{ccdev: program, progress: io.Discard}.newProject(t.Context(), row{})
	if err != nil {
		t.Fatal(err)
	}
	return p, calls
}

func TestStayUntilClosed(t *testing.T) {
	p, calls := staysIn(t, staysUp)
	if err := p.stay(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := wait.For(t.Context(), time.Minute, func(context.Context) error {
		if p.staying.built.Load() == 0 {
			return errors.New("no change has been built")
		}
		return wait.Stop(p.staying.alive())
	})
	if err != nil {
		t.Error(err)
	}
	if err := p.close(t.Context()); err != nil {
		t.Error(err)
	}
	if n := p.staying.built.Load(); n != 1 {
		t.Errorf("%d changes have been built, want 1", n)
	}
	if got := strings.Join(calls()[1:], ", "); got != "up -o json, down -v" {
		t.Errorf("the calls are %s", got)
	}
}

// TestStayNoMore sees that an up that ends by itself says why, to who waits and at the end.
func TestStayNoMore(t *testing.T) {
	p, calls := staysIn(t, `[ "$1" != up ] || { echo '{"error":"no luck"}' >&2; exit 4; }`)
	if err := p.stay(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-p.staying.ended
	closed := p.close(t.Context())
	for _, err := range []error{p.staying.alive(), closed} {
		if err == nil || !strings.Contains(err.Error(), "exit status 4") || !strings.Contains(err.Error(), "no luck") {
			t.Errorf("the error is %v", err)
		}
	}
	if all := calls(); all[len(all)-1] != "down -v" {
		t.Errorf("the last call is %q", all[len(all)-1])
	}
}

func TestStayingKeepsTheLastLines(t *testing.T) {
	s := &staying{}
	for _, text := range []string{"1\n2\n", "3\n4\n5\n6", "\n7\n8"} {
		if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatal(n, err)
		}
	}
	var last []string
	for _, line := range s.last {
		last = append(last, string(line))
	}
	if got := strings.Join(last, ""); got != "34567" || string(s.part) != "8" {
		t.Errorf("got %q, and %q of the next line", got, s.part)
	}
}
