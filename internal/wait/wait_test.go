package wait_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/wait"
)

var errNotYet = errors.New("not yet")

func TestForTriesAtItsPaceUntilItSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, tries := time.Now(), 0
		err := wait.For(t.Context(), time.Minute, func(context.Context) error {
			if tries++; tries < 4 {
				return errNotYet
			}
			return nil
		})
		if err != nil || tries != 4 {
			t.Errorf("%d tries: %v", tries, err)
		}
		if took := time.Since(start); took != 3*wait.Pace {
			t.Errorf("4 tries took %s, want 3 pauses of %s", took, wait.Pace)
		}
	})
}

func TestForNeedsNoPauseForASuccessAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := wait.For(t.Context(), time.Minute, func(context.Context) error { return nil }); err != nil || time.Since(start) != 0 {
			t.Errorf("it took %s (%v)", time.Since(start), err)
		}
	})
}

func TestForEnds(t *testing.T) {
	interrupted := errors.New("cut off")
	for name, tc := range map[string]struct {
		try   func(ctx context.Context, n int) error
		limit time.Duration
		err   error         // that it must be
		not   error         // that it must not be
		says  string        // in its message
		took  time.Duration // at most
	}{
		"at the limit, with the last error": {
			limit: time.Second, err: errNotYet, says: "1s", took: time.Second,
			try: func(context.Context, int) error { return errNotYet },
		},
		"at once, where no try can help": {
			limit: time.Minute, err: interrupted, took: 0,
			try: func(context.Context, int) error { return wait.Stop(interrupted) },
		},
		"at once, where that is wrapped": {
			limit: time.Minute, err: interrupted, took: 0,
			try: func(context.Context, int) error { return fmt.Errorf("dial: %w", wait.Stop(interrupted)) },
		},
		"with what was missing, not with the limit that cut the last try off": {
			limit: time.Second, err: errNotYet, not: context.DeadlineExceeded, took: time.Second,
			try: func(ctx context.Context, n int) error {
				if n < 3 {
					return errNotYet
				}
				<-ctx.Done()
				return ctx.Err()
			},
		},
		"with the limit, where the first try took it all": {
			limit: time.Second, err: context.DeadlineExceeded, took: time.Second,
			try: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, n := time.Now(), 0
				err := wait.For(t.Context(), tc.limit, func(ctx context.Context) error { n++; return tc.try(ctx, n) })
				if !errors.Is(err, tc.err) || tc.not != nil && errors.Is(err, tc.not) || !strings.Contains(err.Error(), tc.says) {
					t.Errorf("the error is %v", err)
				}
				if took := time.Since(start); took > tc.took {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func TestForEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		err := wait.For(ctx, time.Hour, func(context.Context) error { tries++; return errNotYet })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		if most := int(time.Second/wait.Pace) + 1; tries > most {
			t.Errorf("%d tries in a second", tries)
		}
	})
}

func TestStopOfNothingIsNothing(t *testing.T) {
	if err := wait.Stop(nil); err != nil {
		t.Errorf("it is %v", err)
	}
}
