package shell_test

import (
	"os/exec"
	"testing"

	"github.com/ccdev/ccdev/internal/shell"
)

// words are texts, and how they are written.
var words = map[string]string{
	"":                                   "''",
	"ReadAsset":                          "ReadAsset",
	"--policy=a,b":                       "--policy=a,b",
	"=ls":                                "'=ls'",
	"/tmp/with space":                    "'/tmp/with space'",
	"~/x":                                "'~/x'",
	"*":                                  "'*'",
	"OR('Org1MSP.peer', 'Org2MSP.peer')": `"OR('Org1MSP.peer', 'Org2MSP.peer')"`,
	"it's $HOME":                         `'it'\''s $HOME'`,
	"it's back\\slashed `x` \"!\"":       "'it'\\''s back\\slashed `x` \"!\"'",
	`{"Args":["a"]}`:                     `'{"Args":["a"]}'`,
	"two\nlines":                         "'two\nlines'",
	"prénom":                             "'prénom'",
}

func TestQuote(t *testing.T) {
	for word, want := range words {
		if got := shell.Quote(word); got != want {
			t.Errorf("%q is written %s, want %s", word, got, want)
		}
	}
}

func TestAShellGetsTheVeryWord(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	for word := range words {
		out, err := exec.Command(sh, "-c", "printf %s "+shell.Quote(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q reaches a program as %q, %v", word, out, err)
		}
	}
}
