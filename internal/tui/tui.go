// Package tui is the screen of ccdev up: Bubble Tea views of the events, for a terminal.
package tui

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/fabric/gateway"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/session"
)

// Network is the network on the screen. Its methods may take their time: they are never called
// by Update.
type Network interface {
	Status(ctx context.Context) (session.Status, error)
	Reload(ctx context.Context, chaincode string) error
	Deploy(ctx context.Context, chaincode string, force bool) error
	Users() ([]session.User, error)
	Watch(on bool) // takes changes live, or pauses that
}

// Chaincodes are what runs on it.
type Chaincodes interface {
	Contract(ctx context.Context, chaincode string) (contract.Contract, error)
	Invoke(ctx context.Context, c session.Call) (gateway.Result, error)
	Query(ctx context.Context, c session.Call) (gateway.Result, error)
	Trace(ctx context.Context, txid string, o session.TraceOptions) ([]trace.Trace, error)
	Again(ctx context.Context, t trace.Trace, submitted bool) (session.Again, error)
	State(ctx context.Context, chaincode, as string, q state.Query, every bool) (state.Page, error)
}

// Backend is all of it.
type Backend interface {
	Network
	Chaincodes
}

// Options are what a screen works with.
type Options struct {
	Backend Backend
	Feed    *Feed
	// Work brings the network up, calls up once it is, and then follows it until ctx ends. A network
	// that is up without its chaincode is up with the reason for that.
	Work func(ctx context.Context, up func(without error)) error
	Dir  string // of the project
	// StateDir is the folder for what the screen keeps: the calls that were made, saved logs, and a
	// report where the screen itself fails.
	StateDir string
	Watching bool             // changes are taken live
	Now      func() time.Time // time.Now if nil
	Getenv   func(string) string
	// Copy puts a text on this machine's clipboard; with its own tool if nil.
	Copy func(text string) error

	In  io.Reader
	Out io.Writer
	Env []string
}

// Choice is how the user left.
type Choice int

// The ways to leave.
const (
	Stop  Choice = iota // stop the network
	Leave               // leave it running
)

// Run shows the screen until the user leaves it, ctx ends, or the work fails and the user gives
// up. The terminal is as it was before. The error is the work's, that of ctx, or one that says where
// the report of a failure of the screen is.
func Run(ctx context.Context, o Options) (Choice, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return newModel(ctx, o).run(cancel)
}

func (m *model) run(cancel func()) (Choice, error) {
	ctx, o := m.ctx, m.options
	p := tea.NewProgram(guarded{m}, tea.WithInput(o.In), tea.WithOutput(o.Out), tea.WithEnvironment(o.Env),
		tea.WithoutSignalHandler(), tea.WithoutCatchPanics())
	stop := context.AfterFunc(ctx, p.Quit) // in order: a program that is killed leaves its reader of the input behind
	_, err := p.Run()
	stop()
	cancel()
	m.work.end()
	switch {
	case m.panicked.Load() != nil:
		return Leave, m.panicked.Load().report(o.StateDir)
	case err != nil:
		return Stop, err
	}
	return m.choice, m.gaveUp
}
