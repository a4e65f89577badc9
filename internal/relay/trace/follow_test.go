package trace

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

// following follows in the background, and gives what it is told on a channel.
func following(t *testing.T, r *Ring, o Options) <-chan Trace {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	told, done := make(chan Trace), make(chan struct{})
	go func() {
		defer close(done)
		r.Follow(ctx, o, func(tr Trace) {
			select {
			case told <- tr:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		<-done
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.followers) != 0 {
			t.Error("a follower was left")
		}
	})
	for n := 0; n == 0; { // until it has begun
		r.mu.Lock()
		n = len(r.followers)
		r.mu.Unlock()
	}
	return told
}

func TestFollow(t *testing.T) {
	r := New(Config{})
	whole(r, began, "p", "before")
	told := following(t, r, Options{})
	r.Begin(began, "p", 1, tx("runs"))
	for i := range 5 {
		txid := fmt.Sprint("tx", i)
		whole(r, began, "p", txid)
		if tr := <-told; tr.TxID != txid || tr.Result == nil {
			t.Errorf("%+v", tr)
		}
	}
	r.Message(began, "p", true, failed("runs", "no"))
	if tr := <-told; tr.TxID != "runs" || tr.Error != "no" {
		t.Errorf("%+v", tr)
	}
}

func TestFollowFromTheOldest(t *testing.T) {
	r := New(Config{Count: 3})
	r.Begin(began, "p", 1, tx("runs"))
	for i := range 4 {
		whole(r, began, "p", fmt.Sprint("tx", i))
	}
	told := following(t, r, Options{Kept: true})
	whole(r, began, "p", "later")
	for _, want := range []string{"tx2", "tx3", "later"} {
		if tr := <-told; tr.TxID != want {
			t.Errorf("%s, not %s", tr.TxID, want)
		}
	}
}

func TestASlowReaderLosesTheOldest(t *testing.T) {
	r := New(Config{Count: 4})
	told := following(t, r, Options{})
	whole(r, began, "p", "first")
	// Whether it holds the first one already is not known; everything else it has not asked for.
	for i := range 50 {
		whole(r, began, "p", fmt.Sprint("tx", i))
	}
	tr := <-told
	if tr.TxID == "tx45" || tr.TxID == "tx49" {
		t.Errorf("it begins with %s", tr.TxID)
	}
	for tr.TxID != "tx46" {
		tr = <-told
	}
	for _, want := range []string{"tx47", "tx48", "tx49"} {
		if tr := <-told; tr.TxID != want {
			t.Errorf("%s, not %s", tr.TxID, want)
		}
	}
	check(t, r)
}

func TestWithoutAFunction(t *testing.T) {
	r := New(Config{})
	asked := func(txid string) {
		msg := tx(txid)
		msg.Payload = marshal(&peer.ChaincodeInput{Args: [][]byte{[]byte("Metadata")}})
		r.Begin(began, "p", 1, msg)
		r.Message(began, "p", true, completed(txid))
	}
	o := Options{Without: "Metadata"}
	told := following(t, r, o)
	for _, txid := range []string{"a", "b", "c"} {
		whole(r, began, "p", txid)
		asked("asked with " + txid)
	}
	for _, want := range []string{"a", "b", "c"} {
		if tr := <-told; tr.TxID != want {
			t.Errorf("%s, not %s", tr.TxID, want)
		}
	}
	if got := ids(r.List(2, o)); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("the last two are %v", got)
	}
	if got, err := r.Get("asked with b", o); err != nil || len(got) != 1 {
		t.Errorf("asked for by its id it is %v, %v", got, err)
	}
	if n := len(r.List(0, Options{})); n != 6 {
		t.Errorf("%d are kept", n)
	}
}
