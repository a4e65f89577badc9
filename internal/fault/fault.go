// Package fault carries an error to the user: what happened, why, and what to do next.
package fault

import (
	"errors"
	"fmt"
)

// Kind is the class of a fault. It decides the exit code, and is the "code" of the JSON form.
type Kind string

// The kinds of fault. DESIGN's exit codes, one for one.
const (
	Other       Kind = "other"       // exit 1
	Usage       Kind = "usage"       // exit 2: a flag, an argument, or ccdev.yaml
	Runtime     Kind = "runtime"     // exit 3: the runtime cannot be reached
	Boot        Kind = "boot"        // exit 4: the network did not come up
	Build       Kind = "build"       // exit 5: the chaincode did not build
	Lifecycle   Kind = "lifecycle"   // exit 6: install, approve or commit failed
	Chaincode   Kind = "chaincode"   // exit 7: the chaincode crashed or is not ready
	Transaction Kind = "transaction" // exit 8: a transaction failed
	Scenario    Kind = "scenario"    // exit 9: a scenario's step did not do what it should
	Timeout     Kind = "timeout"     // exit 124
	Interrupted Kind = "interrupted" // exit 130: SIGINT
	Terminated  Kind = "terminated"  // exit 143: SIGTERM
)

var exitCodes = map[Kind]int{
	Other: 1, Usage: 2, Runtime: 3, Boot: 4, Build: 5, Lifecycle: 6,
	Chaincode: 7, Transaction: 8, Scenario: 9, Timeout: 124, Interrupted: 130, Terminated: 143,
}

// ExitCode is the process exit code of the kind; 1 for a kind it does not know.
func (k Kind) ExitCode() int {
	if code, ok := exitCodes[k]; ok {
		return code
	}
	return 1
}

// Fault is an error with everything its reader needs.
type Fault struct {
	Kind  Kind
	What  string   // what happened and why, without a final full stop
	Fix   string   // what to do next; may span lines
	Log   []string // the last lines of the log that explains it, oldest first
	Cause error    // what it was made from, for errors.Is and errors.As
}

// New makes a fault. Its message is made as fmt.Errorf makes it: an error given for a %w
// becomes the cause.
func New(kind Kind, fix, format string, args ...any) *Fault {
	err := fmt.Errorf(format, args...)
	return &Fault{Kind: kind, What: err.Error(), Fix: fix, Cause: errors.Unwrap(err)}
}

// WithLog returns the fault with the lines of a log that explain it.
func (f *Fault) WithLog(lines []string) *Fault {
	f.Log = lines
	return f
}

// Error is what happened; the fix and the log are for the CLI to print once.
func (f *Fault) Error() string { return f.What }

// Unwrap gives the cause, if there is one.
func (f *Fault) Unwrap() error { return f.Cause }

// From finds the fault in err, or makes one of the kind Other of it. It keeps what callers
// wrapped around the fault in the message. From(nil) is nil.
func From(err error) *Fault {
	if err == nil {
		return nil
	}
	var f *Fault
	if !errors.As(err, &f) {
		return &Fault{Kind: Other, What: err.Error(), Cause: err}
	}
	if f.What == err.Error() {
		return f
	}
	outer := *f
	outer.What, outer.Cause = err.Error(), err
	return &outer
}

// Is says whether err is, or wraps, a fault of this kind.
func Is(err error, kind Kind) bool {
	var f *Fault
	return errors.As(err, &f) && f.Kind == kind
}
