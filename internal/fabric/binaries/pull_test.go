package binaries

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestPullPatience runs on a clock of its own, on which only waiting takes time.
func TestPullPatience(t *testing.T) {
	steps := func(pauses ...time.Duration) func(context.Context, string, Progress) error {
		return func(ctx context.Context, _ string, progress Progress) error {
			for i, pause := range pauses {
				select {
				case <-time.After(pause):
				case <-ctx.Done():
					return ctx.Err()
				}
				progress("layer", i+1, len(pauses))
			}
			return nil
		}
	}
	const second, minute = time.Second, time.Minute
	tests := []struct {
		name  string
		pull  func(context.Context, string, Progress) error
		fails string
		took  time.Duration
	}{
		{name: "prompt", pull: steps(second), took: second},
		{name: "slow all along", pull: steps(4*second, 50*second, 59*second, 59*second), took: 172 * second},
		{name: "no answer", pull: steps(minute), fails: "no answer from the registry in 5 s", took: 5 * second},
		{name: "stalls later", pull: steps(second, 2*minute), fails: "nothing arrived for 60 s", took: 61 * second},
		{name: "refused", pull: func(context.Context, string, Progress) error { return errors.New("denied") }, fails: "denied"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := pull(t.Context(), &fakeStore{pull: tt.pull}, "p:1", func(string, int, int) {})
				if took := time.Since(start); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if (err == nil) != (tt.fails == "") || (err != nil && !strings.Contains(err.Error(), tt.fails)) {
					t.Errorf("err = %v, want %q", err, tt.fails)
				}
			})
		})
	}
}

func TestEnsureStalledPull(t *testing.T) {
	stalled := func(ctx context.Context, _ string, _ Progress) error { <-ctx.Done(); return ctx.Err() }
	t.Run("is given up for compiling", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			store, compile := &fakeStore{pull: stalled}, &fakeCompile{dir: t.TempDir()}
			var said []string
			got, err := ensure(t.Context(), store, Want{CacheDir: t.TempDir(), Agent: testAgent(t)},
				func(text string, _, _ int) { said = append(said, text) }, compile.compile)
			if err != nil {
				t.Fatal(err)
			}
			why := officialPeer + " cannot be pulled: no answer from the registry in 5 s"
			if !strings.Contains(got.How, why) || !slices.Contains(said, why) {
				t.Errorf("How = %q, progress = %q, want %q in both", got.How, said, why)
			}
			if len(compile.calls) != 1 || len(store.pulled) != 1 {
				t.Errorf("compiled %d times after %v", len(compile.calls), store.pulled)
			}
		})
	})
	t.Run("is an error once the caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		store := &fakeStore{pull: func(ctx context.Context, ref string, progress Progress) error {
			cancel()
			return stalled(ctx, ref, progress)
		}}
		compile := &fakeCompile{dir: t.TempDir()}
		_, err := ensure(ctx, store, Want{CacheDir: t.TempDir(), Agent: testAgent(t)}, nil, compile.compile)
		if !errors.Is(err, context.Canceled) || len(compile.calls) != 0 {
			t.Errorf("err = %v after %d compilations", err, len(compile.calls))
		}
	})
}
