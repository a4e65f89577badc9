package scrollback_test

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/scrollback"
)

func TestScrolling(t *testing.T) {
	for name, tc := range map[string]struct {
		do      func(b *scrollback.Buffer, v *scrollback.View)
		first   int // on the screen, counted from 1
		follows bool
	}{
		"nothing":               {func(*scrollback.Buffer, *scrollback.View) {}, 7, true},
		"more comes":            {func(b *scrollback.Buffer, _ *scrollback.View) { add(b, 10, 12) }, 9, true},
		"up":                    {func(_ *scrollback.Buffer, v *scrollback.View) { v.Scroll(-2) }, 5, false},
		"up, more comes":        {func(b *scrollback.Buffer, v *scrollback.View) { v.Scroll(-2); add(b, 10, 12) }, 5, false},
		"up too far":            {func(_ *scrollback.Buffer, v *scrollback.View) { v.Scroll(-20) }, 1, false},
		"up and not quite back": {func(_ *scrollback.Buffer, v *scrollback.View) { v.Scroll(-3); v.Scroll(2) }, 6, false},
		"up and back":           {func(_ *scrollback.Buffer, v *scrollback.View) { v.Scroll(-3); v.Scroll(3) }, 7, true},
		"up and too far back":   {func(_ *scrollback.Buffer, v *scrollback.View) { v.Scroll(-3); v.Scroll(99) }, 7, true},
		"nowhere":               {func(_ *scrollback.Buffer, v *scrollback.View) { v.Follow(false); v.Scroll(0) }, 7, false},
		"home":                  {func(_ *scrollback.Buffer, v *scrollback.View) { v.Home() }, 1, false},
		"home and end":          {func(_ *scrollback.Buffer, v *scrollback.View) { v.Home(); v.End() }, 7, true},
		"held":                  {func(b *scrollback.Buffer, v *scrollback.View) { v.Follow(false); add(b, 10, 20) }, 7, false},
		"held and let go": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Follow(false)
			add(b, 10, 20)
			v.Follow(true)
		}, 17, true},
		"held by the end after it grew": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Follow(false)
			v.Resize(20, 6)
			add(b, 10, 11)
		}, 5, false},
		"higher and back again": {func(_ *scrollback.Buffer, v *scrollback.View) {
			v.Scroll(-1)
			v.Resize(20, 8)
			v.Rows()
			v.Resize(20, 4)
		}, 6, false},
		"a filter and back again": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Scroll(-1)
			v.Filter("3")
			v.Rows()
			add(b, 10, 11) // which does not pass
			v.Rows()
			v.Filter("")
		}, 6, false},
		"a source, of which more comes, and back again": {func(b *scrollback.Buffer, v *scrollback.View) {
			v.Home()
			v.Scroll(1)
			v.Sources(func(s string) bool { return s == "peer" })
			v.Rows()
			add(b, 10, 20)
			v.Rows()
			v.Sources(nil)
		}, 2, false},
		"its line does not pass": {func(_ *scrollback.Buffer, v *scrollback.View) {
			v.Home()
			v.Scroll(3)
			v.Sources(func(s string) bool { return s == "peer" })
		}, 2, false}, // of lines 0, 2, 4, 6 and 8, those from 2 on fill the screen
	} {
		t.Run(name, func(t *testing.T) {
			b, v := numbered(10)
			tc.do(b, v)
			if first, _, _ := v.Position(); first != tc.first || v.Following() != tc.follows {
				t.Errorf("line %d is the first, and it is %t that it follows; want %d, %t", first, v.Following(), tc.first, tc.follows)
			}
		})
	}
}

func TestWhatFitsCannotBeScrolled(t *testing.T) {
	b, v := numbered(3)
	v.Scroll(-1)
	v.Home()
	if !v.Following() {
		t.Error("there is nothing to scroll to, so it still follows")
	}
	add(b, 3, 6)
	expect(t, v, "line 2", "line 3", "line 4", "line 5")
}

func TestNothingJumpsWhenTheOldestAreDropped(t *testing.T) {
	b := scrollback.New(10, 1<<20)
	v := scrollback.NewView(b)
	v.Resize(20, 4)
	add(b, 0, 10)
	v.Scroll(-3)
	for i := 10; i < 13; i++ {
		add(b, i, i+1)
		expect(t, v, "line 3", "line 4", "line 5", "line 6")
	}
	add(b, 13, 15) // lines 3 and 4 go
	expect(t, v, "line 5", "line 6", "line 7", "line 8")
	add(b, 15, 100)
	expect(t, v, "line 90", "line 91", "line 92", "line 93")
}

func TestPosition(t *testing.T) {
	_, v := numbered(10)
	for _, tc := range []struct {
		name string
		do   func()
		want [3]int
	}{
		{"at the end", func() {}, [3]int{7, 10, 10}},
		{"at home", v.Home, [3]int{1, 4, 10}},
		{"filtered", func() { v.Filter("1") }, [3]int{1, 1, 1}},
		{"none", func() { v.Filter("no") }, [3]int{0, 0, 0}},
		{"a window without rows", func() { v.Filter(""); v.Resize(20, 0) }, [3]int{0, 0, 10}},
	} {
		tc.do()
		if first, last, total := v.Position(); [3]int{first, last, total} != tc.want {
			t.Errorf("%s: %d-%d of %d, want %v", tc.name, first, last, total, tc.want)
		}
	}
}

func TestRows(t *testing.T) {
	for name, tc := range map[string]struct {
		width, height int
		do            func(v *scrollback.View)
		lines         []string
		want          []string
	}{
		"cut":                               {5, 3, nil, []string{"1234567", "", "ab"}, []string{"12345", "", "ab"}},
		"cut before a wide one":             {4, 1, nil, []string{"abc取d"}, []string{"abc"}},
		"cut after what combines":           {5, 1, nil, []string{"abcde\u0301f"}, []string{"abcde\u0301"}},
		"pretty, then wrapped":              {6, 9, func(v *scrollback.View) { v.Pretty(true); v.Rows(); v.Wrap(true) }, []string{`{"a": 1}`}, []string{"{", `+  "a":`, "+ 1", "+}"}},
		"wrapped, pretty no more":           {6, 9, func(v *scrollback.View) { v.Wrap(true); v.Pretty(true); v.Rows(); v.Pretty(false) }, []string{`{"a": 1}`}, []string{`{"a": `, "+1}"}},
		"JSON with many brackets in a text": {60, 9, func(v *scrollback.View) { v.Pretty(true) }, []string{`["\"` + strings.Repeat("[", 40) + `"]`}, []string{"[", `+  "\"` + strings.Repeat("[", 40) + `"`, "+]"}},
		"wide in one column":                {1, 1, nil, []string{"取"}, []string{""}},
		"wide in one column, wrapped":       {1, 9, func(v *scrollback.View) { v.Wrap(true) }, []string{"取a"}, []string{"", "+a"}},
		"wrapped":                           {5, 4, func(v *scrollback.View) { v.Wrap(true) }, []string{"1234567", "", "12345"}, []string{"12345", "+67", "", "12345"}},
		"wrapped before a wide one":         {4, 4, func(v *scrollback.View) { v.Wrap(true) }, []string{"abc取de\u0301"}, []string{"abc", "+取de\u0301"}},
		"the end of a wrapped one":          {2, 2, func(v *scrollback.View) { v.Wrap(true) }, []string{"1234567"}, []string{"+56", "+7"}},
		"its beginning":                     {2, 2, func(v *scrollback.View) { v.Wrap(true); v.Home() }, []string{"1234567"}, []string{"12", "+34"}},
		"stays in its line when narrowed": {4, 2, func(v *scrollback.View) {
			v.Wrap(true)
			v.Home()
			v.Scroll(1)
			v.Resize(2, 2)
		}, []string{"0123456789abcd"}, []string{"+45", "+67"}},
		"panned":                   {4, 2, func(v *scrollback.View) { v.Pan(2) }, []string{"1234567", "a"}, []string{"3456", ""}},
		"panned to the end only":   {4, 2, func(v *scrollback.View) { v.Pan(99) }, []string{"1234567", "a"}, []string{"4567", ""}},
		"panned and back":          {4, 1, func(v *scrollback.View) { v.Pan(3); v.Pan(-99) }, []string{"1234567"}, []string{"1234"}},
		"panned into a wide one":   {4, 1, func(v *scrollback.View) { v.Pan(1) }, []string{"取de取f"}, []string{" de"}},
		"panned, with a hit":       {4, 1, func(v *scrollback.View) { v.Search("d"); v.Pan(1) }, []string{"取de取f"}, []string{" <d>e"}},
		"not panned when wrapped":  {4, 1, func(v *scrollback.View) { v.Wrap(true); v.Pan(2) }, []string{"1234"}, []string{"1234"}},
		"a hit over two rows":      {4, 2, func(v *scrollback.View) { v.Wrap(true); v.Search("345") }, []string{"1234567"}, []string{"12<34>", "+<5>67"}},
		"a hit at the edge":        {4, 1, func(v *scrollback.View) { v.Search("345") }, []string{"1234567"}, []string{"12<34>"}},
		"pretty":                   {20, 9, func(v *scrollback.View) { v.Pretty(true) }, []string{`{"a":[1,{}],"b":"x"}`, "-"}, []string{"{", `+  "a": [`, "+    1,", "+    {}", "+  ],", `+  "b": "x"`, "+}", "-"}},
		"pretty after a prefix":    {30, 9, func(v *scrollback.View) { v.Pretty(true) }, []string{`2024 [main] INFO {"a": 1}  `}, []string{"2024 [main] INFO {", `+  "a": 1`, "+}"}},
		"pretty and wrapped":       {6, 9, func(v *scrollback.View) { v.Pretty(true); v.Wrap(true) }, []string{`{"a": 1}`}, []string{"{", `+  "a":`, "+ 1", "+}"}},
		"pretty and searched":      {20, 9, func(v *scrollback.View) { v.Pretty(true); v.Search("a") }, []string{`{"a":1}`}, []string{"{", `+  "<a>": 1`, "+}"}},
		"pretty no more":           {20, 9, func(v *scrollback.View) { v.Pretty(true); v.Rows(); v.Pretty(false) }, []string{`{"a":1}`}, []string{`{"a":1}`}},
		"no JSON":                  {20, 9, func(v *scrollback.View) { v.Pretty(true) }, []string{"f{a}", "values[1]", "[INFO]", "} [", "[1] x "}, []string{"f{a}", "values[1]", "[INFO]", "} [", "[1] x "}},
		"JSON with brackets in it": {30, 9, func(v *scrollback.View) { v.Pretty(true) }, []string{`["\"]","}"]`}, []string{"[", `+  "\"]",`, `+  "}"`, "+]"}},
		"JSON that is too deep":    {99, 9, func(v *scrollback.View) { v.Pretty(true) }, []string{strings.Repeat("[", 40) + strings.Repeat("]", 40)}, []string{strings.Repeat("[", 40) + strings.Repeat("]", 40)}},
		"no window":                {0, 4, nil, []string{"a"}, nil},
		"no rows":                  {4, -1, nil, []string{"a"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			v := of(tc.width, tc.height, tc.lines...)
			if tc.do != nil {
				tc.do(v)
			}
			expect(t, v, tc.want...)
		})
	}
}
