package control

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// hangsUp listens, and ends each connection: at once, or when something was said.
func hangsUp(t *testing.T, listens bool) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if listens {
				_, _ = conn.Read(make([]byte, 1))
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestARelayThatIsNotUp(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	program := file(t, strings.Repeat("program", 1<<16))
	for name, address := range map[string]string{
		"nobody listens":          closed.Addr().String(),
		"a proxy for one":         hangsUp(t, false),
		"one that dies meanwhile": hangsUp(t, true),
	} {
		t.Run(name, func(t *testing.T) {
			c := Dial(address, token)
			defer c.Close()
			if _, err := c.Status(t.Context()); !errors.Is(err, ErrNotUp) {
				t.Errorf("a status gives %v", err)
			}
			if _, err := c.Deliver(t.Context(), 1, program, relay.Server); !errors.Is(err, ErrNotUp) {
				t.Errorf("a delivery gives %v", err)
			}
			if err := c.Follow(t.Context(), trace.Options{}, nil); !errors.Is(err, ErrNotUp) {
				t.Errorf("following gives %v", err)
			}
			interrupted := errors.New("Ctrl-C")
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(interrupted)
			if _, err := c.Status(ctx); !errors.Is(err, interrupted) || errors.Is(err, ErrNotUp) {
				t.Errorf("an interrupted status gives %v", err)
			}
		})
	}
}

func TestErrorsThatAreNotOfARelayThatIsDown(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	c := Dial(strings.TrimPrefix(other.URL, "http://"), token)
	defer c.Close()
	var refused *Refused
	if _, err := c.Status(t.Context()); !errors.As(err, &refused) || errors.Is(err, ErrNotUp) || !strings.Contains(refused.Message, "404") {
		t.Errorf("another program gives %v", err)
	}
	u := serving(t, nil)
	wrong := Dial(u.address(), "wrong")
	defer wrong.Close()
	if _, err := wrong.Deliver(t.Context(), 1, file(t, strings.Repeat("program", 1<<20)), relay.Server); !errors.As(err, &refused) || refused.Code != codeUnauthorized {
		t.Errorf("a wrong token gives %v", err)
	}
	if _, err := u.client.Deliver(t.Context(), 1, filepath.Join(t.TempDir(), "none"), relay.Server); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no program gives %v", err)
	}
	u.limit = 4
	if _, err := u.client.Deliver(t.Context(), 1, file(t, strings.Repeat("program", 1<<20)), relay.Server); !errors.As(err, &refused) || refused.Code != codeTooLarge {
		t.Errorf("a program that is too large gives %v", err)
	}
}

func TestALargeTraceIsFollowed(t *testing.T) {
	u := serving(t, nil)
	large := strings.Repeat("x", 1<<20)
	go func() { u.traces.sent <- trace.Trace{Error: large} }()
	err := u.client.Follow(t.Context(), trace.Options{}, func(got trace.Trace) error {
		if got.Error != large {
			t.Errorf("%d bytes came of %d", len(got.Error), len(large))
		}
		return io.EOF
	})
	if !errors.Is(err, io.EOF) {
		t.Error(err)
	}
	<-u.traces.ended
}
