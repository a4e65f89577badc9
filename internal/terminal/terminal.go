package e2e

import (
	"encoding/base64"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"
)

// terminal is what a terminal shows of what was written to it: the part of xterm that Bubble Tea
// uses. Colours are left out.
type terminal struct {
	mu            sync.Mutex
	width, height int
	cells, usual  [][]string // usual are those of the usual screen while another one shows
	x, y          int
	saved         [2]int
	top, bottom   int // of the part that scrolls
	last          string
	copied        string
	modes         map[int]bool // that were set or reset, by their numbers
	parser        *ansi.Parser
	changed       chan struct{} // closes with the next change
}

func newTerminal(width, height int) *terminal {
	t := &terminal{width: width, height: height, cells: blank(width, height), bottom: height, modes: map[int]bool{}, parser: ansi.NewParser(), changed: make(chan struct{})}
	t.parser.SetHandler(ansi.Handler{Print: t.print, Execute: t.execute, HandleCsi: t.control, HandleEsc: t.escape, HandleOsc: t.command})
	return t
}

func blank(width, height int) [][]string {
	cells := make([][]string, height)
	for y := range cells {
		cells[y] = slices.Repeat([]string{" "}, width)
	}
	return cells
}

// Write takes what a program writes.
func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range p {
		t.parser.Advance(b)
	}
	close(t.changed)
	t.changed = make(chan struct{})
	return len(p), nil
}

// change closes with the next change.
func (t *terminal) change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changed
}

// clipboard is what was copied last.
func (t *terminal) clipboard() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.copied
}

// command takes an operating system command: only that which copies (52) is for us.
func (t *terminal) command(cmd int, data []byte) {
	text, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(string(data), "52;c;"))
	if cmd == 52 && err == nil {
		t.copied = string(text)
	}
}

// text is what shows.
func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := make([]string, len(t.cells))
	for y, row := range t.cells {
		lines[y] = strings.TrimRight(strings.Join(row, ""), " ")
	}
	return strings.Join(lines, "\n")
}

func (t *terminal) resize(width, height int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.width, t.height, t.bottom, t.top = width, height, height, 0
	t.cells = blank(width, height) // whoever has the screen draws it anew
	t.x, t.y = 0, 0
}

func (t *terminal) print(r rune) {
	wide := ansi.StringWidth(string(r))
	if wide == 0 {
		return
	}
	if t.x+wide > t.width {
		t.x = 0
		t.down()
	}
	t.cells[t.y][t.x] = string(r)
	for i := 1; i < wide; i++ {
		t.cells[t.y][t.x+i] = ""
	}
	t.x, t.last = t.x+wide, string(r)
}

func (t *terminal) down() {
	if t.y == t.bottom-1 {
		t.scroll(t.top, 1)
		return
	}
	t.y = min(t.y+1, t.height-1)
}

// scroll moves the lines from one on up, or down by a negative number.
func (t *terminal) scroll(from, by int) {
	part := t.cells[from:t.bottom]
	by = min(max(by, -len(part)), len(part))
	if by > 0 {
		copy(part, append(slices.Clone(part[by:]), blank(t.width, by)...))
	} else {
		copy(part, append(blank(t.width, -by), part[:len(part)+by]...))
	}
}

func (t *terminal) execute(b byte) {
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

func (t *terminal) escape(cmd ansi.Cmd) {
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

func (t *terminal) control(cmd ansi.Cmd, params ansi.Params) {
	n, _, _ := params.Param(0, 1)
	switch {
	case cmd.Prefix() == '?' && (cmd.Final() == 'h' || cmd.Final() == 'l'):
		params.ForEach(0, func(_, mode int, _ bool) { t.set(mode, cmd.Final() == 'h') })
	case cmd.Prefix() != 0 || cmd.Intermediate() != 0: // questions
	case !t.move(cmd.Final(), max(n, 1), params):
		first, _, _ := params.Param(0, 0)
		t.edit(cmd.Final(), first, max(n, 1))
	}
	t.x, t.y = min(max(t.x, 0), t.width), min(max(t.y, 0), t.height-1)
}

func (t *terminal) set(mode int, on bool) {
	if mode == 1049 && on != t.modes[mode] {
		if on {
			t.usual, t.cells = t.cells, blank(t.width, t.height)
		} else {
			t.cells = t.usual
		}
		t.bottom, t.top = t.height, 0
	}
	t.modes[mode] = on
}

func (t *terminal) move(final byte, n int, params ansi.Params) bool {
	switch final {
	case 'A':
		t.y -= n
	case 'B', 'e':
		t.y += n
	case 'C', 'a':
		t.x += n
	case 'D':
		t.x = min(t.x, t.width-1) - n
	case 'E':
		t.x, t.y = 0, t.y+n
	case 'F':
		t.x, t.y = 0, t.y-n
	case 'G', '`':
		t.x = n - 1
	case 'd':
		t.y = n - 1
	case 'H', 'f':
		column, _, _ := params.Param(1, 1)
		t.x, t.y = max(column, 1)-1, n-1
	case 'I':
		t.x = min((t.x/8+n)*8, t.width-1)
	case 'Z':
		t.x = max((t.x+7)/8-n, 0) * 8
	case 'r':
		bottom, _, _ := params.Param(1, t.height)
		t.top, t.bottom = n-1, min(bottom, t.height)
		t.x, t.y = 0, 0
	default:
		return false
	}
	return true
}

func (t *terminal) edit(final byte, what, n int) {
	row, x := t.cells[t.y], min(t.x, t.width-1)
	switch final {
	case 'J':
		t.erase(min(what, 2))
	case 'K':
		what = min(what, 2)
		from, to := [3]int{x, 0, 0}, [3]int{t.width, x + 1, t.width}
		clearCells(row[from[what]:to[what]])
	case 'X':
		clearCells(row[x:min(x+n, t.width)])
	case 'P':
		n = min(n, t.width-x)
		copy(row[x:], row[x+n:])
		clearCells(row[t.width-n:])
	case '@':
		n = min(n, t.width-x)
		copy(row[x+n:], slices.Clone(row[x:]))
		clearCells(row[x : x+n])
	case 'b':
		for range n {
			t.print([]rune(t.last)[0])
		}
	case 'L':
		t.scroll(t.y, -n)
	case 'M':
		t.scroll(t.y, n)
	case 'S':
		t.scroll(t.top, n)
	case 'T':
		t.scroll(t.top, -n)
	}
}

func (t *terminal) erase(what int) {
	from, to := [3]int{t.y + 1, 0, 0}, [3]int{t.height, t.y, t.height}
	for y := from[what]; y < to[what]; y++ {
		clearCells(t.cells[y])
	}
	if what < 2 {
		t.edit('K', what, 1)
	}
}

func clearCells(cells []string) {
	for i := range cells {
		cells[i] = " "
	}
}
