package tui

import "sync"

// work counts what has begun and must end before the screen has. Nothing begins after its end.
type work struct {
	mu    sync.Mutex
	ended bool
	all   sync.WaitGroup
}

func (w *work) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.all.Add(1)
	}
	return !w.ended
}

func (w *work) done() { w.all.Done() }

// end waits for all that has begun.
func (w *work) end() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.all.Wait()
}
