package recording

import (
	"cmp"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/terminal"
)

// Sizes in the picture. A cell is as wide as most fonts of one width have it.
const (
	cellWidth, cellHeight = 8.4, 16
	margin, bar           = 14, 34
	ink, paper            = "#c9d1d9", "#0d1117"
)

const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g" role="img" aria-label="ccdev up, in a terminal">
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;fill:` + ink + `}
`

// picture writes rows and styles once, however often a film shows them.
type picture struct {
	rows, styles  map[string]string // what they are called
	defs, classes strings.Builder
}

// WriteSVG writes the film as an SVG that moves without a script: all its frames are one below the
// other, and a window passes them.
func (f *Film) WriteSVG(w io.Writer) error {
	p := &picture{rows: map[string]string{}, styles: map[string]string{}}
	width, height := float64(f.Width)*cellWidth+2*margin, float64(f.Height*cellHeight+bar+margin)
	var total, at time.Duration
	for _, frame := range f.Frames {
		total += frame.Lasts
	}
	if total == 0 {
		return errors.New("nothing was filmed")
	}
	var strip, times strings.Builder
	still := 0.0
	for i, frame := range f.Frames {
		top := float64(i) * height
		if frame.Still {
			still = top
		}
		fmt.Fprintf(&times, "%.4g%%{transform:translateY(%gpx)}\n", 100*at.Seconds()/total.Seconds(), -top)
		at += frame.Lasts
		p.frame(&strip, frame, top)
	}
	var out strings.Builder
	fmt.Fprintf(&out, head, width, height)
	fmt.Fprintf(&out, "%s#film{transform:translateY(%gpx);animation:film %.1fs step-end infinite}\n", p.classes.String(), -still, total.Seconds())
	fmt.Fprintf(&out, "@media (prefers-reduced-motion:reduce){#film{animation:none}}\n@keyframes film{\n%s}\n</style>\n", times.String())
	fmt.Fprintf(&out, "<defs>\n%s</defs>\n", p.defs.String())
	fmt.Fprintf(&out, `<rect width="%g" height="%g" rx="8" fill="%s"/><rect width="%g" height="%d" rx="8" fill="#161b22"/>`+"\n", width, height, paper, width, bar-8)
	fmt.Fprintf(&out, "<g id=\"film\">\n%s</g>\n</svg>\n", strip.String())
	_, err := io.WriteString(w, out.String())
	return err
}

// frame writes a frame of the strip.
func (p *picture) frame(strip *strings.Builder, f Frame, top float64) {
	fmt.Fprintf(strip, "<g transform=\"translate(%d %g)\">", margin, top)
	fmt.Fprintf(strip, `<use href="#%s" y="1"/>`, p.row(fmt.Sprintf(`<text y="17" font-weight="bold">%s</text>`, html.EscapeString(f.Caption))))
	for y, cells := range f.Rows {
		if drawn := p.draw(cells); drawn != "" {
			fmt.Fprintf(strip, `<use href="#%s" y="%d"/>`, p.row(drawn), bar+y*cellHeight)
		}
	}
	strip.WriteString("</g>\n")
}

// row gives what a row is called, and keeps it.
func (p *picture) row(drawn string) string {
	name, known := p.rows[drawn]
	if !known {
		name = fmt.Sprintf("r%d", len(p.rows))
		p.rows[drawn] = name
		fmt.Fprintf(&p.defs, "<g id=\"%s\">%s</g>\n", name, drawn)
	}
	return name
}

// draw draws what is written in one style together. Spaces are where nothing is drawn: a font that
// is wider than another moves nothing but the letters of a word.
func (p *picture) draw(cells []terminal.Cell) string {
	var b strings.Builder
	for x := 0; x < len(cells); {
		end := x + 1
		for end < len(cells) && cells[end].Style == cells[x].Style && !gap(cells[end-1:]) {
			end++
		}
		p.run(&b, x, end-x, strings.TrimRight(text(cells[x:end]), " "), cells[x].Style)
		x = end
	}
	return b.String()
}

// gap says whether cells begin with what is no space between two words.
func gap(cells []terminal.Cell) bool {
	return cells[0].Text == " " && (cells[1].Text == " " || cells[1].Text == "")
}

func (p *picture) run(b *strings.Builder, x, width int, words string, s terminal.Style) {
	fore, back := cmp.Or(s.Foreground, ink), s.Background
	if s.Reverse {
		fore, back = cmp.Or(s.Background, paper), cmp.Or(s.Foreground, ink)
	}
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.4g" width="%.4g" height="%d" fill="%s"/>`, float64(x)*cellWidth, float64(width)*cellWidth, cellHeight, back)
	}
	trimmed := strings.TrimLeft(words, " ")
	if trimmed == "" {
		return
	}
	x += len(words) - len(trimmed)
	fmt.Fprintf(b, `<text x="%.4g" y="13"%s`, float64(x)*cellWidth, p.class(s, fore))
	if cells := width - (len(words) - len(trimmed)); cells > 1 {
		fmt.Fprintf(b, ` textLength="%.4g"`, float64(len([]rune(trimmed)))*cellWidth)
	}
	fmt.Fprintf(b, ">%s</text>", html.EscapeString(trimmed))
}

// class gives the attribute for a style, and keeps what it means.
func (p *picture) class(s terminal.Style, fore string) string {
	var css string
	for _, part := range []struct {
		is   bool
		says string
	}{{fore != ink, "fill:" + fore}, {s.Bold, "font-weight:bold"}, {s.Faint, "opacity:.6"}, {s.Italic, "font-style:italic"}, {s.Underline, "text-decoration:underline"}} {
		if part.is {
			css += part.says + ";"
		}
	}
	if css == "" {
		return ""
	}
	name, known := p.styles[css]
	if !known {
		name = fmt.Sprintf("s%d", len(p.styles))
		p.styles[css] = name
		fmt.Fprintf(&p.classes, ".%s{%s}\n", name, strings.TrimSuffix(css, ";"))
	}
	return fmt.Sprintf(` class="%s"`, name)
}
