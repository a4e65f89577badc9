// Package wait tries a real call again and again, quickly, until it succeeds or cannot.
package wait

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Pace is the pause between two tries. Services come up in tens of milliseconds, so that a
// longer one would be what the user waits for.
const Pace = 10 * time.Millisecond

// permanent is an error no further try can help.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Stop makes an error end the tries at once. Stop(nil) is nil.
func Stop(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

// For calls try until it gives nil, or an error made by Stop, or limit has passed, or ctx ends.
// An end by time gives the last error of try, so that it says what was missing.
func For(ctx context.Context, limit time.Duration, try func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	deadline, _ := limited.Deadline() // it has one: limit
	ticker := time.NewTicker(Pace)
	defer ticker.Stop()
	var last error
	for {
		err := try(limited)
		if err == nil {
			return nil
		}
		var p permanent
		if errors.As(err, &p) {
			return p.error
		}
		if last == nil || time.Until(deadline) > Pace {
			last = err // what a try says that the limit itself cut off says less
		}
		select {
		case <-ticker.C:
		case <-limited.Done():
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if limited.Err() != nil {
			return fmt.Errorf("no success within %s: %w", limit, last)
		}
	}
}
