package trace

import (
	"slices"
	"testing"
)

func TestDifference(t *testing.T) {
	text := func(s string) *Value { return &Value{Size: len(s), Text: s} }
	put := func(key, value string) Request { return Request{Type: "PUT_STATE", Key: key, Value: text(value)} }
	batch := func(items ...Item) Request { return Request{Type: "WRITE_BATCH_STATE", Items: items} }
	item := func(key, value string) Item { return Item{Type: "PUT_STATE", Key: key, Value: text(value)} }
	run := func(result string, requests ...Request) Trace {
		return Trace{Requests: requests, Result: &Result{Status: 200, Payload: *text(result)}}
	}
	for name, tc := range map[string]struct {
		a, b Trace
		want []string
	}{
		"the same":                  {run("x", put("k", "1")), run("x", put("k", "1")), nil},
		"what is written":           {run("x", put("k", "1"), put("l", "2")), run("y", put("k", "1"), put("l", "3")), []string{"a: PUT_STATE l = 2", "b: PUT_STATE l = 3"}},
		"in another order":          {run("x", put("k", "1"), put("l", "2")), run("x", put("l", "2"), put("k", "1")), []string{"a: PUT_STATE k = 1", "b: PUT_STATE l = 2"}},
		"more of it":                {run("x", put("k", "1")), run("x"), []string{"a: PUT_STATE k = 1", "b: its result is 200 x"}},
		"the result":                {run("x", put("k", "1")), run("y", put("k", "1")), []string{"a: its result is 200 x", "b: its result is 200 y"}},
		"no result":                 {run("x"), Trace{Error: "crashed"}, []string{"a: its result is 200 x", "b: it failed: crashed"}},
		"nothing more":              {run("x"), Trace{}, []string{"a: its result is 200 x", "b: nothing more"}},
		"nothing at first":          {Trace{}, run("x"), []string{"a: nothing more", "b: its result is 200 x"}},
		"one that runs":             {run("x"), Trace{Running: true}, nil},
		"a batch, in another order": {run("x", batch(item("k", "1"), item("l", "2"))), run("x", batch(item("l", "2"), item("k", "1"))), nil},
		"in a batch":                {run("x", batch(item("k", "1"))), run("x", batch(item("k", "2"))), []string{"a: PUT_STATE k = 1", "b: PUT_STATE k = 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.a.Peer, tc.b.Peer = "a", "b"
			if got := Difference([]Trace{tc.a, tc.b}); !slices.Equal(got, tc.want) {
				t.Errorf("%q", got)
			}
		})
	}
	if got := Difference(nil); got != nil {
		t.Errorf("of none it is %q", got)
	}
}
