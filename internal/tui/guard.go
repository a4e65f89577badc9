package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
)

// crash is a panic of the screen itself.
type crash struct {
	reason string
	stack  []byte
}

// report writes what is needed to find the cause, and says where it is.
func (c *crash) report(dir string) error {
	path := filepath.Join(dir, "screen-report.txt")
	text := append([]byte("ccdev's screen failed: "+c.reason+"\n\n"), c.stack...)
	if err := os.MkdirAll(dir, 0o700); err == nil {
		err = atomicfile.Write(path, text, 0o600)
		if err == nil {
			return fault.New(fault.Other, `the network runs on: "ccdev up --no-tui" goes on without the screen. Send the report with the issue you open`,
				"ccdev's screen failed (%s); the report is in %s", c.reason, path)
		}
	}
	return fault.New(fault.Other, `the network runs on: "ccdev up --no-tui" goes on without the screen`, "ccdev's screen failed: %s", c.reason)
}

// guarded ends the screen in order when Update or View panics.
type guarded struct{ *model }

// Update implements tea.Model.
func (g guarded) Update(msg tea.Msg) (next tea.Model, cmd tea.Cmd) {
	defer func() {
		if g.caught(recover()) {
			next, cmd = g, tea.Quit
		}
	}()
	if g.panicked.Load() != nil {
		return g, tea.Quit
	}
	_, cmd = g.model.Update(msg)
	return g, cmd
}

// View implements tea.Model.
func (g guarded) View() (v tea.View) {
	defer func() { g.caught(recover()) }()
	if g.panicked.Load() != nil {
		return v
	}
	return g.model.View()
}

// do makes a command that may fail like the rest of the screen.
func (m *model) do(f func() tea.Msg) tea.Cmd {
	return func() (msg tea.Msg) {
		defer func() {
			if m.caught(recover()) {
				msg = tea.QuitMsg{}
			}
		}()
		return f()
	}
}

func (m *model) caught(reason any) bool {
	if reason == nil {
		return false
	}
	m.panicked.CompareAndSwap(nil, &crash{fmt.Sprint(reason), debug.Stack()})
	return true
}
