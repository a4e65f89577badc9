package tui

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
)

// clip copies a text to the clipboard: through the terminal, which may be on another machine, and
// with this machine's own tool if it has one.
func (m *model) clip(text, what string) tea.Cmd {
	return tea.Batch(tea.SetClipboard(text), m.do(func() tea.Msg {
		_ = m.options.Copy(text) // many machines have no such tool; the terminal has been told
		return flashMsg("copied " + what)
	}))
}

func (m *model) copySelection() tea.Cmd {
	text := m.logs.Selected()
	m.logs.Select(false)
	return m.clip(text, counted(strings.Count(strings.TrimSuffix(text, "\n"), "\n")+1, "line"))
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// saveLogs writes the lines that can be looked at into a file.
func (m *model) saveLogs() tea.Cmd {
	text, err := m.logText()
	path := filepath.Join(m.options.StateDir, "logs-"+m.now.Format("20060102-150405")+".txt")
	return m.do(func() tea.Msg {
		if err == nil {
			err = os.MkdirAll(m.options.StateDir, 0o700)
		}
		if err == nil {
			err = atomicfile.Write(path, text, 0o600)
		}
		if err != nil {
			return faultMsg{fault.New(fault.Other, "free some room, or make the folder writable", "the logs cannot be saved: %w", err)}
		}
		return flashMsg("saved as " + path)
	})
}

func (m *model) logText() ([]byte, error) {
	var b bytes.Buffer
	_, err := m.logs.WriteTo(&b)
	return b.Bytes(), err
}

// pageLogs shows them in the user's pager.
func (m *model) pageLogs() tea.Cmd {
	text, err := m.logText()
	if err != nil {
		return m.try(func() error { return err })
	}
	words := strings.Fields(m.options.Getenv("PAGER"))
	if len(words) == 0 {
		words = []string{"less", "-R"}
	}
	cmd := exec.CommandContext(m.ctx, words[0], words[1:]...)
	cmd.Stdin = bytes.NewReader(text)
	return tea.ExecProcess(cmd, func(err error) tea.Msg {
		if err != nil {
			return faultMsg{fault.New(fault.Other, "set PAGER to one that is installed, or press S to save the lines", "%s cannot show the logs: %w", words[0], err)}
		}
		return nil
	})
}

// sourceFile is a place in a source.
type sourceFile struct {
	path         string
	line, column int
}

var placePattern = regexp.MustCompile(`^\s*([^\s:()]+\.[A-Za-z]+)[:(](\d+)(?:[:,](\d+))?`)

// place is the first place in a source that a fault names.
func place(f *fault.Fault) (sourceFile, bool) {
	for _, l := range append(append([]string{}, f.Log...), strings.Split(f.What, "\n")...) {
		if found := placePattern.FindStringSubmatch(safe(l)); found != nil {
			line, _ := strconv.Atoi(found[2])   // digits only
			column, _ := strconv.Atoi(found[3]) // or nothing: 0
			return sourceFile{found[1], line, column}, true
		}
	}
	return sourceFile{}, false
}

// editFailure opens the place that the change which has failed names.
func (m *model) editFailure() tea.Cmd {
	if c := m.world.failure(); c != nil {
		return m.edit(c.fault)
	}
	return nil
}

// edit opens the place that a fault names.
func (m *model) edit(f *fault.Fault) tea.Cmd {
	at, ok := place(f)
	if !ok {
		m.say("the error names no place in a source")
		return nil
	}
	if !filepath.IsAbs(at.path) {
		at.path = filepath.Join(m.options.Dir, at.path)
	}
	return m.editor(at, func(err error) tea.Msg {
		if err != nil {
			return faultMsg{err}
		}
		return nil
	})
}

// editor opens a file in the user's editor, and does something once that has ended.
func (m *model) editor(at sourceFile, after func(error) tea.Msg) tea.Cmd {
	words := m.editorWords()
	cmd := exec.CommandContext(m.ctx, words[0], append(words[1:], editorArgs(words[0], at)...)...)
	cmd.Dir = m.options.Dir
	return tea.ExecProcess(cmd, func(err error) tea.Msg {
		if err != nil {
			err = fault.New(fault.Other, "set EDITOR to one that is installed", "%s cannot open %s: %w", words[0], at.path, err)
		}
		return after(err)
	})
}

func (m *model) editorWords() []string {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if words := strings.Fields(m.options.Getenv(name)); len(words) > 0 {
			return words
		}
	}
	return []string{"vi"}
}

// editors are how editors are told a place: by their program's name.
var editors = map[string]func(path string, line, column int) []string{
	"code": goTo, "codium": goTo, "cursor": goTo, "windsurf": goTo,
	"hx": suffixed, "subl": suffixed, "zed": suffixed,
	"nano": func(path string, line, column int) []string {
		return []string{fmt.Sprintf("+%d,%d", line, column), path}
	},
	"emacs": plusColon, "emacsclient": plusColon, "kak": plusColon, "micro": plusColon,
	"vi": cursor, "vim": cursor, "nvim": cursor, "gvim": cursor,
}

func goTo(path string, line, column int) []string {
	return []string{"--wait", "--goto", fmt.Sprintf("%s:%d:%d", path, line, column)}
}

func suffixed(path string, line, column int) []string {
	return []string{fmt.Sprintf("%s:%d:%d", path, line, column)}
}

func plusColon(path string, line, column int) []string {
	return []string{fmt.Sprintf("+%d:%d", line, column), path}
}

func cursor(path string, line, column int) []string {
	return []string{fmt.Sprintf("+call cursor(%d,%d)", line, column), path}
}

// editorArgs are the arguments for an editor; one that is not known is given the file.
func editorArgs(editor string, at sourceFile) []string {
	if args := editors[filepath.Base(editor)]; args != nil && at.line > 0 {
		return args(at.path, at.line, max(at.column, 1))
	}
	return []string{at.path}
}
