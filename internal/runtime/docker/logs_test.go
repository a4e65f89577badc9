package docker

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ccdev/ccdev/internal/runtime"
)

func TestLineReader(t *testing.T) {
	at := func(s int) time.Time { return time.Date(2024, 5, 1, 10, 0, s, 123, time.UTC) }
	stamp := func(s int) string { return at(s).Format(time.RFC3339Nano) + " " }
	for name, c := range map[string]struct {
		frames []string
		want   []runtime.Line
	}{
		"whole lines":     {[]string{stamp(1) + "a\n", stamp(2) + "b\n"}, []runtime.Line{{Time: at(1), Text: "a"}, {Time: at(2), Text: "b"}}},
		"an empty line":   {[]string{stamp(1) + "\n"}, []runtime.Line{{Time: at(1)}}},
		"parts of a line": {[]string{stamp(1) + "a b", stamp(2) + "c", stamp(3) + "d\n"}, []runtime.Line{{Time: at(1), Text: "a bcd"}}},
		"no last newline": {[]string{stamp(1) + "a"}, []runtime.Line{{Time: at(1), Text: "a"}}},
		"no UTF-8":        {[]string{stamp(1) + "a\xff\xfeb\n"}, []runtime.Line{{Time: at(1), Text: "a\uFFFDb"}}},
		"split UTF-8":     {[]string{stamp(1) + "\xc3", stamp(1) + "\xa9\n"}, []runtime.Line{{Time: at(1), Text: "é"}}},
		"no time":         {[]string{"oops here\n"}, []runtime.Line{{Text: "oops here"}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []runtime.Line
			r := &lineReader{line: func(l runtime.Line) { got = append(got, l) }}
			for _, f := range c.frames {
				if n, err := r.Write([]byte(f)); n != len(f) || err != nil {
					t.Fatalf("wrote %d of %d: %v", n, len(f), err)
				}
			}
			r.end()
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRing(t *testing.T) {
	for name, c := range map[string]struct{ in, size, first int }{
		"fewer than wanted": {2, 3, 0}, "as many": {3, 3, 0}, "more": {8, 3, 5}, "twice over": {9, 3, 6},
	} {
		t.Run(name, func(t *testing.T) {
			var got, want []int
			r := &ring{size: c.size}
			for i := range c.in {
				r.add(runtime.Line{Time: time.Unix(0, int64(i))})
				if i >= c.first {
					want = append(want, i)
				}
			}
			r.each(func(l runtime.Line) { got = append(got, l.Time.Nanosecond()) })
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
