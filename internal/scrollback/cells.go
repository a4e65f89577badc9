package scrollback

import (
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// character measures the first character of s, with all that combines with it.
func character(s string) (size, cells int) {
	if s[0] < utf8.RuneSelf && (len(s) == 1 || s[1] < utf8.RuneSelf) {
		return 1, 1
	}
	r, size := utf8.DecodeRuneInString(s)
	if cells = alone(r); cells > 0 {
		next, _ := utf8.DecodeRuneInString(s[size:])
		if size == len(s) || alone(next) > 0 {
			return size, cells
		}
	}
	c, cells := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
	return len(c), cells
}

// alone is how many cells a rune has that combines with no other such one; 0 of a rune that might.
// Where characters end is asked so often that the answer for the usual scripts must be quick.
func alone(r rune) int {
	switch {
	case r >= ' ' && r <= '~', r >= 'À' && r <= 'ɏ', r >= 'А' && r <= 'я':
		return 1
	case r >= '一' && r <= '鿿', r >= 'ぁ' && r <= 'ゖ', r >= 'ァ' && r <= 'ヺ':
		return 2
	default:
		return 0
	}
}

// fit is how many bytes of s fit into so many cells, and how many cells those take.
func fit(s string, width int) (size, cells int) {
	// One byte more is looked at: it could combine with the last one.
	if head := min(len(s), width+1); isPlain(s[:head]) {
		size = min(len(s), width)
		return size, size
	}
	for size < len(s) {
		more, wide := character(s[size:])
		if cells+wide > width {
			break
		}
		size += more
		cells += wide
	}
	return size, cells
}

// wrapped appends where each row of s begins when it is wrapped; base is where s begins.
func wrapped(starts []int32, s string, base, width int) []int32 {
	starts = append(starts, int32(base)) //nolint:gosec // no line is longer than a few MiB
	for {
		size, _ := fit(s, width)
		if size == 0 && s != "" {
			size, _ = character(s) // wider than the screen: it has a row, which stays empty
		}
		if size == len(s) {
			return starts
		}
		s = s[size:]
		base += size
		starts = append(starts, int32(base)) //nolint:gosec // as above
	}
}
