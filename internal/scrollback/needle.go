package scrollback

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// needle is a text that is looked for. Its case matters if it has upper case.
type needle struct {
	text         string
	fold         bool
	lower, upper rune // how what it stands for may begin, when fold
}

func newNeedle(text string) needle {
	first, _ := utf8.DecodeRuneInString(text)
	return needle{
		text:  text,
		fold:  !strings.ContainsFunc(text, unicode.IsUpper),
		lower: first,
		upper: unicode.ToUpper(first),
	}
}

// index is where the needle is for the first time in s; -1 if it is not there.
func (n needle) index(s string) (from, to int) {
	if !n.fold {
		from = strings.Index(s, n.text)
		return from, from + len(n.text)
	}
	lower, upper := after(s, -1, n.lower), -1
	if n.upper != n.lower {
		upper = after(s, -1, n.upper)
	}
	for lower >= 0 || upper >= 0 {
		at, isLower := lower, true
		if lower < 0 || upper >= 0 && upper < lower {
			at, isLower = upper, false
		}
		if size := folded(s[at:], n.text); size >= 0 {
			return at, at + size
		}
		if isLower {
			lower = after(s, at, n.lower)
		} else {
			upper = after(s, at, n.upper)
		}
	}
	return -1, -1
}

// in tells whether s has the needle, as every text has the empty one.
func (n needle) in(s string) bool {
	if n.text == "" {
		return true
	}
	from, _ := n.index(s)
	return from >= 0
}

// within are the places of the needle in s[from:to], counted from there; those that are only
// partly there, too. It looks at little else, since s may be long and is shown often.
func (n needle) within(s string, from, to int) [][2]int {
	if n.text == "" {
		return nil
	}
	reach := utf8.UTFMax * len(n.text)
	at := runeStart(s, max(0, from-reach))
	end := min(len(s), to+reach)
	var places [][2]int
	for {
		i, j := n.index(s[at:end])
		if i < 0 || at+i >= to {
			return places
		}
		if at+j > from {
			places = append(places, [2]int{max(at+i-from, 0), min(at+j, to) - from})
		}
		at += j
	}
}

// after is where r is for the first time in s after a place; -1 if it is not there.
func after(s string, at int, r rune) int {
	i := strings.IndexRune(s[at+1:], r)
	if i < 0 {
		return -1
	}
	return at + 1 + i
}

// folded is how many bytes at the beginning of s are the text, whatever their case; -1 if it does
// not begin with it.
func folded(s, text string) int {
	size := 0
	for _, want := range text {
		r, n := utf8.DecodeRuneInString(s[size:])
		if n == 0 || r != want && unicode.ToLower(r) != want {
			return -1
		}
		size += n
	}
	return size
}
