package printer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"
)

// anUp is what an up tells, with everything in it that can be told.
var anUp = []event.Event{
	event.Begun{Project: "assets", Fabric: "3.1.1", Runtime: "docker", Why: "Docker 28 answers"},
	event.StepStarted{Step: "fabric"},
	event.StepStarted{Step: "build basic"},
	event.StepProgress{Step: "fabric", Text: "pulling", Done: 1, Total: 20},
	event.StepProgress{Step: "fabric", Text: "pulling", Done: 2, Total: 20},
	event.StepProgress{Step: "fabric", Text: "pulling", Done: 3, Total: 20},
	event.StepProgress{Step: "fabric", Text: "unpacking"},
	event.StepProgress{Step: "fabric", Text: "unpacking"},
	event.StepProgress{Step: "not there", Text: "lost"},
	event.StepDone{Step: "fabric", Note: "pulled", Took: 1800 * time.Millisecond},
	event.StepSkipped{Step: "peers join", Reason: "all peers have mychannel"},
	event.Notice{Text: "two\nlines"},
	event.StepFailed{Step: "build basic", Error: "main.go:1:1: no", Took: 130 * time.Second},
	event.StepStarted{Step: "nodes"},
	event.StepCancelled{Step: "nodes"},
	event.Log{Service: "orderer", Text: "started\twell"},
}

func plain(style printer.Style, events ...event.Event) string {
	var out bytes.Buffer
	p := printer.NewPlain(&out, style)
	for _, e := range events {
		p.Sink(e)
	}
	return out.String()
}

func TestPlainGolden(t *testing.T) {
	for name, tc := range map[string]struct {
		style printer.Style
		want  string
	}{
		"into a file": {want: `
assets: Fabric 3.1.1 on docker (Docker 28 answers)
  … fabric: pulling 1/20
  … fabric: pulling 2/20
  … fabric: unpacking
  ✓ fabric             pulled  1.8 s
  - peers join         all peers have mychannel already
  two
lines
  ✗ build basic        failed  2m10s
  - nodes              cancelled
orderer | started	well
`},
		"in colour": {style: printer.Style{Color: true}, want: `
assets: Fabric 3.1.1 on docker (Docker 28 answers)
  … fabric: pulling 1/20
  … fabric: pulling 2/20
  … fabric: unpacking
  <32>✓<0> fabric             pulled<2>  1.8 s<0>
  <2>-<0> peers join         all peers have mychannel already
  two
lines
  <31>✗<0> build basic        failed<2>  2m10s<0>
  <2>-<0> nodes              cancelled
<36>orderer<0> | started	well
`},
		"on a terminal": {style: printer.Style{Live: true}, want: `
assets: Fabric 3.1.1 on docker (Docker 28 answers)
  … fabric<cr>  … fabric · build basic<cr>  … fabric: pulling 1/20 · build basic` +
			`<cr>  … fabric: pulling 2/20 · build basic<cr>  … fabric: pulling 3/20 · build basic` +
			`<cr>  … fabric: unpacking · build basic<cr>  … fabric: unpacking · build basic<cr>  … fabric: unpacking · build basic` +
			`<cr>  ✓ fabric             pulled  1.8 s
  … build basic<cr>  - peers join         all peers have mychannel already
  … build basic<cr>  two
lines
  … build basic<cr>  ✗ build basic        failed  2m10s
  … nodes<cr>  - nodes              cancelled
orderer | started	well
`},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.NewReplacer("\r\x1b[K", "<cr>", "\x1b[0m", "<0>", "\x1b[2m", "<2>",
				"\x1b[31m", "<31>", "\x1b[32m", "<32>", "\x1b[36m", "<36>").Replace(plain(tc.style, anUp...))
			if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestALiveLineNeverWraps(t *testing.T) {
	for width, most := range map[int]int{0: 79, 40: 39, 120: 119} {
		out := plain(printer.Style{Live: true, Width: width},
			event.StepStarted{Step: strings.Repeat("long ", 40)}, event.StepStarted{Step: strings.Repeat("链", 80)})
		for _, line := range strings.Split(out, "\r\x1b[K") {
			if n := ansi.StringWidth(line); n > most {
				t.Errorf("%d columns of %d: %q", n, width, line)
			}
		}
	}
}

func TestAllStepsEndWithoutALiveLine(t *testing.T) {
	out := plain(printer.Style{Live: true}, anUp...)
	if !strings.HasSuffix(out, "\n") {
		t.Errorf("the last line is left open: %q", out)
	}
}

// hostile are lines that would do something to a terminal, and what is left of them.
var hostile = map[string]struct{ line, want string }{
	"colour":                 {"\x1b[31mred\x1b[0m", "red"},
	"clear the screen":       {"a\x1b[2J\x1b[Hb", "ab"},
	"set the title":          {"a\x1b]0;title\x07b", "ab"},
	"a link":                 {"\x1b]8;;http://example.com\x1b\\text\x1b]8;;\x1b\\", "text"},
	"a string never ended":   {"a\x1b]0;title", "a"},
	"device control":         {"a\x1bPq#0\x1b\\b", "ab"},
	"back over the line":     {"safe\rbad", "safebad"},
	"rub out":                {"ab\b\b\x7fcd", "abcd"},
	"bell and nul":           {"a\x07\x00b", "ab"},
	"a line within":          {"a\nerror: fake\vb\fc", "aerror: fakebc"},
	"C1 controls":            {"a\u009b31mb\u0085c", "a31mbc"},
	"a tab stays":            {"a\tb", "a\tb"},
	"other languages stay":   {"žluťoučký 链码 🚀 e\u0301", "žluťoučký 链码 🚀 e\u0301"},
	"a lone escape":          {"a\x1b", "a"},
	"an escape in an escape": {"\x1b[\x1b[31mx", "x"},
}

func TestHostileLines(t *testing.T) {
	for name, tc := range hostile {
		t.Run(name, func(t *testing.T) {
			if got := printer.Clean(tc.line); got != tc.want {
				t.Errorf("%q became %q, want %q", tc.line, got, tc.want)
			}
			if got, want := plain(printer.Style{}, event.Log{Service: "s", Text: tc.line}), "s | "+tc.want+"\n"; got != want {
				t.Errorf("as a log line it is %q, want %q", got, want)
			}
		})
	}
}

func TestInvalidUTF8BecomesValid(t *testing.T) {
	for line, want := range map[string]string{
		"\xff\xfe":                         "\ufffd",
		"a\xc3":                            "a\ufffd",
		"\x9b31mred":                       "\ufffd31mred",
		"\xe9\x93":                         "\ufffd",
		"ok\x80\x81":                       "ok\ufffd",
		"the \x93end\x94 of it":            "the \ufffdend\ufffd of it",           // quotes in Windows-1252
		"it \x9d is \x90 not \x98 over":    "it \ufffd is \ufffd not \ufffd over", // OSC, DCS and SOS, were they controls
		"a\x1b[31m\xe9t\xe9\x1b[0m":        "a\ufffdt\ufffd",
		strings.Repeat("\xf0\x9f", 100):    "\ufffd",
		"a\u009d0;title\u009cb \u0085 end": "a0;titleb  end",
	} {
		if got := printer.Clean(line); got != want {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
}

func TestALongLineIsWhole(t *testing.T) {
	line := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	if got := plain(printer.Style{}, event.Log{Service: "s", Text: line}); got != "s | "+line+"\n" {
		t.Errorf("1 MiB became %d bytes", len(got))
	}
}

// FuzzClean looks for lines that get something through to the terminal.
func FuzzClean(f *testing.F) {
	for _, tc := range hostile {
		f.Add(tc.line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		got := printer.Clean(line)
		for _, r := range got {
			if r != '\t' && (r < 0x20 || r >= 0x7f && r < 0xa0) {
				t.Errorf("%q became %q", line, got)
			}
		}
		if !utf8.ValidString(got) {
			t.Errorf("%q became %q, which is not UTF-8", line, got)
		}
	})
}

func TestSinksAreSafeForConcurrentUse(t *testing.T) {
	var plain, lines bytes.Buffer
	p, j := printer.NewPlain(&plain, printer.Style{}), printer.NewJSON(&lines)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			step := fmt.Sprint("step ", i)
			for _, e := range []event.Event{event.StepStarted{Step: step}, event.Log{Service: step, Text: "x"}, event.StepDone{Step: step}} {
				p.Sink(e)
				j.Sink(e)
			}
		})
	}
	all.Wait()
	if got := strings.Count(plain.String(), "\n"); got != 16 {
		t.Errorf("%d lines of text, want 16", got)
	}
	if got := strings.Count(lines.String(), "\n"); got != 24 {
		t.Errorf("%d lines of JSON, want 24", got)
	}
}

func TestJSONIsALineForEachEvent(t *testing.T) {
	var out bytes.Buffer
	j := printer.NewJSON(&out)
	for _, e := range anUp {
		j.Sink(e)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(anUp) {
		t.Fatalf("%d lines for %d events:\n%s", len(lines), len(anUp), out.String())
	}
	for i, line := range lines {
		var got struct{ Event string }
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Event != anUp[i].Name() {
			t.Errorf("%q is no line for %s: %v", line, anUp[i].Name(), err)
		}
	}
	if want := `{"event":"step_done","step":"fabric","note":"pulled","took_ns":1800000000}`; lines[9] != want {
		t.Errorf("got %s\nwant %s", lines[9], want)
	}
}

// bare is an event without fields.
type bare struct{}

func (bare) Name() string { return "bare" }

func TestJSONOfAnEventWithoutFields(t *testing.T) {
	var out bytes.Buffer
	printer.NewJSON(&out).Sink(bare{})
	if got := out.String(); got != "{\"event\":\"bare\"}\n" {
		t.Errorf("got %q", got)
	}
}

func TestFault(t *testing.T) {
	full := fault.New(fault.Build, "correct it:\n  ccdev reload", "it does not compile:\n./main.go:3:1: %w", errors.New("no \x1b[31msuch\x1b[0m thing")).
		WithLog([]string{"first", "\x1b[2Jsecond", ""})
	for name, tc := range map[string]struct {
		f     *fault.Fault
		style printer.Style
		want  string
	}{
		"all of it": {f: full, want: `
error: it does not compile:
       ./main.go:3:1: no such thing
       | first
       | second
       | ` + `
fix:   correct it:
         ccdev reload
`},
		"without a fix": {f: fault.New(fault.Other, "", "broken"), want: "\nerror: broken\n"},
		"in colour": {f: fault.New(fault.Other, "mend it", "broken"), style: printer.Style{Color: true}, want: `
<31>error: <0>broken
<32>fix:   <0>mend it
`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			printer.Fault(&out, tc.f, tc.style)
			got := strings.NewReplacer("\x1b[0m", "<0>", "\x1b[31m", "<31>", "\x1b[32m", "<32>").Replace(out.String())
			if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultJSON(t *testing.T) {
	for name, tc := range map[string]struct {
		f    *fault.Fault
		want string
	}{
		"all of it": {
			fault.New(fault.Lifecycle, "a\nb", "<x> & %q", "y").WithLog([]string{"l\x1b[1m"}),
			`{"error":{"code":"lifecycle","message":"<x> & \"y\"","fix":"a\nb","log":["l\u001b[1m"]}}`,
		},
		"no more than what happened": {fault.From(errors.New("broken")), `{"error":{"code":"other","message":"broken"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			printer.FaultJSON(&out, tc.f)
			if got := out.String(); got != tc.want+"\n" {
				t.Errorf("got  %swant %s", got, tc.want)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ms", 999 * time.Microsecond: "0 ms", 12 * time.Millisecond: "12 ms", time.Second: "1.0 s", 1840 * time.Millisecond: "1.8 s",
		59 * time.Second: "59.0 s", time.Minute: "1m0s", 130 * time.Second: "2m10s", 2 * time.Hour: "2h0m0s",
	} {
		if got := printer.Duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
