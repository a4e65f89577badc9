package scenario

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Handout writes the walk as Markdown, with what its commands have really written. It depends on
// nothing else: what differs between two of them is what the commands wrote differently.
func (w *Walk) Handout() string {
	var b strings.Builder
	s := w.scenario
	fmt.Fprintf(&b, "# %s\n\nWhat you learn:\n\n", s.Title)
	for _, l := range s.Learn {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	fmt.Fprintf(&b, "\nYou need `%s`. ", strings.Join(append([]string{"ccdev", "sh"}, s.Needs...), "`, `"))
	fmt.Fprintf(&b, "Each output below is a real one, of the %s runtime: IDs, ports and times will be others for you.\n", w.runtime)
	fmt.Fprintf(&b, "`ccdev scenario run %s` walks you through the same steps.\n\n", s.Name)
	fmt.Fprintf(&b, "Begin in an empty folder:\n\n%s", fenced("sh", "mkdir "+s.Name+" && cd "+s.Name))
	for i, step := range s.Steps {
		fmt.Fprintf(&b, "\n## %d. %s\n\n%s\n", i+1, step.Title, strings.TrimRight(step.Text, "\n"))
		if w.done[i] != nil {
			b.WriteString(result(step, *w.done[i]))
		}
	}
	return strings.ReplaceAll(b.String(), w.dir, "~/"+s.Name)
}

// result is what a step has done, its output, and what was checked.
func result(step Step, done outcome) string {
	var b strings.Builder
	b.WriteString(deed(step))
	if strings.TrimSpace(done.output) != "" {
		fmt.Fprintf(&b, "\n%s", fenced("text", done.output))
	}
	if done.exit != 0 {
		fmt.Fprintf(&b, "\nIts exit code is %d.\n", done.exit)
	}
	for i, c := range step.Expect {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "- ✓ %s\n", c.That)
	}
	return b.String()
}

// deed is what the reader does in a step.
func deed(step Step) string {
	switch {
	case step.Edit != nil:
		return editing(*step.Edit)
	case step.Start != "":
		return "\nIn a terminal of its own, in the same folder:\n\n" + fenced("sh", step.Run)
	case step.Stop != "":
		return "\nPress Ctrl-C in the terminal of " + step.Stop + ".\n"
	case step.Run != "":
		return "\n" + fenced("sh", step.Run)
	default:
		return ""
	}
}

func editing(e Edit) string {
	language := languageOf(e.File)
	switch {
	case filepath.Ext(e.File) == ".sum":
		return fmt.Sprintf("\n`%s` has the checksums of the dependencies: `go mod tidy` writes it.\n", e.File)
	case e.Old != "":
		return fmt.Sprintf("\nIn `%s`, replace\n\n%s\nwith\n\n%s", e.File, fenced(language, e.Old), fenced(language, e.New))
	default:
		return fmt.Sprintf("\nWrite `%s`:\n\n%s", e.File, fenced(language, e.Text))
	}
}

// fenced is a block of code, whose fence is longer than any in it.
func fenced(language, text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + language + "\n" + strings.Trim(text, "\n") + "\n" + fence + "\n"
}

func languageOf(file string) string {
	switch ext := filepath.Ext(file); ext {
	case ".yaml", ".json", ".go", ".js", ".sh":
		return ext[1:]
	default:
		return "text"
	}
}
