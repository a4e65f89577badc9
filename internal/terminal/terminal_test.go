package terminal_test

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/terminal"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct{ written, shows string }{
		"lines":                    {"one\r\ntwo", "one\ntwo\n"},
		"a line that is too long":  {"1234567890", "12345678\n90\n"},
		"more lines than there is": {"1\r\n2\r\n3\r\n4", "2\n3\n4"},
		"a place":                  {"\x1b[2;3Hhere", "\n  here\n"},
		"erased to the end":        {"12345\r\x1b[2C\x1b[K", "12\n\n"},
		"a piece less, one more":   {"12345\r\x1b[2P\x1b[@x", "x345\n\n"},
		"lines of a part":          {"1\r\n2\r\n3\x1b[2;3r\x1b[2;1H\x1bM", "1\n\n2"},
		"wide characters":          {"世界!", "世界!\n\n"},
		"again":                    {"-\x1b[3b", "----\n\n"},
		"another screen":           {"usual\x1b[?1049hother\x1b[?1049l!", "usual!\n\n"},
		"all erased":               {"1\r\n2\x1b[2J", "\n\n"},
	} {
		t.Run(name, func(t *testing.T) {
			tm := terminal.New(8, 3)
			if _, err := tm.Write([]byte(c.written)); err != nil {
				t.Fatal(err)
			}
			if got := tm.Text(); got != c.shows {
				t.Errorf("it shows %q, want %q", got, c.shows)
			}
		})
	}
}

func TestStyle(t *testing.T) {
	for sequence, want := range map[string]terminal.Style{
		"":                               {},
		"\x1b[1m":                        {Bold: true},
		"\x1b[1;2;3;4;7m":                {Bold: true, Faint: true, Italic: true, Underline: true, Reverse: true},
		"\x1b[1;2;3;4;7m\x1b[22;23;24m":  {Reverse: true},
		"\x1b[1;31m\x1b[m":               {},
		"\x1b[32m":                       {Foreground: "#3fb950"},
		"\x1b[92;41m":                    {Foreground: "#56d364", Background: "#ff7b72"},
		"\x1b[38;2;1;2;3;48;2;4;5;6;1m":  {Foreground: "#010203", Background: "#040506", Bold: true},
		"\x1b[38;5;196m\x1b[49m":         {Foreground: "#ff0000"},
		"\x1b[38;2;1;2;3;41m\x1b[39;49m": {},
	} {
		tm := terminal.New(8, 1)
		if _, err := tm.Write([]byte(sequence + "x")); err != nil {
			t.Fatal(err)
		}
		if got := tm.Cells()[0][0]; got != (terminal.Cell{Text: "x", Style: want}) {
			t.Errorf("%q: %+v, want %+v", sequence, got, want)
		}
	}
}

func TestModesAndChanges(t *testing.T) {
	tm := terminal.New(8, 1)
	more := tm.Change()
	if _, err := tm.Write([]byte("\x1b[?25l\x1b[?2004h")); err != nil {
		t.Fatal(err)
	}
	select {
	case <-more:
	default:
		t.Error("a change is not told")
	}
	if modes := tm.Modes(); modes[25] || !modes[2004] {
		t.Errorf("modes %v", modes)
	}
	tm.Resize(4, 2)
	if _, err := tm.Write([]byte("12345")); err != nil {
		t.Fatal(err)
	}
	if got := tm.Text(); strings.TrimSpace(got) != "1234\n5" {
		t.Errorf("after another size it shows %q", got)
	}
}
