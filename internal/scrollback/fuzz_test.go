package scrollback_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/scrollback"
	"github.com/charmbracelet/x/ansi"
)

// FuzzView looks for lines, and for things to do with a window, after which the screen breaks:
// each byte of do is one thing.
func FuzzView(f *testing.F) {
	everything := make([]byte, 256)
	for i := range everything {
		everything[i] = byte(i * 37)
	}
	for _, text := range []string{
		"a\nb\nab", "\x1b[31mred\x1b]0;t\x07\r\n", "a\xff\xc3\x1b[31m\x9b", "\t\u0301a\tb\u200b\u202e", "取引\nÉ 👩‍👩‍👧‍👦 🇨🇿🇨",
		strings.Repeat("\u1100\u200b", 200), "e" + strings.Repeat("\u0301", 100), "\u0e33\u0600\u0600a\ufe0f☁\ufe0f",
		`2024 INFO {"a":[1,{"取":"\u0301"}]} ` + "\n[[[[]]]]\n[INFO]", strings.Repeat("世a\n", 50), strings.Repeat("a", 3000),
	} {
		f.Add(text, everything)
		f.Add(text, []byte{3, 7, 1, 0, 12, 9, 9, 200, 10})
	}
	f.Fuzz(func(t *testing.T, text string, do []byte) {
		if len(do) > 300 || len(text) > 1<<12 {
			return
		}
		lines := strings.Split(text, "\n")
		b := scrollback.New(40, 1<<17)
		v, kept := scrollback.NewView(b), settings{}
		v.Resize(10, 5)
		width, height := 10, 5
		for i, d := range do {
			for range 1 + d%3 {
				b.Append(scrollback.Line{Source: "peer", Text: lines[i%len(lines)]})
			}
			n := int(int8(d)) / 4
			switch d % 16 {
			case 0:
				width, height = (n+32)%20, (n+32)%7
				v.Resize(width, height)
			case 1:
				v.Wrap(n%2 == 0)
			case 2:
				v.Pretty(n%2 == 0)
			case 3:
				kept.filter = []string{"", "a", "取", "É", "\u0301"}[(n+32)%5]
				v.Filter(kept.filter)
			case 4:
				v.Search([]string{"", "a", "é", "1", "\u0301", " "}[(n+32)%6])
			case 5:
				v.Next()
			case 6:
				v.Previous()
			case 7:
				v.Select(n%3 != 0)
			case 8:
				v.MoveSelection(n)
			case 9:
				v.Pan(n)
			case 10:
				v.Home()
			case 11:
				v.Follow(n%2 == 0)
			case 12:
				kept.none = n%4 == 0
				v.Sources(kept.keep)
			case 13:
				v.Clear()
				v.Restore()
			default:
				v.Scroll(n)
			}
			check(t, v, width, height)
		}
		fresh := scrollback.NewView(b)
		fresh.Filter(kept.filter)
		fresh.Sources(kept.keep)
		if all(t, v) != all(t, fresh) {
			t.Error("what was tested as it came differs from what is tested at once")
		}
	})
}

type settings struct {
	filter string
	none   bool
}

func (s *settings) keep(string) bool { return !s.none }

func check(t *testing.T, v *scrollback.View, width, height int) {
	t.Helper()
	rows := v.Rows()
	if len(rows) > height {
		t.Fatalf("%d rows in %d", len(rows), height)
	}
	first, last, total := v.Position()
	if len(rows) > 0 && (first < 1 || last < first || last > total) {
		t.Fatalf("lines %d to %d of %d", first, last, total)
	}
	if current, hits := v.Hits(); current > hits || hits > total {
		t.Fatalf("hit %d of %d, in %d lines", current, hits, total)
	}
	v.Selected()
	for _, r := range rows {
		if w := ansi.StringWidth(r.Text); w > width {
			t.Fatalf("%q has %d cells, and there are %d", r.Text, w, width)
		}
		if !utf8.ValidString(r.Text) || strings.ContainsFunc(r.Text, unicode.IsControl) {
			t.Fatalf("%q is not safe to show", r.Text)
		}
		at := 0
		for _, h := range r.Hits {
			if h[0] < at || h[1] <= h[0] || h[1] > len(r.Text) || !utf8.ValidString(r.Text[h[0]:h[1]]) {
				t.Fatalf("hits at %v in %q", r.Hits, r.Text)
			}
			at = h[1]
		}
	}
}

// TestWrappedRowsAreTheWholeLine scrolls through all rows.
func TestWrappedRowsAreTheWholeLine(t *testing.T) {
	lines := []string{"a", strings.Repeat("取a", 50), "", strings.Repeat("e\u0301", 33), strings.Repeat("x", 300)}
	for width := 2; width < 40; width++ {
		v := of(width, 3, lines...)
		v.Wrap(true)
		var rows []string
		for v.Home(); ; v.Scroll(1) {
			shown := v.Rows()
			if v.Following() {
				for _, r := range shown {
					rows = append(rows, r.Text)
				}
				break
			}
			rows = append(rows, shown[0].Text)
		}
		if got := strings.Join(rows, ""); got != strings.Join(lines, "") {
			t.Fatalf("at width %d the rows are %q", width, rows)
		}
	}
}
