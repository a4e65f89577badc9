package printer_test

import (
	"testing"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/printer"
	"github.com/google/go-cmp/cmp"
)

func TestAScenario(t *testing.T) {
	got := "\n" + plain(printer.Style{},
		event.ScenarioStep{Number: 1, Total: 3, Title: "Read", Text: "only\nread\n"},
		event.ScenarioStep{Number: 2, Total: 3, Title: "Write", Text: "a file", File: "x.go", Change: "- old\n+ new\n"},
		event.ScenarioStep{Number: 3, Total: 3, Title: "Run", Text: "a\x1b[2Jcommand", Command: "one\ntwo\n"},
		event.ScenarioOutput{Text: "out\x1b[2J"},
		event.ScenarioCheck{That: "it is so"},
	)
	want := `

── 1/3  Read

only
read

── 2/3  Write

a file

x.go:
  - old
  + new

── 3/3  Run

acommand

$ one
$ two
  out
✓ it is so
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("it prints (-want +got):\n%s", diff)
	}
}
