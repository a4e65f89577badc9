package control

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/wait"
)

func TestExplain(t *testing.T) {
	u := serving(t, nil)
	if err := u.client.Explain(t.Context(), "it does not compile"); err != nil || !slices.Equal(u.relay.reasons, []string{"it does not compile"}) {
		t.Errorf("the reasons are %q (%v)", u.relay.reasons, err)
	}
	var refused *Refused
	if err := u.client.Explain(t.Context(), ""); !errors.As(err, &refused) || refused.Code != codeBadRequest {
		t.Errorf("the error is %v", err)
	}
	if err := u.client.Explain(t.Context(), strings.Repeat("x", maxJSON)); !errors.As(err, &refused) || len(u.relay.reasons) != 1 {
		t.Errorf("the error is %v", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	u := serving(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served, followed := make(chan error, 1), make(chan error, 1)
	go func() { served <- u.Serve(ctx, l) }()
	c := Dial(l.Addr().String(), token)
	defer c.Close()
	got := make(chan struct{}, 1)
	go func() {
		followed <- c.Follow(t.Context(), trace.Options{}, func(trace.Trace) error { got <- struct{}{}; return nil })
	}()
	u.traces.sent <- trace.Trace{}
	<-got
	cancel()
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if err := <-followed; !errors.Is(err, ErrNotUp) {
		t.Errorf("who followed got %v", err)
	}
}

func TestTheLiveOneAfterACrashIsNoted(t *testing.T) {
	u := serving(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		path, err := u.store.receive(strings.NewReader(fmt.Sprint("g", n)), n, checksum(fmt.Sprint("g", n)))
		if err != nil {
			t.Fatal(err)
		}
		if err := u.store.remember(record{Generation: n, Program: path, Mode: relay.Server, SHA256: checksum(fmt.Sprint("g", n))}, func() int { return n }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- u.Serve(ctx, l) }()
	u.relay.set(func() { u.relay.status.Live = 1 })
	err = wait.For(t.Context(), patience, func(context.Context) error {
		if p, _, err := Restore(u.dir); err != nil || p.Generation != 1 {
			return fmt.Errorf("restored is %+v (%w)", p, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
