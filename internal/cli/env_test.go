package cli

import (
	"os/exec"
	"testing"

	"github.com/ccdev/ccdev/internal/session"
)

func TestShellsGetTheVeryValue(t *testing.T) {
	const value = `it's "a" $HOME \ path’s`
	for shell, want := range map[string]string{
		"sh":         `export DIR='it'\''s "a" $HOME \ path’s'`,
		"fish":       `set -gx DIR 'it\'s "a" $HOME \\ path’s';`,
		"powershell": `$env:DIR = 'it''s "a" $HOME \ path’’s'`,
	} {
		if got := shells[shell](session.Variable{Name: "DIR", Value: value}); got != want {
			t.Errorf("%s: %s, want %s", shell, got, want)
		}
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	script := shells["sh"](session.Variable{Name: "DIR", Value: value}) + "\nprintf %s \"$DIR\""
	if out, err := exec.Command(sh, "-c", script).Output(); err != nil || string(out) != value {
		t.Errorf("sh has %q, %v", out, err)
	}
}
