package terminal

import (
	"slices"

	"github.com/charmbracelet/x/ansi"
)

func (t *Terminal) control(cmd ansi.Cmd, params ansi.Params) {
	n, _, _ := params.Param(0, 1)
	switch {
	case cmd.Prefix() == '?' && (cmd.Final() == 'h' || cmd.Final() == 'l'):
		params.ForEach(0, func(_, mode int, _ bool) { t.set(mode, cmd.Final() == 'h') })
	case cmd.Prefix() != 0 || cmd.Intermediate() != 0: // questions
	case cmd.Final() == 'm':
		t.style.styled(params)
	case !t.step(cmd.Final(), max(n, 1)) && !t.move(cmd.Final(), max(n, 1), params):
		first, _, _ := params.Param(0, 0)
		t.edit(cmd.Final(), first, max(n, 1))
	}
	t.x, t.y = min(max(t.x, 0), t.width), min(max(t.y, 0), t.height-1)
}

func (t *Terminal) set(mode int, on bool) {
	if mode == 1049 && on != t.modes[mode] {
		if on {
			t.usual, t.cells = t.cells, blank(t.width, t.height)
			t.left = [2]int{t.x, t.y}
		} else {
			t.cells = t.usual
			t.x, t.y = t.left[0], t.left[1]
		}
		t.bottom, t.top = t.height, 0
	}
	t.modes[mode] = on
}

// step goes so far from where it is.
func (t *Terminal) step(final byte, n int) bool {
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
	default:
		return false
	}
	return true
}

// move goes to a place.
func (t *Terminal) move(final byte, n int, params ansi.Params) bool {
	switch final {
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

func (t *Terminal) edit(final byte, what, n int) {
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
	default:
		t.lines(final, n)
	}
}

func (t *Terminal) lines(final byte, n int) {
	switch final {
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

func (t *Terminal) erase(what int) {
	from, to := [3]int{t.y + 1, 0, 0}, [3]int{t.height, t.y, t.height}
	for y := from[what]; y < to[what]; y++ {
		clearCells(t.cells[y])
	}
	if what < 2 {
		t.edit('K', what, 1)
	}
}

func clearCells(cells []Cell) {
	for i := range cells {
		cells[i] = Cell{Text: " "}
	}
}
