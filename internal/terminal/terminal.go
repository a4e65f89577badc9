// Package terminal shows what a terminal shows of what was written to it: the part of xterm that Bubble Tea uses.
package terminal

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// Cell is one place on the screen. A wide character is in the first of its cells, and the next is
// without a text.
type Cell struct {
	Text  string
	Style Style
}

// Terminal is an io.Writer that shows what was written to it.
type Terminal struct {
	mu            sync.Mutex
	width, height int
	cells, usual  [][]Cell // usual are those of the usual screen while another one shows
	x, y          int
	style         Style  // of what is written next
	saved, left   [2]int // places: one that was kept, and where the usual screen was left
	top, bottom   int    // of the part that scrolls
	last          string
	copied        string
	modes         map[int]bool // that were set or reset, by their numbers
	parser        *ansi.Parser
	changed       chan struct{} // closes with the next change
}

// New makes a terminal of so many columns and lines, with nothing on it.
func New(width, height int) *Terminal {
	t := &Terminal{width: width, height: height, cells: blank(width, height), bottom: height, modes: map[int]bool{}, parser: ansi.NewParser(), changed: make(chan struct{})}
	t.parser.SetHandler(ansi.Handler{Print: t.print, Execute: t.execute, HandleCsi: t.control, HandleEsc: t.escape, HandleOsc: t.command})
	return t
}

func blank(width, height int) [][]Cell {
	cells := make([][]Cell, height)
	for y := range cells {
		cells[y] = slices.Repeat([]Cell{{Text: " "}}, width)
	}
	return cells
}

// Write takes what a program writes.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range p {
		t.parser.Advance(b)
	}
	close(t.changed)
	t.changed = make(chan struct{})
	return len(p), nil
}

// Change closes with the next change.
func (t *Terminal) Change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// Clipboard is what was copied last.
func (t *Terminal) Clipboard() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.copied
}

// command takes an operating system command: only that which copies (52) is for us.
func (t *Terminal) command(cmd int, data []byte) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(data), "52;c;"))
	if cmd == 52 && err == nil {
		t.copied = string(text)
	}
}

// Text is what shows.
func (t *Terminal) Text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := make([]string, len(t.cells))
	for y, row := range t.cells {
		var line strings.Builder
		for _, c := range row {
			line.WriteString(c.Text)
		}
		lines[y] = strings.TrimRight(line.String(), " ")
	}
	return strings.Join(lines, "\n")
}

// Cells are what shows, line by line.
func (t *Terminal) Cells() [][]Cell {
	t.mu.Lock()
	defer t.mu.Unlock()
	cells := make([][]Cell, len(t.cells))
	for y, row := range t.cells {
		cells[y] = slices.Clone(row)
	}
	return cells
}

// Modes are those that were set (true) or reset, by their numbers.
func (t *Terminal) Modes() map[int]bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.modes)
}

// Resize gives it another size, with nothing on it.
func (t *Terminal) Resize(width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.width, t.height, t.bottom, t.top = width, height, height, 0
	t.cells = blank(width, height) // whoever has the screen draws it anew
	t.x, t.y = 0, 0
}

func (t *Terminal) print(r rune) {
	wide := ansi.StringWidth(string(r))
	if wide == 0 {
		return
	}
	if t.x+wide > t.width {
		t.x = 0
		t.down()
	}
	t.cells[t.y][t.x] = Cell{string(r), t.style}
	for i := 1; i < wide; i++ {
		t.cells[t.y][t.x+i] = Cell{Style: t.style}
	}
	t.x, t.last = t.x+wide, string(r)
}

func (t *Terminal) down() {
	if t.y == t.bottom-1 {
		t.scroll(t.top, 1)
		return
	}
	t.y = min(t.y+1, t.height-1)
}

// scroll moves the lines from one on up, or down by a negative number.
func (t *Terminal) scroll(from, by int) {
	part := t.cells[from:t.bottom]
	by = min(max(by, -len(part)), len(part))
	if by > 0 {
		copy(part, append(slices.Clone(part[by:]), blank(t.width, by)...))
	} else {
		copy(part, append(blank(t.width, -by), part[:len(part)+by]...))
	}
}

func (t *Terminal) execute(b byte) {
	switch b {
	case '\r':
		t.x = 0
	case '\n':
		t.down()
	case '\b':
		t.x = max(t.x-1, 0)
	case '\t':
		t.x = min(t.x/8*8+8, t.width-1)
	}
}

func (t *Terminal) escape(cmd ansi.Cmd) {
	switch cmd.Final() {
	case '7':
		t.saved = [2]int{t.x, t.y}
	case '8':
		t.x, t.y = t.saved[0], t.saved[1]
	case 'M':
		if t.y == t.top {
			t.scroll(t.top, -1)
		} else {
			t.y = max(t.y-1, 0)
		}
	}
}
