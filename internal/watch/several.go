package watch

import (
	"context"
	"path"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// Several is Watch for several folders. Each has batches of its own: what changes in two of them at
// once comes in two. The paths are relative to the first folder ("../lib/lib.go"). ready, which
// counts instead of that of the Options, is called when all are.
func Several(ctx context.Context, folders []Options, ready func(), batch func(Batch)) error {
	var one sync.Mutex // calls come one after the other
	var unready atomic.Int32
	unready.Store(int32(len(folders))) //nolint:gosec // there are a few
	all, ctx := errgroup.WithContext(ctx)
	for _, o := range folders {
		prefix, err := filepath.Rel(folders[0].Dir, o.Dir)
		if err != nil {
			prefix = o.Dir // on another volume
		}
		o.Ready = func() {
			if unready.Add(-1) == 0 {
				ready()
			}
		}
		all.Go(func() error {
			return Watch(ctx, o, func(b Batch) {
				one.Lock()
				defer one.Unlock()
				batch(Batch{At: b.At, Changed: prefixed(prefix, b.Changed), Removed: prefixed(prefix, b.Removed)})
			})
		})
	}
	return all.Wait()
}

// prefixed are paths below a folder as they are found from elsewhere.
func prefixed(prefix string, paths []string) []string {
	paths = slices.Clone(paths)
	for i := range paths {
		paths[i] = path.Join(filepath.ToSlash(prefix), paths[i])
	}
	return paths
}
