package tui

import (
	"image/color"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"
)

// theme are the styles of the screen. Meaning is never in the colour alone: every coloured word
// says the same without.
type theme struct {
	good, bad, busy, info, quiet, strong lipgloss.Style
	frame, frameFocused, title           lipgloss.Style
	hit, hitNow, chosen, key             lipgloss.Style
	sources                              []lipgloss.Style
}

// tone is one colour: for a light and for a dark background, and for terminals of 16 colours, which
// bring their own shades. TestContrast holds the first two against the backgrounds.
type tone struct {
	light, dark           string
	lightBasic, darkBasic string
}

var (
	green  = tone{"#116329", "#56d364", "2", "10"}
	red    = tone{"#b01722", "#ff8178", "1", "9"}
	yellow = tone{"#7a4f01", "#e3b341", "3", "11"}
	blue   = tone{"#0550ae", "#79c0ff", "4", "12"}
	violet = tone{"#6639ba", "#d2a8ff", "5", "13"}
	cyan   = tone{"#0b5f66", "#56d4dd", "6", "14"}
	grey   = tone{"#57606a", "#9aa4ae", "8", "7"}
)

func (t tone) on(dark bool, profile colorprofile.Profile) color.Color {
	name := t.light
	switch basic := profile <= colorprofile.ANSI; {
	case basic && dark:
		name = t.darkBasic
	case basic:
		name = t.lightBasic
	case dark:
		name = t.dark
	}
	return lipgloss.Color(name)
}

func newTheme(dark bool, profile colorprofile.Profile) theme {
	in := func(t tone) lipgloss.Style { return lipgloss.NewStyle().Foreground(t.on(dark, profile)) }
	return theme{
		good: in(green), bad: in(red).Bold(true), busy: in(yellow), info: in(blue), quiet: in(grey), strong: lipgloss.NewStyle().Bold(true),
		frame: in(grey), frameFocused: in(blue).Bold(true), title: lipgloss.NewStyle().Bold(true),
		hit: lipgloss.NewStyle().Underline(true).Bold(true), hitNow: lipgloss.NewStyle().Reverse(true), chosen: lipgloss.NewStyle().Reverse(true),
		key:     in(blue).Bold(true),
		sources: []lipgloss.Style{in(cyan), in(violet), in(blue), in(yellow), in(green)},
	}
}
