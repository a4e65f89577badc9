// Package runtime is the one interface behind which services run, on Docker or as plain processes.
package runtime

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

// Runtime runs the services of one project. Implementations are safe for concurrent use on
// different services, and touch nothing that is not the project's.
type Runtime interface {
	// Start makes the named services of the model run as the model says (all of them when none
	// is named): it creates what is missing, replaces what differs from the model, starts what
	// has stopped, and leaves alone what already runs as it should. It returns when the services
	// have been started, not when they answer. A replacement is prepared before the old one is
	// stopped.
	Start(ctx context.Context, model *types.Project, services ...string) error

	// Services reports every service of the project there is, running or not, by name. It is
	// empty for a project that has nothing.
	Services(ctx context.Context) ([]Service, error)

	// Stop stops and removes the named services (all of them when none is named), and keeps
	// their data. A service that does not exist is no error.
	Stop(ctx context.Context, services ...string) error

	// Logs gives the lines a service wrote, oldest first, until they end. With Follow it goes on,
	// through restarts and replacements of the service, until the service has not run for Linger,
	// or ctx ends (which is no error).
	Logs(ctx context.Context, service string, opts LogOptions, line func(Line)) error

	// Exec runs a command to its end where a service runs: in its container, which must be running,
	// or on this machine. A command that fails is an *ExitError. When ctx ends so does Exec, and on
	// this machine the command; an engine lets it run on.
	Exec(ctx context.Context, service string, c Command) error

	// Remove stops and removes everything of the project. With data it also drops ledgers and
	// every other thing the project's services kept.
	Remove(ctx context.Context, data bool) error
}

// Command is something to run beside a service.
type Command struct {
	Args           []string // the program first, as the service would find it
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// ExitError is a command that ended with another exit code than 0.
type ExitError struct{ Code int }

func (e *ExitError) Error() string { return "exit code " + strconv.Itoa(e.Code) }

// Linger is how long a log is followed after its service has ended: a replacement, which takes
// half a second, may take this long on a busy machine.
const Linger = 3 * time.Second

// State is what a service is doing.
type State string

// The states of a service.
const (
	Running State = "running"
	Exited  State = "exited"
	Created State = "created" // made, never started
)

// UnknownExit is the exit code of a service whose end nobody saw.
const UnknownExit = -1

// Service is one running, or once running, program of the network.
type Service struct {
	Name      string    `json:"name"`
	State     State     `json:"state"`
	ExitCode  int       `json:"exitCode"` // with Exited; UnknownExit when nobody saw it
	OOMKilled bool      `json:"oomKilled,omitempty"`
	StartedAt time.Time `json:"startedAt,omitzero"`
	PID       int       `json:"pid,omitempty"` // on the machine that runs it; 0 when not running
	ID        string    `json:"id"`            // container id, or the pid in words
}

// LogOptions chooses lines. Tail is how many of the last lines to give: all when negative.
type LogOptions struct {
	Tail   int
	Follow bool
	// Tailed, if not nil, is called with Follow once what was there before has been given. A log that
	// ends early may leave it out.
	Tailed func()
}

// TellTailed calls Tailed if it is there.
func (o LogOptions) TellTailed() {
	if o.Tailed != nil {
		o.Tailed()
	}
}

// Line is one line of a service's log, without its newline. Time is when it was written, as far as
// that is known.
type Line struct {
	Time time.Time
	Text string
}

// Tail returns the last n lines of a service's log. It gives what it could read: a log that
// explains another error must not hide it behind its own.
func Tail(ctx context.Context, r Runtime, service string, n int) []string {
	var lines []string
	_ = r.Logs(ctx, service, LogOptions{Tail: n}, func(l Line) { lines = append(lines, l.Text) })
	return lines
}
