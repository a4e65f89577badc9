package terminal

import (
	"fmt"
	"image/color"
	"slices"

	"github.com/charmbracelet/x/ansi"
)

// Style is how a cell is written. Colours are written #rrggbb; "" is the terminal's own.
type Style struct {
	Foreground, Background                  string
	Bold, Faint, Italic, Underline, Reverse bool
}

// styled takes the parameters of SGR (ECMA-48, 8.3.117), which say how what follows is written.
func (s *Style) styled(params ansi.Params) {
	if len(params) == 0 {
		*s = Style{}
	}
	for i := 0; i < len(params); i++ {
		n, _, _ := params.Param(i, 0)
		if n == 38 || n == 48 {
			var c color.Color
			used := ansi.ReadStyleColor(params[i:], &c)
			if c != nil {
				*s.ground(n == 38) = hex(c)
			}
			i += max(used-1, 0)
			continue
		}
		s.set(n)
	}
}

func (s *Style) set(n int) {
	switch {
	case n == 0:
		*s = Style{}
	case n < 10:
		if flag := s.flags()[n]; flag != nil {
			*flag = true
		}
	case n == 22:
		s.Bold, s.Faint = false, false
	case n > 22 && n < 30:
		if flag := s.flags()[n-20]; flag != nil {
			*flag = false
		}
	default:
		s.color(n)
	}
}

func (s *Style) flags() map[int]*bool {
	return map[int]*bool{1: &s.Bold, 2: &s.Faint, 3: &s.Italic, 4: &s.Underline, 7: &s.Reverse}
}

func (s *Style) color(n int) {
	tens, shade := n/10, n%10
	ground, bright := s.ground(tens == 3 || tens == 9), tens >= 9
	switch {
	case !slices.Contains([]int{3, 4, 9, 10}, tens):
	case shade < 8 && bright:
		*ground = basic[shade+8]
	case shade < 8:
		*ground = basic[shade]
	case shade == 9:
		*ground = ""
	}
}

// basic are the sixteen colours that every terminal has shades of its own for: these are for a dark
// background.
var basic = [16]string{
	"#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4",
	"#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff",
}

func (s *Style) ground(fore bool) *string {
	if fore {
		return &s.Foreground
	}
	return &s.Background
}

func hex(c color.Color) string {
	r, g, b, _ := c.RGBA()
	return fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
}
