package control

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/relay/trace"
)

func TestTraces(t *testing.T) {
	u := serving(t, nil)
	last, err := u.client.Traces(t.Context(), 5, trace.Options{Reveal: true})
	if err != nil || len(last) != 1 || last[0].Generation != 5 || !last[0].Init {
		t.Errorf("the last are %+v (%v)", last, err)
	}
	all, err := u.client.Traces(t.Context(), 0, trace.Options{})
	if err != nil || len(all) != 1 || all[0].Generation != 0 || all[0].Init {
		t.Errorf("all are %+v (%v)", all, err)
	}
	one, err := u.client.Trace(t.Context(), "a/b", trace.Options{Reveal: true})
	if err != nil || len(one) != 1 || one[0].TxID != "a/b" || !one[0].Init {
		t.Errorf("one is %+v (%v)", one, err)
	}
	var refused *Refused
	if _, err := u.client.Trace(t.Context(), "unknown", trace.Options{}); !errors.As(err, &refused) || !refused.NotFound() || refused.Fix != "look" {
		t.Errorf("an unknown one is %+v", refused)
	}
	if _, err := u.client.Trace(t.Context(), "short", trace.Options{}); !errors.As(err, &refused) || !refused.Ambiguous() || refused.Fix != "say more" {
		t.Errorf("an ambiguous one is %+v", refused)
	}
	none := serving(t, func(o *Options) { o.Traces = nil })
	if _, err := none.client.Traces(t.Context(), 5, trace.Options{}); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("without traces the error is %v", err)
	}
	if err := none.client.Follow(t.Context(), trace.Options{}, nil); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("without traces the error is %v", err)
	}
}

func TestFollowEndsWhenTheClientGoes(t *testing.T) {
	u := serving(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan trace.Trace, 1)
	done := make(chan error, 1)
	go func() {
		done <- u.client.Follow(ctx, trace.Options{}, func(t trace.Trace) error { got <- t; return nil })
	}()
	for _, txid := range []string{"a", "b\nb"} {
		u.traces.sent <- trace.Trace{TxID: txid}
		if came := <-got; came.TxID != txid { // before the next one is there
			t.Errorf("%q came as %+v", txid, came)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	select {
	case <-u.traces.ended:
	case <-time.After(patience):
		t.Fatal("the server goes on")
	}
}

func TestFollowBeginsWithWhatIsKept(t *testing.T) {
	u := serving(t, nil)
	enough := errors.New("enough")
	err := u.client.Follow(t.Context(), trace.Options{Kept: true}, func(first trace.Trace) error {
		if first.TxID != "kept" {
			t.Errorf("it begins with %+v", first)
		}
		return enough
	})
	if !errors.Is(err, enough) {
		t.Errorf("the error is %v", err)
	}
	<-u.traces.ended
}

func TestFollowEndsWithItsReader(t *testing.T) {
	u := serving(t, nil)
	enough := errors.New("enough")
	go func() { u.traces.sent <- trace.Trace{} }()
	if err := u.client.Follow(t.Context(), trace.Options{}, func(trace.Trace) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the error is %v", err)
	}
	<-u.traces.ended
}
