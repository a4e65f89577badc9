package control

import (
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
)

func TestUnserved(t *testing.T) {
	u := serving(t, nil)
	u.relay.set(func() { u.relay.unserved, u.relay.hanging = "a/b", "c/d" })
	for txid, want := range map[string]relay.Unserved{"a/b": relay.UnservedCrash, "b": relay.Served} {
		if got, err := u.client.Unserved(t.Context(), txid); err != nil || got != want {
			t.Errorf("of %s it says %q (%v)", txid, got, err)
		}
	}
	for txid, want := range map[string]bool{"c/d": true, "d": false} {
		if got, err := u.client.GiveUp(t.Context(), txid); err != nil || got != want {
			t.Errorf("it had %s: %v (%v)", txid, got, err)
		}
	}
}
