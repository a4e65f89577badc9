// Package recording films ccdev in a terminal, and writes the film as a picture that moves.
package recording

import (
	"reflect"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/terminal"
)

// Film is what a terminal has shown.
type Film struct {
	Width, Height int // of the terminal, in cells
	Frames        []Frame
}

// Frame is what shows for a while.
type Frame struct {
	Caption string
	Rows    [][]terminal.Cell
	Lasts   time.Duration
	Still   bool // it stands for the whole film where nothing moves
}

// add takes what shows from now on. What shows as well as nothing is left out.
func (f *Film) add(next Frame) {
	if n := len(f.Frames); n > 0 && f.Frames[n-1].Caption == next.Caption && reflect.DeepEqual(f.Frames[n-1].Rows, next.Rows) {
		f.Frames[n-1].Lasts += next.Lasts
		return
	}
	f.Frames = append(f.Frames, next)
}

// finds gives the first line of the film that has one of some words.
func (f *Film) finds(words []string) string {
	for _, frame := range f.Frames {
		for _, row := range frame.Rows {
			line := text(row)
			for _, w := range words {
				if w != "" && strings.Contains(line, w) {
					return line
				}
			}
		}
	}
	return ""
}

func text(cells []terminal.Cell) string {
	var s strings.Builder
	for _, c := range cells {
		s.WriteString(c.Text)
	}
	return s.String()
}
