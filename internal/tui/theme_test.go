package tui

import (
	"math"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// luminance and contrast are those of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) != 7 {
		t.Fatalf("%q is no colour", hex)
	}
	r, g, b, _ := lipgloss.Color(hex).RGBA()
	linear := func(c uint32) float64 {
		v := float64(c) / 0xffff
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	la, lb := luminance(t, a), luminance(t, b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// All colours can be read on the usual backgrounds: black and a dark grey, white and Solarized's.
func TestContrast(t *testing.T) {
	const enough = 4.5 // WCAG's AA
	for name, tone := range map[string]tone{"green": green, "red": red, "yellow": yellow, "blue": blue, "violet": violet, "cyan": cyan, "grey": grey} {
		for _, on := range []struct{ tone, background string }{
			{tone.dark, "#000000"}, {tone.dark, "#1e1e1e"}, {tone.light, "#ffffff"}, {tone.light, "#fdf6e3"},
		} {
			if got := contrast(t, on.tone, on.background); got < enough {
				t.Errorf("%s, %s on %s: %.2f, want %v at least", name, on.tone, on.background, got, enough)
			}
		}
	}
	if got := contrast(t, "#ffffff", "#000000"); math.Abs(got-21) > 0.01 {
		t.Errorf("white on black is %.2f, want 21", got)
	}
}

// A terminal of 16 colours has shades of its own, which are asked for by their numbers.
func TestBasicColours(t *testing.T) {
	for _, c := range []struct {
		dark    bool
		profile colorprofile.Profile
		want    string
	}{
		{true, colorprofile.ANSI, red.darkBasic}, {false, colorprofile.ANSI, red.lightBasic}, {true, colorprofile.ANSI256, red.dark}, {false, colorprofile.TrueColor, red.light},
	} {
		if got := red.on(c.dark, c.profile); got != lipgloss.Color(c.want) {
			t.Errorf("dark %v, %v: %v, want %s", c.dark, c.profile, got, c.want)
		}
	}
}
