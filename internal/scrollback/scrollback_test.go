package scrollback_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/scrollback"
	"github.com/google/go-cmp/cmp"
)

// numbered is a view of 20x4 on lines "line 0", "line 1", …
func numbered(lines int) (*scrollback.Buffer, *scrollback.View) {
	b := scrollback.New(1000, 1<<20)
	add(b, 0, lines)
	v := scrollback.NewView(b)
	v.Resize(20, 4)
	return b, v
}

func add(b *scrollback.Buffer, from, to int) {
	for i := from; i < to; i++ {
		b.Append(scrollback.Line{Source: []string{"peer", "orderer"}[i%2], Text: fmt.Sprintf("line %d", i)})
	}
}

// of is a view of lines.
func of(width, height int, lines ...string) *scrollback.View {
	b := scrollback.New(1000, 1<<20)
	for _, l := range lines {
		b.Append(scrollback.Line{Text: l})
	}
	v := scrollback.NewView(b)
	v.Resize(width, height)
	return v
}

// screen is what the rows show: "+" begins the further rows of a line, hits are in <>, ">" goes
// before the current one's rows, and "*" before what is selected.
func screen(v *scrollback.View) []string {
	var shown []string
	for _, r := range v.Rows() {
		var b strings.Builder
		for _, flag := range []struct {
			on   bool
			mark string
		}{{!r.First, "+"}, {r.Current, ">"}, {r.Selected, "*"}} {
			if flag.on {
				b.WriteString(flag.mark)
			}
		}
		at := 0
		for _, h := range r.Hits {
			b.WriteString(r.Text[at:h[0]] + "<" + r.Text[h[0]:h[1]] + ">")
			at = h[1]
		}
		shown = append(shown, b.String()+r.Text[at:])
	}
	return shown
}

func expect(t *testing.T, v *scrollback.View, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, screen(v)); diff != "" {
		t.Fatalf("the screen (-want +got):\n%s", diff)
	}
}

// all is the text of all lines that pass.
func all(t *testing.T, v *scrollback.View) string {
	t.Helper()
	var b strings.Builder
	if n, err := v.WriteTo(&b); err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d bytes: %v", n, b.Len(), err)
	}
	return b.String()
}

func TestBufferKeepsItsBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		lines, bytes, appended int
		want                   string
	}{
		"nothing":           {lines: 3, bytes: 100},
		"fewer than fit":    {lines: 3, bytes: 100, appended: 2, want: "line 0\nline 1"},
		"too many":          {lines: 3, bytes: 100, appended: 8, want: "line 5\nline 6\nline 7"},
		"too long":          {lines: 300, bytes: 17, appended: 8, want: "line 6\nline 7"},
		"grown":             {lines: 700, bytes: 1 << 20, appended: 600, want: "line 599"},
		"none fits":         {lines: 3, bytes: 5, appended: 8},
		"as good as none":   {lines: 0, bytes: 100, appended: 8, want: "line 7"},
		"around many times": {lines: 2, bytes: 100, appended: 999, want: "line 997\nline 998"},
	} {
		t.Run(name, func(t *testing.T) {
			b := scrollback.New(tc.lines, tc.bytes)
			add(b, 0, tc.appended)
			v := scrollback.NewView(b)
			v.Resize(20, 4)
			var texts []string
			for _, r := range v.Rows() {
				texts = append(texts, r.Text)
			}
			got := strings.Join(texts, "\n")
			if name == "grown" {
				_, got, _ = strings.Cut(got, "598\n")
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTheBufferGrowsAroundWhatWasDropped(t *testing.T) {
	b := scrollback.New(700, 6000)
	b.Append(scrollback.Line{Text: strings.Repeat("x", 5900)})
	add(b, 0, 600)
	v := scrollback.NewView(b)
	v.Resize(20, 600)
	for i, r := range v.Rows() {
		if want := fmt.Sprintf("line %d", i); r.Text != want {
			t.Fatalf("row %d is %q, want %q", i, r.Text, want)
		}
	}
}

func TestAppendMakesTextSafe(t *testing.T) {
	family := "👩‍👩‍👧‍👦"
	for name, tc := range map[string]struct{ text, want string }{
		"plain":                        {"a line", "a line"},
		"colours":                      {"\x1b[31mred\x1b[0m", "red"},
		"a window's title":             {"\x1b]0;mine\x07text", "text"},
		"clears the screen":            {"\x1b[2J\x1b[Htext", "text"},
		"C1 control":                   {"a\u009b31mb", "a31mb"},
		"carriage return":              {"10%\r20%\r\n", "10%20%"},
		"backspace, bell, delete":      {"a\bb\ac\x7fd", "abcd"},
		"tabs":                         {"\ta\t1234567\t12345678\tb", "        a       1234567 12345678        b"},
		"tab after wide characters":    {"取引\tb", "取引    b"},
		"invalid UTF-8":                {"a\xff\xfeb\xc3", "a\ufffdb\ufffd"},
		"a C1 byte":                    {"a\x9b31mb", "a\ufffd31mb"},
		"escape within a character":    {"\xc3\x1b[31mb", "\ufffdb"},
		"combining":                    {"e\u0301", "e\u0301"},
		"combining with nothing":       {"\u0301e", "e"},
		"emoji":                        {family, family},
		"flag":                         {"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"},
		"direction and no width":       {"\ufeffa\u202eb\u200bc\u2028d", "abcd"},
		"heaped up":                    {"e" + strings.Repeat("\u0301", 1000) + "f", "e" + strings.Repeat("\u0301", 31) + "\ufffdf"},
		"joined when something is out": {strings.Repeat("\u1100\u200b", 100), strings.Repeat("\u1100", 21) + "\ufffd"},
		"too long":                     {strings.Repeat("a", 1<<20), strings.Repeat("a", 1<<16) + " … (983040 bytes more)"},
		"too long, at a rune":          {strings.Repeat("世", 21846), strings.Repeat("世", 21845) + " … (3 bytes more)"},
		"too long with its tabs":       {strings.Repeat("\t", 8193), strings.Repeat(" ", 1<<16) + " … (8 bytes more)"},
		"as long as it may be":         {strings.Repeat("a", 1<<16), strings.Repeat("a", 1<<16)},
	} {
		t.Run(name, func(t *testing.T) {
			b := scrollback.New(1, 1<<20)
			b.Append(scrollback.Line{Text: tc.text, Source: tc.text})
			v := scrollback.NewView(b)
			v.Resize(10, 1)
			if diff := cmp.Diff(scrollback.Line{Text: tc.want, Source: tc.want}, v.Rows()[0].Line); diff != "" {
				t.Errorf("(-want +got):\n%.2000s", diff)
			}
		})
	}
}

func TestSourcesFilterAndClear(t *testing.T) {
	onlyPeer := func(source string) bool { return source == "peer" }
	for name, tc := range map[string]struct {
		do   func(b *scrollback.Buffer, v *scrollback.View)
		want []string
	}{
		"all":                   {func(*scrollback.Buffer, *scrollback.View) {}, []string{"line 8", "line 9", "line 10", "line 11"}},
		"a source":              {func(_ *scrollback.Buffer, v *scrollback.View) { v.Sources(onlyPeer) }, []string{"line 4", "line 6", "line 8", "line 10"}},
		"all sources again":     {func(_ *scrollback.Buffer, v *scrollback.View) { v.Sources(onlyPeer); v.Sources(nil) }, []string{"line 8", "line 9", "line 10", "line 11"}},
		"a filter":              {func(_ *scrollback.Buffer, v *scrollback.View) { v.Filter("1") }, []string{"line 1", "line 10", "line 11"}},
		"in upper case":         {func(_ *scrollback.Buffer, v *scrollback.View) { v.Filter("Line") }, nil},
		"no filter":             {func(_ *scrollback.Buffer, v *scrollback.View) { v.Filter("x"); v.Filter("") }, []string{"line 8", "line 9", "line 10", "line 11"}},
		"a filter and a source": {func(_ *scrollback.Buffer, v *scrollback.View) { v.Filter("1"); v.Sources(onlyPeer) }, []string{"line 10"}},
		"a filter on what comes": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Filter("1")
			add(b, 12, 31)
		}, []string{"line 17", "line 18", "line 19", "line 21"}},
		"cleared": {func(_ *scrollback.Buffer, v *scrollback.View) { v.Clear() }, nil},
		"cleared, then more, with a filter": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Clear()
			add(b, 12, 15)
			v.Filter("1")
			v.Filter("")
		}, []string{"line 12", "line 13", "line 14"}},
		"restored": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Clear()
			add(b, 12, 13)
			v.Restore()
		}, []string{"line 9", "line 10", "line 11", "line 12"}},
	} {
		t.Run(name, func(t *testing.T) {
			b, v := numbered(12)
			tc.do(b, v)
			expect(t, v, tc.want...)
		})
	}
}

func TestClearedEndsWhenNothingIsLeftToRestore(t *testing.T) {
	b := scrollback.New(4, 1<<20)
	v := scrollback.NewView(b)
	add(b, 0, 3)
	v.Clear()
	if add(b, 3, 6); !v.Cleared() {
		t.Error("line 2 could still be restored")
	}
	if add(b, 6, 7); v.Cleared() {
		t.Error("everything that was cleared has been dropped")
	}
}

func TestSmartCase(t *testing.T) {
	for _, tc := range []struct{ search, line, want string }{
		{"error", "an Error and an ERROR", "an <Error> and an <ERROR>"},
		{"Error", "an Error and an ERROR", "an <Error> and an ERROR"},
		{"aa", "aAaAa", "<aA><aA>a"},
		{"ab", "aaab AB", "aa<ab> <AB>"},
		{"éa", "ÉA éa eÉ", "<ÉA> <éa> eÉ"},
		{"取引", "x取引y", "x<取引>y"},
		{"[", "a[1]", "a<[>1]"},
		{"1x", "1", "1"},
		{"ⱥ", "ȺȺⱥ", "<Ⱥ><Ⱥ><ⱥ>"}, // of two bytes in upper case, and of three in lower
		{"", "a", "a"},
	} {
		t.Run(tc.search+" in "+tc.line, func(t *testing.T) {
			v := of(40, 1, tc.line)
			v.Search(tc.search)
			expect(t, v, tc.want)
		})
	}
}

func TestWriteTo(t *testing.T) {
	b := scrollback.New(10, 1<<20)
	at := time.Date(2026, 11, 21, 8, 9, 10, 120_000_000, time.FixedZone("", 3600))
	b.Append(scrollback.Line{Time: at, Source: "peer", Text: "\x1b[1mfirst"})
	b.Append(scrollback.Line{Time: at, Source: "orderer", Text: "second"})
	b.Append(scrollback.Line{Time: at.UTC(), Source: "peer", Text: `{"a":1}`})
	v := scrollback.NewView(b)
	v.Sources(func(s string) bool { return s == "peer" })
	v.Pretty(true)
	want := "2026-11-21T08:09:10.120+01:00 peer | first\n2026-11-21T07:09:10.120Z peer | {\"a\":1}\n"
	if got := all(t, v); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := v.WriteTo(broken{}); err == nil {
		t.Error("an error of the writer is lost")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, fmt.Errorf("the disk is full") }
