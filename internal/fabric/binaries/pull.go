package binaries

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"
)

// How long a pull may be silent. A registry that can be reached answers within a second or two,
// while a blocked one may take minutes to be given up by the engine.
const (
	firstAnswer = 5 * time.Second
	maxSilence  = 60 * time.Second
)

// stalledError is a pull that was given up.
type stalledError struct {
	answered bool
}

func (e *stalledError) Error() string {
	if e.answered {
		return fmt.Sprintf("nothing arrived for %d s", int(maxSilence.Seconds()))
	}
	return fmt.Sprintf("no answer from the registry in %d s", int(firstAnswer.Seconds()))
}

// pull has the image pulled for as long as it makes progress.
func pull(ctx context.Context, store ImageStore, ref string, progress Progress) error {
	pullCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var answered atomic.Bool
	silence := time.AfterFunc(firstAnswer, func() { cancel(&stalledError{answered: answered.Load()}) })
	defer silence.Stop()
	err := store.Pull(pullCtx, ref, func(text string, done, total int) {
		answered.Store(true)
		silence.Reset(maxSilence)
		progress(text, done, total)
	})
	if err != nil && pullCtx.Err() != nil {
		return context.Cause(pullCtx)
	}
	return err
}
