package watch

import (
	"testing"
	"time"
)

func TestDebounce(t *testing.T) {
	const ms = time.Millisecond
	for name, tc := range map[string]struct {
		changes []time.Duration
		due     time.Duration
	}{
		"one change":                {[]time.Duration{0}, 50 * ms},
		"each one puts it off":      {[]time.Duration{0, 40 * ms, 80 * ms}, 130 * ms},
		"but not for ever":          {[]time.Duration{0, 100 * ms, 200 * ms, 300 * ms, 400 * ms, 480 * ms}, 500 * ms},
		"and not beyond its latest": {[]time.Duration{0, 499 * ms, 600 * ms}, 500 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			d := debounce{quiet: 50 * ms, max: 500 * ms}
			if d.pending() {
				t.Error("it is pending before any change")
			}
			for _, at := range tc.changes {
				d.note(begin.Add(at))
			}
			if got := d.due().Sub(begin); got != tc.due || !d.pending() {
				t.Errorf("due after %v, pending %t; want %v", got, d.pending(), tc.due)
			}
			if first := d.take(); !first.Equal(begin.Add(tc.changes[0])) || d.pending() {
				t.Errorf("taken: first change at %v, pending %t", first.Sub(begin), d.pending())
			}
		})
	}
}
