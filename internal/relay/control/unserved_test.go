package control

import "testing"

func TestUnserved(t *testing.T) {
	u := serving(t, nil)
	u.relay.set(func() { u.relay.unserved = "a/b" })
	for txid, want := range map[string]bool{"a/b": true, "b": false} {
		if got, err := u.client.Unserved(t.Context(), txid); err != nil || got != want {
			t.Errorf("of %s it says %v (%v)", txid, got, err)
		}
	}
}
