//go:build unix

package host

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/relay"
)

func TestAPanicIsInTheLog(t *testing.T) {
	got := exit(t, start(t, running(t, "panic", nil), relay.Launch{}))
	if got.Code != 2 || !slices.Contains(got.Log, "panic: lost the asset") {
		t.Errorf("it ended with %d and %q", got.Code, got.Log)
	}
}

func TestTheLog(t *testing.T) {
	for name, tc := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                 {text: "", want: nil},
		"a line without its end":  {text: "a\nb", want: []string{"a", "b"}},
		"empty lines":             {text: "\n\na\n", want: []string{"", "", "a"}},
		"lines of another system": {text: "a\r\nb\r\n", want: []string{"a", "b"}},
		"a long line":             {text: strings.Repeat("x", 3000) + "\nb\n", want: []string{strings.Repeat("x", tailWidth) + cutMark, "b"}},
		"cut between characters":  {text: "x" + strings.Repeat("é", 600) + "\n", want: []string{"x" + strings.Repeat("é", 499) + cutMark}},
		"more than it keeps":      {text: strings.Repeat("a\n", 50) + "b\n", want: append(slices.Repeat([]string{"a"}, tailLines-1), "b")},
		"Node's own frames": {
			text: "Error: x\n    at a (/cc/a.js:1:1)\n    at Module.load (node:internal/modules/cjs/loader:1266:32)\n    at node:internal/main:2:3\nat (node:z\n",
			want: []string{"Error: x", "    at a (/cc/a.js:1:1)", "at (node:z"},
		},
		"longer than a line can be": {text: strings.Repeat("x", maxLine+1) + "\n",
			want: []string{strings.Repeat("x", tailWidth) + cutMark, "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			var last tail
			copyLines(strings.NewReader(tc.text), &output{to: &out}, &last)
			if got := last.last(1); !slices.Equal(got, tc.want) {
				t.Errorf("the log is %.60q, want %.60q", got, tc.want)
			}
			wrote := strings.ReplaceAll(out.String(), "\n", "")
			if wrote != strings.ReplaceAll(tc.text, "\n", "") || out.Len() > 0 && !strings.HasSuffix(out.String(), "\n") {
				t.Errorf("%.60q is copied as %.60q", tc.text, out.String())
			}
		})
	}
}

// lineWriter fails for whoever writes a part of a line.
type lineWriter struct {
	t     *testing.T
	mu    sync.Mutex
	lines map[string]int
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if bytes.IndexByte(p, '\n') != len(p)-1 {
		w.t.Errorf("it got %.60q, which is not one line", p)
	}
	w.lines[strings.TrimSpace(string(p))]++
	return len(p), nil
}

func TestLinesOfProcessesDoNotMix(t *testing.T) {
	const processes, lines = 4, 500
	w := &lineWriter{t: t, lines: map[string]int{}}
	h := running(t, fmt.Sprintf("lines=%d", lines), w)
	var all []relay.Process
	for i := range processes {
		all = append(all, start(t, h, relay.Launch{Generation: i}))
	}
	for _, p := range all {
		if e := exit(t, p); e.Code != 0 || len(e.Log) != tailLines || !strings.HasPrefix(e.Log[tailLines-1], "499 499") {
			t.Errorf("a process ended with %d, and %.100q", e.Code, e.Log)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for line, n := range w.lines {
		if n != processes {
			t.Errorf("%.20q came %d times", line, n)
		}
	}
	if len(w.lines) != lines {
		t.Errorf("%d lines came", len(w.lines))
	}
}

// stuck is a writer that nobody reads from.
type stuck struct{ release chan struct{} }

func (s stuck) Write(p []byte) (int, error) { <-s.release; return len(p), nil }

func TestAStuckReaderDoesNotHideAnEnd(t *testing.T) {
	s := stuck{release: make(chan struct{})}
	defer close(s.release)
	p := start(t, running(t, "panic", s), relay.Launch{})
	p.Kill()
	exit(t, p)
}
