package control

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
)

func TestAnAddressIsDelivered(t *testing.T) {
	u := serving(t, nil)
	d, err := u.client.DeliverAddress(t.Context(), 3, "chaincode-a-g3:9999", "chaincode-a-g3")
	if err != nil || d.Generation != 3 || d.State != string(relay.Live) {
		t.Fatalf("delivered is %+v (%v)", d, err)
	}
	want := relay.Program{Generation: 3, Mode: relay.Server, Address: "chaincode-a-g3:9999", Service: "chaincode-a-g3"}
	if len(u.relay.programs) != 1 || u.relay.programs[0] != want {
		t.Errorf("swapped to %+v", u.relay.programs)
	}
	if p, found, err := Restore(u.dir); p != want || !found || err != nil {
		t.Errorf("restored is %+v, %t (%v)", p, found, err)
	}
	// A program after it, and it again.
	if _, err := u.client.Deliver(t.Context(), 4, file(t, "four"), relay.Server); err != nil {
		t.Fatal(err)
	}
	if p, _, err := Restore(u.dir); p.Generation != 4 || p.Address != "" || err != nil {
		t.Errorf("restored is %+v (%v)", p, err)
	}
	if _, err := u.client.DeliverAddress(t.Context(), 5, "a:1", ""); err != nil {
		t.Fatal(err)
	}
	if p, _, err := Restore(u.dir); p.Generation != 5 || p.Path != "" || err != nil {
		t.Errorf("restored is %+v (%v)", p, err)
	}
}

func TestAnAddressThatIsRefused(t *testing.T) {
	for name, path := range map[string]string{
		"in client mode": "/v1/generations/1?mode=client&address=a:1",
		"without a port": "/v1/generations/1?mode=server&address=a",
		"without a host": "/v1/generations/1?mode=server&address=:1",
		"empty":          "/v1/generations/1?mode=server&address=",
	} {
		t.Run(name, func(t *testing.T) {
			u := serving(t, nil)
			if res, f := u.put(t, path, "", nil); res.StatusCode != http.StatusBadRequest || f.Message == "" {
				t.Errorf("the answer is %d, %+v", res.StatusCode, f)
			}
			if len(u.relay.programs) > 0 {
				t.Errorf("swapped to %+v", u.relay.programs)
			}
		})
	}
}

func TestAnExternalChaincode(t *testing.T) {
	u := serving(t, nil)
	if _, err := u.client.Deliver(t.Context(), 1, file(t, "one"), relay.Server); err != nil {
		t.Fatal(err)
	}
	u.relay.set(func() { u.relay.status = relay.Status{} }) // as Attend leaves it
	e := relay.External{Mode: relay.Server, Address: "127.0.0.1:9990", Absent: "start it"}
	if err := u.client.Attend(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if len(u.relay.attended) != 1 || u.relay.attended[0] != e {
		t.Errorf("attended are %+v", u.relay.attended)
	}
	if left := stored(t, u.dir); len(left) > 0 {
		t.Errorf("programs are left: %q", left)
	}
	// Its generations have numbers of the relay's own, and are no delivered ones.
	if err := u.store.correct(1); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a restarted relay, and one restarted once more
		again := serving(t, func(o *Options) { o.Dir = u.dir })
		if _, found, err := Restore(u.dir); found || err != nil {
			t.Errorf("a generation is restored (%v)", err)
		}
		if !restoreExternal(again.relay, u.dir, t.Logf) || len(again.relay.attended) != 1 || again.relay.attended[0] != e {
			t.Errorf("attended are %+v", again.relay.attended)
		}
	}
	if _, err := u.client.Deliver(t.Context(), 2, file(t, "two"), relay.Server); err != nil {
		t.Fatal(err)
	}
	if p, found, err := Restore(u.dir); p.Generation != 2 || !found || err != nil || restoreExternal(u.relay, u.dir, t.Logf) {
		t.Errorf("restored is %+v, %t (%v)", p, found, err)
	}
}

func TestAnExternalChaincodeThatIsRefused(t *testing.T) {
	good := relay.External{Mode: relay.Server, Address: "127.0.0.1:1", Absent: "start it"}
	for name, change := range map[string]func(*relay.External){
		"no mode":           func(e *relay.External) { e.Mode = "" },
		"no address":        func(e *relay.External) { e.Address = "" },
		"nothing to say":    func(e *relay.External) { e.Absent = "" },
		"longer than a MiB": func(e *relay.External) { e.Absent = strings.Repeat("x", maxJSON) },
	} {
		t.Run(name, func(t *testing.T) {
			u := serving(t, nil)
			e := good
			change(&e)
			var refused *Refused
			if err := u.client.Attend(t.Context(), e); !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
				t.Errorf("the answer is %v", err)
			}
			if len(u.relay.attended) > 0 {
				t.Errorf("attended are %+v", u.relay.attended)
			}
		})
	}
}
