package tui

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/mattn/go-shellwords"
)

// maxCalls are remembered.
const maxCalls = 100

func callsFile(dir string) string { return filepath.Join(dir, "calls.json") }

// loadCalls reads the calls that were made before: none where there is no such file, or no good one.
func loadCalls(dir string) []call {
	text, err := os.ReadFile(callsFile(dir))
	if err != nil {
		return nil
	}
	var all []call
	if json.Unmarshal(text, &all) != nil {
		return nil
	}
	return all
}

// saveCalls keeps them. One that cannot be kept is no reason not to make it.
func saveCalls(dir string, all []call) {
	text, err := json.MarshalIndent(all, "", "  ")
	if err == nil && os.MkdirAll(dir, 0o700) == nil {
		_ = atomicfile.Write(callsFile(dir), text, 0o600)
	}
}

// remembered adds a call to those before, once. Transient values are secrets, and are not kept.
func remembered(all []call, c call) []call {
	c.Transient = nil
	all = slices.DeleteFunc(slices.Clone(all), func(other call) bool { return other.line() == c.line() && other.Submit == c.Submit })
	all = append(all, c)
	return all[max(len(all)-maxCalls, 0):]
}

// split takes a line apart as a shell does.
func split(line string) ([]string, error) {
	parser := shellwords.NewParser()
	words, err := parser.Parse(line)
	if err != nil || parser.Position >= 0 { // it stops at what is the shell's
		return nil, fault.New(fault.Usage, "write '…' around an argument with spaces, quotes or ;&|<>()", "the line cannot be taken apart into arguments")
	}
	return words, nil
}

func sortedNames(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// editedMsg is a call as the user's editor has left it.
type editedMsg call

// editCall opens a call in the user's editor, and makes it afterwards.
func (m *model) editCall(c call) tea.Cmd {
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return m.try(func() error { return err })
	}
	file, err := os.CreateTemp("", "ccdev-call-*.json")
	if err != nil {
		return m.try(func() error {
			return fault.New(fault.Other, "free some room in the folder for temporary files", "%w", err)
		})
	}
	defer file.Close() //nolint:errcheck // what was written is checked
	if _, err := file.Write(append(text, '\n')); err != nil {
		return m.try(func() error { return err })
	}
	return m.editor(sourceFile{path: file.Name()}, func() tea.Msg {
		defer os.Remove(file.Name()) //nolint:errcheck // it is a temporary file
		text, err := os.ReadFile(file.Name())
		if err != nil {
			return faultMsg{err}
		}
		var edited call
		if err := json.Unmarshal(text, &edited); err != nil || edited.Function == "" {
			return faultMsg{fault.New(fault.Usage, "leave it a JSON object with function and args, the latter a list of strings", "what was written is no call: %v", err)}
		}
		return editedMsg(edited)
	})
}
