package tui

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/google/go-cmp/cmp"
)

// script makes a program of the user's, for the shell.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// onTerminal runs a command that takes the terminal, within a Bubble Tea of its own, and gives what
// it brings.
func onTerminal(t *testing.T, cmd tea.Cmd) tea.Msg {
	t.Helper()
	runner := &taker{cmd: cmd}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := tea.NewProgram(runner, tea.WithContext(ctx), tea.WithInput(nil), tea.WithOutput(&strings.Builder{}), tea.WithoutSignals(), tea.WithFilter(nothing)).Run(); err != nil {
		t.Fatal(err)
	}
	return runner.brought
}

// nothing makes an end of what brings nothing, which Bubble Tea would drop.
func nothing(_ tea.Model, msg tea.Msg) tea.Msg {
	if msg == nil {
		return endedMsg{}
	}
	return msg
}

// taker runs one command, and ends with what it brings.
type taker struct {
	cmd     tea.Cmd
	brought tea.Msg
}

func (r *taker) Init() tea.Cmd {
	return func() tea.Msg {
		msg := r.cmd()
		if reflect.TypeOf(msg) == reflect.TypeOf(tea.ExecProcess(nil, nil)()) {
			return msg // Bubble Tea runs it, and tells how that has ended
		}
		return endedMsg{msg}
	}
}

type endedMsg struct{ msg tea.Msg }

func (r *taker) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case endedMsg:
		r.brought = msg.msg
		return r, tea.Quit
	case faultMsg, editedMsg:
		r.brought = msg
		return r, tea.Quit
	}
	return r, nil
}

func (r *taker) View() tea.View { return tea.NewView("") }

// The arguments of a call are edited as JSON; what is no call is told, with what it must be.
func TestEditedCall(t *testing.T) {
	before := call{Function: "put", Args: []string{"a", "b c"}, Submit: true}
	for name, c := range map[string]struct {
		editor string
		want   tea.Msg
		says   string
	}{
		"edited":      {`sed -i s/put/take/ "$1"`, editedMsg{Function: "take", Args: before.Args, Submit: true}, ""},
		"no JSON":     {`echo nothing > "$1"`, nil, "what was written is no call"},
		"no function": {`echo '{"args":["a"]}' > "$1"`, nil, "names no function"},
		"it fails":    {`exit 3`, nil, "exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			d := newDesk(t, 80, 24)
			d.env["EDITOR"] = script(t, c.editor)
			got := onTerminal(t, d.m.editCall(before))
			if f, failed := got.(faultMsg); c.says != "" {
				if !failed || !strings.Contains(f.err.Error(), c.says) {
					t.Errorf("it brings %+v", got)
				}
			} else if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
				t.Errorf("it leaves %v (%v)", left, err)
			}
		})
	}
}

// An editor is told the place in its own way; VISUAL goes before EDITOR.
func TestEditor(t *testing.T) {
	at := sourceFile{"a.go", 17, 2}
	for editor, want := range map[string]string{
		"/usr/bin/vim": "+call cursor(17,2) a.go", "code": "--wait --goto a.go:17:2", "nano": "+17,2 a.go", "emacs": "+17:2 a.go", "hx": "a.go:17:2", "other": "a.go",
	} {
		if got := strings.Join(editorArgs(editor, at), " "); got != want {
			t.Errorf("%s is called with %q, want %q", editor, got, want)
		}
	}
	d := newDesk(t, 80, 24)
	buildFailed(d)
	out := filepath.Join(t.TempDir(), "called")
	d.env["EDITOR"], d.env["VISUAL"] = "false", script(t, `printf '%s in %s' "$*" "$PWD" > `+out)+" --flag"
	_, cmd := d.m.Update(keyNamed("enter"))
	if got := onTerminal(t, cmd); got != nil {
		t.Errorf("it brings %+v", got)
	}
	called, err := os.ReadFile(out)
	if want := fmt.Sprintf("--flag %s in %s", filepath.Join(d.m.options.Dir, "asset.go"), d.m.options.Dir); err != nil || string(called) != want {
		t.Errorf("it was called with %q (%v), want %q", called, err, want)
	}
}

// The place is the first that a fault's log, or else its text, names.
func TestPlace(t *testing.T) {
	for text, want := range map[string]sourceFile{
		"./asset.go:17:2: undefined: owners": {"./asset.go", 17, 2}, "src/a.ts(3,14): error TS2304": {"src/a.ts", 3, 14}, "\tmain.go:23 +0x1d": {"main.go", 23, 0}, "nothing": {},
	} {
		if got, _ := place(fault.New(fault.Build, "", "it failed").WithLog([]string{"words", text})); got != want {
			t.Errorf("%q names %+v, want %+v", text, got, want)
		}
	}
}

func TestPager(t *testing.T) {
	d := newDesk(t, 80, 24)
	live(d)
	out := filepath.Join(t.TempDir(), "paged")
	d.env["PAGER"] = script(t, "cat > "+out)
	cmd := d.m.pageLogs()
	onTerminal(t, cmd)
	if text, err := os.ReadFile(out); err != nil || strings.Count(string(text), "put asset") != 12 {
		t.Errorf("the pager was given %q (%v)", text, err)
	}
	d.env["PAGER"] = "/no/such/pager"
	if got, failed := onTerminal(t, d.m.pageLogs()).(faultMsg); !failed || !strings.Contains(got.err.Error(), "/no/such/pager cannot show the logs") {
		t.Errorf("a pager that is not there brings %+v", got)
	}
}

// Calls are kept for the project, each once, the oldest dropped, without their secrets; a file that
// is no good is as none.
func TestRememberedCalls(t *testing.T) {
	d := newDesk(t, 120, 40)
	drawn(d)
	d.write("CreateAsset asset1 'a b' --transient price=5")
	d.press("enter")
	d.shows("in block")
	d.press("esc", "i")
	d.until("it is remembered", func() bool { return len(d.m.overlay.(*drawer).calls) == 1 })
	d.press("up")
	d.shows("> CreateAsset asset1 'a b'")
	d.lacks("price")

	file := callsFile(d.m.options.StateDir)
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "price") || !json.Valid(text) {
		t.Errorf("kept is %s (%v)", text, err)
	}
	if mode := must(os.Stat(file)).Mode().Perm(); mode != 0o600 {
		t.Errorf("it is kept as %v", mode)
	}
	var all []call
	for i := range 2 * maxCalls {
		all = remembered(all, call{Function: "put", Args: []string{fmt.Sprint(i / 2)}})
	}
	if len(all) != maxCalls || all[0].Args[0] != "0" {
		t.Errorf("%d calls are kept, from %v on", len(all), all[0])
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := loadCalls(d.m.options.StateDir); got != nil {
		t.Errorf("a file that is no good brings %v", got)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A copy goes to the terminal, which may be far away, and to this machine's clipboard.
func TestClipboard(t *testing.T) {
	d := newDesk(t, 80, 24)
	live(d)
	batch, ok := d.m.clip("text", "it")().(tea.BatchMsg)
	if !ok || len(batch) != 2 || fmt.Sprint(batch[0]()) != "text" {
		t.Fatalf("the terminal is not told: %v", batch)
	}
	d.run(batch[1])
	d.shows("copied it")
	if d.clip != "text" {
		t.Errorf("this machine's clipboard has %q", d.clip)
	}
}

// A line is taken apart as a shell does, and can be written so again.
func TestCallLine(t *testing.T) {
	for line, want := range map[string]call{
		`put a 'b c' "d\"e"`:       {Function: "put", Args: []string{"a", "b c", `d"e`}},
		`put '{"a":1}'`:            {Function: "put", Args: []string{`{"a":1}`}},
		`put --transient k=v=w a`:  {Function: "put", Args: []string{"a"}, Transient: map[string]string{"k": "v=w"}},
		`put ''`:                   {Function: "put", Args: []string{""}},
		`org.example:put -- --all`: {Function: "org.example:put", Args: []string{"--", "--all"}},
	} {
		d := &drawer{as: -1}
		d.input.SetValue(line)
		got, err := d.written()
		if err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %v %s", line, err, cmp.Diff(want, got))
		}
		d.input.SetValue(want.line())
		if again, err := d.written(); err != nil || cmp.Diff(want, again) != "" {
			t.Errorf("%s, written as %s: %v %s", line, want.line(), err, cmp.Diff(want, again))
		}
	}
	for _, line := range []string{"put 'a", "put a; rm b", "put --transient k"} {
		d := &drawer{as: -1}
		d.input.SetValue(line)
		if got, err := d.written(); err == nil {
			t.Errorf("%s is taken for %+v", line, got)
		}
	}
}

// A call that is made before those of other days were read is the newest of them, and loses none.
func TestCallBeforeHistory(t *testing.T) {
	d := newDesk(t, 80, 24)
	live(d)
	before := call{Function: "before", Args: []string{}}
	saveCalls(d.m.options.StateDir, []call{before})
	drawer := newDrawer(d.m)
	d.m.overlay = drawer
	d.write("put")
	d.press("enter")
	d.shows("in block")
	d.m.Update(callsMsg{before})
	for _, all := range [][]call{drawer.calls, loadCalls(d.m.options.StateDir)} {
		if len(all) != 2 || all[0].Function != "before" || all[1].Function != "put" {
			t.Errorf("the calls are %+v", all)
		}
	}
}
