package tui

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/golden"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

// Every state of the screen at three sizes, read by a person once, and in colour at one of them.
func TestScenes(t *testing.T) {
	for name, arrange := range scenes {
		t.Run(name, func(t *testing.T) {
			var all strings.Builder
			for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}, {40, 12}} {
				d := newDesk(t, size.width, size.height)
				arrange(d)
				content := d.m.View().Content
				whole(t, content, size.width, size.height)
				fmt.Fprintf(&all, "%dx%d\n%s\n\n", size.width, size.height, trimmed(ansi.Strip(content)))
				if size.width == 120 {
					golden.Check(t, name+".color.golden", strings.ReplaceAll(trimmed(content), "\x1b", "␛")+"\n")
				}
			}
			golden.Check(t, name+".golden", all.String())
		})
	}
}

func trimmed(screen string) string {
	lines := strings.Split(screen, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// whole checks that a screen has its size: lines that are as wide as it is, and as many as it has.
func whole(t *testing.T, content string, width, height int) {
	t.Helper()
	lines := strings.Split(content, "\n")
	if len(lines) != height {
		t.Errorf("%d lines, want %d", len(lines), height)
	}
	for i, l := range lines {
		if got := ansi.StringWidth(l); got != width {
			t.Errorf("line %d is %d wide, want %d: %q", i+1, got, width, l)
		}
		if strings.ContainsFunc(ansi.Strip(l), func(r rune) bool { return r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 }) {
			t.Errorf("line %d has control characters: %q", i+1, l)
		}
	}
}

// Terminals without colour, and of 16 colours, show the same words; what is chosen stands out by
// attributes.
func TestScenesWithoutColour(t *testing.T) {
	for name, arrange := range scenes {
		t.Run(name, func(t *testing.T) {
			full := newDesk(t, 120, 40)
			arrange(full)
			want := full.text()
			for _, profile := range []colorprofile.Profile{colorprofile.ANSI, colorprofile.ASCII} {
				full.m.profile = profile
				full.m.theme = newTheme(true, profile)
				var out bytes.Buffer
				if _, err := (&colorprofile.Writer{Forward: &out, Profile: profile}).WriteString(full.m.View().Content); err != nil {
					t.Fatal(err)
				}
				if got := ansi.Strip(out.String()); got != want {
					t.Errorf("%v shows other words (-want +got):\n%s", profile, cmp.Diff(want, got))
				}
				if strings.Contains(want, "selecting") && !strings.Contains(out.String(), "\x1b[7m") {
					t.Errorf("%v does not show the selection: %q", profile, out.String())
				}
			}
		})
	}
}
