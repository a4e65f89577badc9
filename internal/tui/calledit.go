package tui

import (
	"encoding/json"
	"os"
	"path/filepath"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fault"
)

// editedMsg is a call as the user's editor has left it.
type editedMsg call

// editCall opens a call in the user's editor, and makes it afterwards.
func (m *model) editCall(c call) tea.Cmd {
	return m.do(func() tea.Msg {
		text, err := json.MarshalIndent(c, "", "  ")
		if err != nil {
			return faultMsg{err}
		}
		dir, err := os.MkdirTemp("", "ccdev-call-*")
		if err != nil {
			return faultMsg{fault.New(fault.Other, "free some room in the folder for temporary files", "%w", err)}
		}
		path := filepath.Join(dir, "call.json")
		if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
			_ = os.RemoveAll(dir) // what matters is why it cannot be written
			return faultMsg{fault.New(fault.Other, "free some room in the folder for temporary files", "%w", err)}
		}
		return m.editor(sourceFile{path: path}, func(err error) tea.Msg {
			defer os.RemoveAll(dir) //nolint:errcheck // it is a temporary folder
			if err != nil {
				return faultMsg{err}
			}
			return edited(path)
		})()
	})
}

// edited reads the call that the user has left in a file.
func edited(path string) tea.Msg {
	text, err := os.ReadFile(path)
	if err != nil {
		return faultMsg{err}
	}
	var c call
	if err := json.Unmarshal(text, &c); err != nil {
		return faultMsg{fault.New(fault.Usage, callForm, "what was written is no call: %w", err)}
	}
	if c.Function == "" {
		return faultMsg{fault.New(fault.Usage, callForm, "what was written names no function")}
	}
	return editedMsg(c)
}

const callForm = "leave it a JSON object with function and args, the latter a list of strings"
