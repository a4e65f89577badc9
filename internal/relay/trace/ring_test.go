package trace

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/google/go-cmp/cmp"
)

// whole is a transaction from its beginning to its end.
func whole(r *Ring, at time.Time, from, txid string) {
	r.Begin(at, from, 1, tx(txid))
	r.Message(at, from, true, get(txid, "k"))
	r.Message(at, from, false, response(txid, []byte("v")))
	r.Message(at, from, true, completed(txid))
}

func ids(all []Trace) []string {
	var txids []string
	for _, t := range all {
		txids = append(txids, t.TxID)
	}
	return txids
}

// check compares what the ring counts with what it has.
func check(t *testing.T, r *Ring) {
	t.Helper()
	r.work.Wait()
	all := r.all()
	r.mu.Lock()
	defer r.mu.Unlock()
	sum := 0
	for _, rec := range all {
		sum += rec.bytes
	}
	if sum != r.bytes || r.bytes > r.config.Bytes || len(all) > r.config.Count {
		t.Errorf("it counts %d bytes and has %d of %d in %d transactions of %d", r.bytes, sum, r.config.Bytes, len(all), r.config.Count)
	}
	if len(r.running) != r.live.Len() || r.pending != 0 || len(r.jobs) != 0 {
		t.Errorf("%d running, %d live, %d bytes pending in %d jobs", len(r.running), r.live.Len(), r.pending, len(r.jobs))
	}
}

func TestTheOldestGoFirst(t *testing.T) {
	r := New(Config{Count: 3})
	for i := range 10 {
		whole(r, began.Add(time.Duration(i)), "p", fmt.Sprint("tx", i))
	}
	if d := cmp.Diff([]string{"tx7", "tx8", "tx9"}, ids(r.List(0, Options{}))); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"tx8", "tx9"}, ids(r.List(2, Options{}))); d != "" {
		t.Error(d)
	}
	check(t, r)
}

func TestItIsBoundedByBytes(t *testing.T) {
	r := New(Config{Bytes: 100 << 10})
	for i := range 100 {
		txid := fmt.Sprint("tx", i)
		r.Begin(began.Add(time.Duration(i)), "p", 1, tx(txid))
		r.Message(began, "p", true, put(txid, "k", make([]byte, 10<<10)))
		r.Message(began, "p", true, completed(txid))
		check(t, r)
	}
	if n := len(r.List(0, Options{})); n < 5 || n > 10 {
		t.Errorf("%d are kept", n)
	}
}

func TestThoseThatRunAreKeptLongest(t *testing.T) {
	r := New(Config{Count: 3})
	r.Begin(began, "p", 1, tx("runs"))
	for i := range 10 {
		whole(r, began.Add(time.Duration(i+1)), "p", fmt.Sprint("tx", i))
	}
	all := r.List(0, Options{})
	if d := cmp.Diff([]string{"runs", "tx8", "tx9"}, ids(all)); d != "" || !all[0].Running || all[0].Duration <= 0 {
		t.Errorf("%s %+v", d, all[0])
	}
	check(t, r)
}

func TestThoseThatNeverEndAreNotKeptForEver(t *testing.T) {
	r := New(Config{Count: 3})
	for i := range 10 {
		r.Begin(began.Add(time.Duration(i)), "p", 1, tx(fmt.Sprint("tx", i)))
	}
	r.Message(began, "p", true, completed("tx0")) // it is gone
	if d := cmp.Diff([]string{"tx7", "tx8", "tx9"}, ids(r.List(0, Options{}))); d != "" {
		t.Error(d)
	}
	check(t, r)
}

func TestAnEndlessTransactionIsBounded(t *testing.T) {
	t.Run("by its requests", func(t *testing.T) {
		r := New(Config{})
		r.Begin(began, "p", 1, tx("t"))
		for i := range maxRequests + 500 {
			r.Message(began, "p", true, get("t", fmt.Sprint(i)))
			r.Message(began, "p", false, response("t", []byte(fmt.Sprint(i))))
		}
		r.Message(began, "p", true, completed("t"))
		tr := only(t, r, Options{})
		if len(tr.Requests) != maxRequests || tr.RequestsOmitted != 500 || tr.Result == nil {
			t.Errorf("%d requests, %d omitted, result %v", len(tr.Requests), tr.RequestsOmitted, tr.Result)
		}
		for i, q := range tr.Requests {
			if q.Key != fmt.Sprint(i) || q.Value.Text != q.Key {
				t.Fatalf("request %d: %+v", i, q)
			}
		}
		check(t, r)
	})
	t.Run("by its bytes", func(t *testing.T) {
		r := New(Config{Bytes: 1 << 20})
		whole(r, began, "p", "other")
		r.Begin(began, "p", 1, tx("t"))
		for range 100 {
			r.Message(began, "p", true, put("t", "k", make([]byte, 60<<10)))
			r.Message(began, "p", false, response("t", nil))
		}
		r.Message(began, "p", true, completed("t"))
		tr, err := r.Get("t", Options{})
		if err != nil || tr[0].RequestsOmitted == 0 || tr[0].RequestsOmitted+len(tr[0].Requests) != 100 {
			t.Fatal(err, tr)
		}
		if _, err := r.Get("other", Options{}); err != nil {
			t.Error("it drove out the others:", err)
		}
		check(t, r)
	})
}

func TestLargeMessagesAreNotKept(t *testing.T) {
	r := New(Config{Bytes: 1 << 20})
	big := bytes.Repeat([]byte("x"), 3<<20)
	r.Begin(began, "p", 1, tx("t"))
	for range 20 {
		r.Message(began, "p", true, put("t", "k", big))
		r.Message(began, "p", false, response("t", nil))
	}
	r.Message(began, "p", true, completed("t"))
	check(t, r)
	tr := only(t, r, Options{})
	if len(tr.Requests) != 20 {
		t.Fatalf("%d requests", len(tr.Requests))
	}
	for i, q := range tr.Requests {
		// When they come faster than they are reduced, some have only their size.
		if q.RequestSize < len(big) || q.Value != nil && (q.Key != "k" || q.Value.Size != len(big) || len(q.Value.Text) != headSize) {
			t.Errorf("request %d: %+v", i, q)
		}
	}
	if tr.Requests[0].Value == nil {
		t.Error("the first one was not reduced")
	}
	for _, rec := range r.all() {
		if rec.bytes < headSize {
			t.Errorf("what is left of them counts for %d bytes", rec.bytes)
		}
		for _, x := range rec.requests {
			if x.request.msg != nil {
				t.Error("a large message is still referenced")
			}
		}
	}
}

func TestOneRequestAtATime(t *testing.T) {
	r := New(Config{})
	r.Begin(began, "p", 1, tx("t"))
	r.Message(began, "p", false, response("t", []byte("to nothing")))
	r.Message(began, "p", true, get("t", "a"))
	r.Message(began, "p", true, get("t", "b")) // the peer drops it
	r.Message(began, "p", false, response("t", []byte("of a")))
	r.Message(began, "p", true, get("t", "c"))
	r.Message(began, "p", false, failed("t", "no"))
	r.Message(began, "p", true, get("t", "d"))
	var told []string
	for _, q := range only(t, r, Options{}).Requests {
		value := "-"
		if q.Value != nil {
			value = q.Value.Text
		}
		told = append(told, fmt.Sprint(q.Key, " ", value, " ", q.Unanswered, " ", q.Error))
	}
	if d := cmp.Diff([]string{"a of a false ", "b - true ", "c - false no", "d - true "}, told); d != "" {
		t.Error(d)
	}
}

func TestEnds(t *testing.T) {
	r := New(Config{})
	r.Begin(began, "p", 1, tx("t"))
	r.Message(began, "q", true, failed("t", "of another peer"))
	r.Message(began.Add(time.Second), "p", true, failed("t", "it crashed"))
	r.Message(began.Add(2*time.Second), "p", true, get("t", "after the end"))
	r.Message(began.Add(2*time.Second), "p", true, completed("t"))
	tr := only(t, r, Options{})
	if tr.Error != "it crashed" || tr.Result != nil || len(tr.Requests) != 0 || tr.Duration != time.Second || tr.Running {
		t.Errorf("%+v", tr)
	}
}

func TestATransactionSentAgain(t *testing.T) {
	r := New(Config{})
	r.Begin(began, "p", 1, tx("t"))
	r.Begin(began.Add(time.Second), "p", 2, tx("t"))
	r.Message(began.Add(2*time.Second), "p", true, completed("t"))
	all, err := r.Get("t", Options{})
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	if all[0].Running || all[0].Error == "" || all[0].Result != nil || all[1].Result == nil || all[1].Generation != 2 {
		t.Errorf("%+v", all)
	}
	check(t, r)
}

func TestGet(t *testing.T) {
	r := New(Config{})
	whole(r, began, "p", "abcdef12")
	whole(r, began.Add(1), "q", "abcdef12")
	whole(r, began.Add(2), "p", "abcdef123456")
	whole(r, began.Add(3), "p", "abcxyz99")
	for asked, want := range map[string][]string{
		"abcdef12":     {"p", "q"}, // the whole id, though it begins another one
		"abcdef123456": {"p"},
		"abcdef1234":   {"p"},
		"abcxyz":       {"p"},
	} {
		all, err := r.Get(asked, Options{})
		var peers []string
		for _, tr := range all {
			peers = append(peers, tr.Peer)
		}
		if d := cmp.Diff(want, peers); err != nil || d != "" {
			t.Errorf("%s: %v %s", asked, err, d)
		}
	}
	var ambiguous *AmbiguousError
	var f *fault.Fault
	if _, err := r.Get("abcdef", Options{}); !errors.As(err, &ambiguous) || len(ambiguous.TxIDs) != 2 || !errors.As(err, &f) || f.Fix == "" {
		t.Errorf("ambiguous: %v", err)
	}
	for _, asked := range []string{"abcxy", "", "bcxyz99", "abcxyz990"} {
		if _, err := r.Get(asked, Options{}); !errors.Is(err, ErrNotFound) || !errors.As(err, &f) || f.Fix == "" {
			t.Errorf("%q: %v", asked, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	r := New(Config{Count: 50, Bytes: 1 << 20})
	told := following(t, r, Options{})
	stop := make(chan struct{})
	var readers, writers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-told:
			case <-stop:
				return
			}
		}
	})
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				for _, tr := range r.List(20, Options{}) {
					if tr.Function != "Get" || !tr.Running && tr.Result == nil {
						t.Errorf("%+v", tr)
					}
				}
				r.Get("p1-100", Options{}) //nolint:errcheck // it may be gone
			}
		}
	})
	for w := range 4 {
		writers.Go(func() {
			from := fmt.Sprint("p", w)
			for i := range 300 {
				txid := fmt.Sprint(from, "-", i)
				r.Begin(time.Now(), from, i, tx(txid))
				r.Message(time.Now(), from, true, put(txid, "k", make([]byte, i%3*(40<<10))))
				r.Message(time.Now(), from, false, response(txid, nil))
				r.Message(time.Now(), from, true, completed(txid))
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	check(t, r)
	if n := len(r.List(0, Options{})); n == 0 || n > 50 {
		t.Errorf("%d are kept", n)
	}
}

func TestNothingIsRecordedOfNoMessage(t *testing.T) {
	r := New(Config{})
	r.Begin(began, "p", 1, nil)
	r.Message(began, "p", true, nil)
	r.Message(began, "p", true, completed("unknown"))
	if all := r.List(0, Options{}); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}
