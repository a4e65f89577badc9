package scrollback

import (
	"testing"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// TestAlone compares what is decided quickly with what the tables of Unicode say.
func TestAlone(t *testing.T) {
	some := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		cells := alone(r)
		if cells == 0 {
			continue
		}
		some++
		if w := ansi.StringWidth(string(r)); w != cells {
			t.Errorf("%U has %d cells, not %d", r, w, cells)
		}
		for _, pair := range []string{string(r) + "a", "a" + string(r), string(r) + "世", "世" + string(r), string(r) + string(r)} {
			if c, _ := ansi.FirstGraphemeCluster(pair, ansi.GraphemeWidth); len(c) == len(pair) {
				t.Errorf("%U combines in %q", r, pair)
			}
		}
	}
	if some < 20_000 {
		t.Errorf("only %d runes are decided quickly", some)
	}
}

func TestWhatCombinesIsOneCharacter(t *testing.T) {
	for _, s := range []string{"a\u0301", "é\u0301", "世\u0301", "か\u3099", "я\ufe0f", "世\u200d"} {
		if size, _ := character(s + "b"); size != len(s) {
			t.Errorf("the first %d bytes of %q are a character, want %d", size, s, len(s))
		}
	}
}
