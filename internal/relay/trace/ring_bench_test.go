package trace

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkMessage is what tracing adds to each message that the relay forwards.
func BenchmarkMessage(b *testing.B) {
	r := New(Config{})
	const perTx = 8
	begin, ask, reply, end := tx("t"), get("t", "key"), response("t", make([]byte, 200)), completed("t")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		switch i % perTx {
		case 0:
			r.Begin(began, "peer0.org1.example.com", 1, begin)
		case perTx - 1:
			r.Message(began, "peer0.org1.example.com", true, end)
		default:
			if i%2 == 1 {
				r.Message(began, "peer0.org1.example.com", true, ask)
			} else {
				r.Message(began, "peer0.org1.example.com", false, reply)
			}
		}
	}
}

// BenchmarkMessageParallel has several streams record at once.
func BenchmarkMessageParallel(b *testing.B) {
	r := New(Config{})
	begin, ask, reply, end := tx("t"), get("t", "key"), response("t", make([]byte, 200)), completed("t")
	var mu sync.Mutex
	peers := 0
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		mu.Lock()
		peers++
		from := fmt.Sprint("peer", peers)
		mu.Unlock()
		for i := 0; pb.Next(); i++ {
			switch i % 4 {
			case 0:
				r.Begin(began, from, 1, begin)
			case 1:
				r.Message(began, from, true, ask)
			case 2:
				r.Message(began, from, false, reply)
			default:
				r.Message(began, from, true, end)
			}
		}
	})
}

// BenchmarkLarge is what a transaction with a message of 10 MiB costs the one who forwards it.
func BenchmarkLarge(b *testing.B) {
	r := New(Config{})
	begin, ask, end := tx("t"), put("t", "k", make([]byte, 10<<20)), completed("t")
	for b.Loop() {
		r.Begin(began, "p", 1, begin)
		r.Message(began, "p", true, ask)
		r.Message(began, "p", true, end)
	}
	b.StopTimer()
	r.work.Wait()
}
