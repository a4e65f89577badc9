package tui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/atomicfile"
)

// call is what the drawer sends, and remembers.
type call struct {
	Function  string            `json:"function"`
	Args      []string          `json:"args"`
	Transient map[string]string `json:"transient,omitempty"`
	As        string            `json:"as,omitempty"`
	Submit    bool              `json:"submit"`
}

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
