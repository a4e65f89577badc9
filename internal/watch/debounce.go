package watch

import "time"

// debounce says when a run of changes has become a batch.
type debounce struct {
	quiet, max  time.Duration
	first, last time.Time // of the changes; zero when there are none
}

// note is a change.
func (d *debounce) note(now time.Time) {
	if d.first.IsZero() {
		d.first = now
	}
	d.last = now
}

// pending tells whether a batch is to come.
func (d *debounce) pending() bool { return !d.first.IsZero() }

// due is when the batch is complete: nothing more for a while, or not waiting any longer.
func (d *debounce) due() time.Time {
	quiet, latest := d.last.Add(d.quiet), d.first.Add(d.max)
	if quiet.Before(latest) {
		return quiet
	}
	return latest
}

// take ends the batch, and gives the time of its first change.
func (d *debounce) take() time.Time {
	first := d.first
	d.first, d.last = time.Time{}, time.Time{}
	return first
}
