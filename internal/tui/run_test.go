package tui

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/session"
	"github.com/creack/pty"
	"golang.org/x/term"
)

// bomb is an overlay that fails.
type bomb struct{ inView bool }

func (b bomb) key(*model, tea.KeyPressMsg) (overlay, tea.Cmd) { panic("a bomb in Update") }

func (b bomb) view(*model, int, int) (string, []string) {
	if b.inView {
		panic("a bomb in View")
	}
	return "bomb", nil
}

func (bomb) keys() []binding { return []binding{{"Esc", "close"}} }

// mined is a network whose status fails the program.
type mined struct{ *fake }

func (mined) Status(context.Context) (session.Status, error) { panic("a bomb in a command") }

// console is a terminal with a screen on it.
type console struct {
	*testing.T
	keys, tty *os.File
	before    *term.State

	mu      sync.Mutex
	written bytes.Buffer
	wrote   chan struct{} // closes with the next write
}

func newConsole(t *testing.T) *console {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	c := &console{T: t, keys: keys, tty: tty, wrote: make(chan struct{})}
	if err := pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	c.before = must(term.GetState(int(tty.Fd())))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(c, keys) // to its end, which is an error on Linux
	}()
	t.Cleanup(func() {
		_ = tty.Close()
		_ = keys.Close()
		<-done
	})
	return c
}

// Write takes what the screen writes.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written.Write(p)
	close(c.wrote)
	c.wrote = make(chan struct{})
	return len(p), nil
}

// text is what was written so far; more closes with what comes next.
func (c *console) text() (text string, more <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.written.String(), c.wrote
}

// shows waits until the screen has written a text.
func (c *console) shows(text string) {
	for {
		written, more := c.text()
		if strings.Contains(written, text) {
			return
		}
		select {
		case <-more:
		case <-c.Context().Done():
			return
		}
	}
}

// restored checks that the terminal is as before: its modes, its usual screen, its cursor.
func (c *console) restored() {
	c.Helper()
	if after := must(term.GetState(int(c.tty.Fd()))); !reflect.DeepEqual(c.before, after) {
		c.Errorf("its modes are %+v, and were %+v", after, c.before)
	}
	_, _ = c.tty.WriteString("the end") // all that was written before is there then
	c.shows("the end")
	text, _ := c.text()
	for _, mode := range []struct{ on, off, what string }{
		{"\x1b[?1049h", "\x1b[?1049l", "the screen of its own"}, {"\x1b[?25l", "\x1b[?25h", "the hidden cursor"}, {"\x1b[?2004h", "\x1b[?2004l", "bracketed paste"},
	} {
		if strings.LastIndex(text, mode.on) > strings.LastIndex(text, mode.off) {
			c.Errorf("it still has %s: %q", mode.what, text)
		}
	}
}

func TestTerminalIsRestored(t *testing.T) {
	for name, tt := range map[string]struct {
		backend Backend
		overlay overlay
		keys    string
		ends    bool // from outside
		says    string
		choice  Choice
	}{
		"detached":           {keys: "d", choice: Leave},
		"stopped":            {keys: "\x03\x03", choice: Stop},
		"ended":              {ends: true},
		"a panic in Update":  {overlay: bomb{}, keys: "x", says: "a bomb in Update"},
		"a panic in View":    {overlay: bomb{inView: true}, says: "a bomb in View"},
		"a panic in command": {backend: mined{&fake{}}, says: "a bomb in a command"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newConsole(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			o := Options{
				Backend: tt.backend, Feed: NewFeed(), StateDir: filepath.Join(t.TempDir(), "screen"), In: c.tty, Out: c.tty, Env: []string{"TERM=xterm-256color"},
				Work: func(ctx context.Context, up func(error)) error { up(nil); <-ctx.Done(); return ctx.Err() },
			}
			if o.Backend == nil {
				o.Backend = &fake{}
			}
			o.Feed.Sink(event.Begun{Project: "assets"})
			m := newModel(ctx, o)
			m.overlay = tt.overlay
			go func() {
				c.shows("LIVE") // and with it all that came before
				if tt.ends {
					cancel()
				}
				_, _ = c.keys.WriteString(tt.keys)
			}()
			choice, err := m.run(cancel)
			c.restored()
			if tt.says == "" {
				if err != nil || choice != tt.choice {
					t.Errorf("it ends with %v, %v", choice, err)
				}
				return
			}
			report, _ := os.ReadFile(filepath.Join(o.StateDir, "screen-report.txt"))
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), o.StateDir) || choice != Leave {
				t.Errorf("it ends with %v, %v", choice, err)
			}
			if !strings.Contains(string(report), tt.says) || !strings.Contains(string(report), "run_test.go") {
				t.Errorf("the report says %q", report)
			}
		})
	}
}
