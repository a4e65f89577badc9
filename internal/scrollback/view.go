package scrollback

import (
	"slices"
)

// View is a window on those lines of a buffer that its user wants to see. A buffer may have
// several.
type View struct {
	buffer *Buffer

	// What is shown, and how.
	keep          func(source string) bool
	filter        needle
	search        needle
	cleared       int // the number of the first line that is not cleared away
	width, height int
	pan           int
	wrap, pretty  bool

	// What comes of it, up to line next: numbers of lines, in order.
	passing []int // those that pass sources, filter and clear
	hits    []int // those among them that have what is searched for
	next    int

	// Where the window is.
	follow  bool  // at the end, unless lines are being selected
	top     place // where it begins when it does not follow
	current int   // the line of the current hit

	selecting    bool
	mark, cursor int // the lines between which the selection is

	layouts layouts
}

// none is the number of no line.
const none = -1

// NewView makes a view of all lines, that follows.
func NewView(b *Buffer) *View { return &View{buffer: b, follow: true, current: none} }

// Resize sets the size of the window, in cells.
func (v *View) Resize(width, height int) {
	if width != v.width {
		v.layouts.forget()
	}
	v.width, v.height = max(width, 0), max(height, 0)
}

// Sources says which sources are shown; nil: all.
func (v *View) Sources(keep func(source string) bool) {
	v.keep = keep
	v.rebuild()
}

// Filter shows only lines that contain a text, whose case matters if it has upper case. The
// empty text ends it.
func (v *View) Filter(text string) {
	v.filter = newNeedle(text)
	v.rebuild()
}

// Clear hides all lines there are.
func (v *View) Clear() {
	v.cleared = v.buffer.next
	v.rebuild()
}

// Restore shows again what Clear has hidden.
func (v *View) Restore() {
	v.cleared = 0
	v.rebuild()
}

// Cleared tells whether there are lines that Restore would show again.
func (v *View) Cleared() bool { return v.cleared > v.buffer.first }

// Wrap says whether lines that are wider than the window go on in the next row.
func (v *View) Wrap(on bool) {
	v.wrap = on
	v.layouts.forget()
}

// Wrapping tells whether lines are wrapped.
func (v *View) Wrapping() bool { return v.wrap }

// Pretty says whether a JSON object or array is indented over several rows.
func (v *View) Pretty(on bool) {
	v.pretty = on
	v.layouts.forget()
}

// Prettying tells whether JSON is indented.
func (v *View) Prettying() bool { return v.pretty }

// sync takes up what happened to the buffer. Each line is tested once.
func (v *View) sync() {
	v.passing = v.passing[v.indexOf(v.buffer.first):]
	v.hits = v.hits[lowerBound(v.hits, v.buffer.first):]
	if v.next == v.buffer.next {
		return
	}
	s, before := v.start(), len(v.passing)
	held := s.before(v.spotOf(v.top))
	v.test()
	if held && !v.Following() && len(v.passing) > before {
		// It would begin further down, had it not reached the end: it must not slide over what
		// came.
		v.top = v.placeOf(s)
	}
}

// rebuild tests all lines anew.
func (v *View) rebuild() {
	v.passing, v.hits, v.next = v.passing[:0], v.hits[:0], 0
	v.test()
}

func (v *View) test() {
	b := v.buffer
	for n := max(v.next, b.first, v.cleared); n < b.next; n++ {
		line := b.line(n)
		if v.keep != nil && !v.keep(line.Source) || !v.filter.in(line.Text) {
			continue
		}
		v.passing = append(v.passing, n)
		if v.search.text != "" && v.search.in(line.Text) {
			v.hits = append(v.hits, n)
		}
	}
	v.next = b.next
}

// indexOf is where the first line of that number or a larger one is among those that pass.
func (v *View) indexOf(number int) int { return lowerBound(v.passing, number) }

func lowerBound(numbers []int, number int) int {
	i, _ := slices.BinarySearch(numbers, number)
	return i
}
