// Package devloop takes a chaincode from a change to live: changed, building, starting, swapping,
// live or failed.
package devloop

import (
	"context"
	"time"
)

// Phase is how far a change has come.
type Phase string

// The phases. A change goes through them in this order, and ends in Live or Failed, or is
// overtaken by a newer one without a word of its own.
const (
	Changed  Phase = "changed"  // it waits: for the build it cancels, for a storm of saves to end, or while paused
	Building Phase = "building" // the generation has its number from here on
	Starting Phase = "starting" // it is built, and delivered
	Swapping Phase = "swapping" // it runs, and is about to get the new transactions
	Live     Phase = "live"     // it has them
	Failed   Phase = "failed"   // the one before still has them
)

// State is a step of a change towards Live. Two generations may be under way at once, the older
// one being delivered: what shows only one shows the one with the highest number.
type State struct {
	Phase      Phase
	Generation int           // that the change makes; 0 as long as it is not building
	Serving    int           // generation that gets the new transactions; 0: none
	Since      time.Duration // since the change was noticed, the last one if there were several
	Took       time.Duration // the phase that ended with this one; 0 for Changed
	Changed    []string      // files, removed ones too; relative and sorted; none for a reload that was asked for
	Paused     bool          // changes wait until Resume
	Err        error         // Failed: why
}

// Built is what a build hands on to its delivery.
type Built struct {
	Generation int    // set by the loop
	Program    string // file
}

// Options are what the loop works with. None of the functions is optional.
type Options struct {
	// Build builds the sources as they are now. Only one runs at a time; its ctx ends when a newer
	// change makes it pointless.
	Build func(ctx context.Context, generation int) (Built, error)
	// Sources is another text when the sources have changed. What it gives before a build tells
	// whether the build has seen them as they are.
	Sources func() string
	// Deliver starts a generation and moves new transactions to it, and returns when it is live.
	// It calls swapping when the generation has started, if it knows. Two run at once when a newer
	// generation takes an older one's place: see Loop. ctx ends with Run only.
	Deliver func(ctx context.Context, built Built, swapping func()) error
	// Emit gets each state, one after the other.
	Emit func(State)

	Newest  int // the highest number that a generation has had
	Serving int // the generation that is live when Run begins; 0: none

	Settle time.Duration // saves that follow each other faster are one storm; DefaultSettle if 0
	Storm  time.Duration // a storm is built after that long though it goes on; DefaultStorm if 0
}

// The defaults of Options.
const (
	DefaultSettle = 300 * time.Millisecond
	DefaultStorm  = 6 * time.Second
)
