package session

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/ccdev/ccdev/internal/watch"
)

// idlePace is how often files are built that have made no other program so far: something may be
// writing to them all the time, what ccdev itself tells for one.
const idlePace = 2 * time.Second

// idleFiles are those whose change has made no other program. They may be sources all the same, of which
// a comment was changed: they are built, but more slowly, and only told of when they matter.
type idleFiles struct {
	mu       sync.Mutex
	known    map[string]bool
	building bool // whatever it was begun by
}

// all tells whether there are files, and no others.
func (i *idleFiles) all(files []string) bool { return len(files) > 0 && len(i.others(files)) == 0 }

// others are those of the files that are not idle.
func (i *idleFiles) others(files []string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(files), func(file string) bool { return i.known[file] })
}

// set says of files whether they are idle.
func (i *idleFiles) set(files []string, idle bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.known == nil {
		i.known = map[string]bool{}
	}
	for _, file := range files {
		i.known[file] = idle
	}
}

func (i *idleFiles) setBuilding(is bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.building = is
}

func (i *idleFiles) isBuilding() bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.building
}

// pass hands batches on until ctx ends: those of nothing but idle files not more often than idlePace, those
// that come meanwhile together, and while nothing is being built, which they would cancel.
func (i *idleFiles) pass(ctx context.Context, from <-chan watch.Batch, to chan<- watch.Batch) {
	due := time.NewTimer(idlePace)
	due.Stop()
	var held *watch.Batch
	var last time.Time // that idle files were passed on
	for {
		var b watch.Batch
		select {
		case b = <-from:
			if i.all(slices.Concat(b.Changed, b.Removed)) {
				if held == nil {
					held = &watch.Batch{At: b.At}
					due.Reset(idlePace - time.Since(last)) // at once, if that has passed
				}
				held.Changed, held.Removed = append(held.Changed, b.Changed...), append(held.Removed, b.Removed...)
				continue
			}
		case <-due.C:
			if i.isBuilding() {
				due.Reset(idlePace / 10)
				continue
			}
			b, held, last = *held, nil, time.Now()
		case <-ctx.Done():
			return
		}
		select {
		case to <- b:
		case <-ctx.Done():
			return
		}
	}
}
