package cli

import (
	"context"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/ccdev/ccdev/internal/tui"
)

// screenTail is how many lines of each log a screen begins with.
const screenTail = 500

// hasScreen says whether up may take the whole terminal.
func (a *app) hasScreen(o upOptions) bool {
	if o.detach || o.noTUI || o.dryRun || a.quiet || a.output != outputText {
		return false
	}
	in, reads := a.streams.In.(*os.File)
	return reads && isTerminal(in) && isTerminal(a.streams.Out) && a.wantsScreen()
}

// wantsScreen says whether the environment has nothing against a screen.
func (a *app) wantsScreen() bool {
	return a.getenv("TERM") != "dumb" && a.getenv("CI") == "" && a.getenv("ACCESSIBLE") == "" && a.getenv("CCDEV_TUI") != "0"
}

// runScreen brings the network up on a screen of its own, and stays until the user leaves it.
func runScreen(ctx context.Context, a *app, o upOptions) error {
	feed := tui.NewFeed()
	s, err := a.session(feed.Sink)
	if err != nil {
		return err
	}
	dir, err := filepath.Abs(s.Dir())
	if err != nil {
		return err
	}
	live := newFollower(s, !o.noWatch)
	choice, err := tui.Run(ctx, tui.Options{
		Backend: live, Feed: feed, Dir: dir, StateDir: filepath.Join(network.StateDir(dir), "screen"),
		Watching: !o.noWatch, Getenv: a.getenv, In: a.streams.In, Out: a.streams.Out, Env: os.Environ(),
		Work: func(ctx context.Context, up func(without error)) error {
			err := s.Up(ctx, o.UpOptions)
			if err != nil && !upWithout(ctx, s, err) {
				return err
			}
			up(err)
			return live.follow(ctx, screenTail)
		},
	})
	if err != nil && ctx.Err() == nil {
		return err
	}
	return a.afterScreen(ctx, choice)
}

// upWithout says whether a network is up though its chaincode could not be taken with it. The next
// save may mend that.
func upWithout(ctx context.Context, s *session.Session, err error) bool {
	if kind := fault.From(err).Kind; kind != fault.Build && kind != fault.Chaincode {
		return false
	}
	st, err := s.Status(ctx)
	return err == nil && st.State != session.StateDown
}

// afterScreen does on the usual terminal what the user has chosen on the screen.
func (a *app) afterScreen(ctx context.Context, choice tui.Choice) error {
	s, err := a.session(a.events())
	if err != nil {
		return err
	}
	if choice == tui.Leave && ctx.Err() == nil {
		s.Emit(event.Notice{Text: `the network runs on: "ccdev up" comes back to it, "ccdev logs -f" follows it, "ccdev down" stops it`})
		return nil
	}
	down := ctx // which the next Ctrl-C ends
	if ctx.Err() != nil {
		down = context.WithoutCancel(ctx)
	}
	if err := s.Down(down, false); err != nil {
		return err
	}
	if _, err := s.Network(); err == nil { // none: it did not come up, and has left nothing
		s.Emit(event.Notice{Text: keptText})
	}
	if ctx.Err() != nil {
		return &fault.Fault{Kind: fault.From(context.Cause(ctx)).Kind} // what happened is said
	}
	return nil
}
