package relay

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Why is the reason why a generation cannot serve.
type Why string

// The reasons of a NotReady.
const (
	NotStarted Why = "not started"     // the host could not start it; Err says why
	Ended      Why = "ended"           // its process has ended, with Exit
	TooLate    Why = "too late"        // it did not register within Limit
	WrongID    Why = "wrong id"        // it registered as Got, and should as Want
	NoRegister Why = "no register"     // its first message was Got, so it is no chaincode
	Disagree   Why = "tls"             // it and the relay do not get on in TLS; Err says why
	Superseded Why = "superseded"      // a newer Swap took its place; also in place of any other reason
	Cancelled  Why = "cancelled"       // whoever asked for it does not want it any more; Err says more
	Closed     Why = "the relay ended" // Close was called
)

// NotReady says why a generation cannot serve. The one before it goes on serving.
type NotReady struct {
	Generation int
	Why        Why
	Exit       *Exit         // how its process ended; nil when it is not known
	Because    string        // why the relay has ended the process, if so
	Got, Want  string        // package IDs, for WrongID
	Limit      time.Duration // for TooLate
	Serving    bool          // it had registered
	Service    string        // that runs it, and has its log; empty for a process of the relay
	Err        error
}

// Error is What, with the generation.
func (e *NotReady) Error() string {
	return fmt.Sprintf("generation %d of the chaincode: %s", e.Generation, e.What())
}

// Unwrap gives the cause, if there is one.
func (e *NotReady) Unwrap() error { return e.Err }

// What says what happened, and ends with the last lines that its process wrote, or where they are.
func (e *NotReady) What() string {
	what := e.summary()
	if e.Service != "" {
		what += "; its log: ccdev logs " + e.Service
	}
	if e.Exit != nil && len(e.Exit.Log) > 0 {
		what += "; it last wrote:\n" + strings.Join(e.Exit.Log, "\n")
	}
	return what
}

func (e *NotReady) summary() string {
	switch e.Why {
	case NotStarted:
		return fmt.Sprintf("it could not be started: %v", e.Err)
	case Ended:
		return e.ending()
	case TooLate:
		return fmt.Sprintf("it did not register within %s", e.Limit)
	case WrongID:
		return fmt.Sprintf("it registered as %q, and the peers know it as %q", e.Got, e.Want)
	case NoRegister:
		return fmt.Sprintf("it sent a %s where a chaincode sends REGISTER", e.Got)
	case Disagree:
		return e.Err.Error()
	case Superseded:
		return "a newer one took its place"
	case Closed:
		return "the relay has ended"
	}
	return fmt.Sprintf("it was not wanted any more: %v", e.Err)
}

func (e *NotReady) ending() string {
	how := "its process ended"
	switch {
	case e.Because != "":
		how = e.Because
	case e.Exit != nil && e.Exit.How != "":
		how += " (" + e.Exit.How + ")"
	}
	if !e.Serving {
		how += " before it was ready"
	}
	return how
}

// The causes that a Swap's context is cancelled with.
var (
	errSuperseded = errors.New("superseded")
	errClosed     = errors.New("closed")
)
