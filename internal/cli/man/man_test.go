package man_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/cli/man"
)

func TestWrite(t *testing.T) {
	first, again := t.TempDir(), t.TempDir()
	for _, dir := range []string{first, again} {
		if err := man.Write(dir); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{
		"man1/ccdev.1":           ".SH NAME",
		"man1/ccdev-up.1":        "--runtime",
		"man1/ccdev-doctor.1":    "ccdev doctor --fix",
		"completions/ccdev.bash": "complete",
		"completions/_ccdev":     "#compdef ccdev",
		"completions/ccdev.fish": "complete",
		"completions/ccdev.ps1":  "Register-ArgumentCompleter",
	} {
		text, err := os.ReadFile(filepath.Join(first, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if !strings.Contains(strings.ReplaceAll(string(text), `\-`, "-"), want) {
			t.Errorf("%s does not have %q", name, want)
		}
		other, err := os.ReadFile(filepath.Join(again, name))
		if err != nil || string(other) != string(text) {
			t.Errorf("%s is another one at the second time (%v)", name, err)
		}
	}
	if _, err := os.Stat(filepath.Join(first, "man1", "ccdev-agent.1")); err == nil {
		t.Error("there is a page of a hidden command")
	}
}
