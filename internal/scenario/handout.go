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
			b.WriteString(w.deed(step, *w.done[i]))
		}
	}
	return strings.ReplaceAll(b.String(), w.dir, "~/"+s.Name)
}

func (w *Walk) deed(step Step, done outcome) string {
	var b strings.Builder
	switch {
	case step.Edit != nil && filepath.Ext(step.Edit.File) == ".sum":
		fmt.Fprintf(&b, "\n`%s` has the checksums of the dependencies: `go mod tidy` writes it.\n", step.Edit.File)
	case step.Edit != nil && step.Edit.Old != "":
		language := languageOf(step.Edit.File)
		fmt.Fprintf(&b, "\nIn `%s`, replace\n\n%s\nwith\n\n%s", step.Edit.File, fenced(language, step.Edit.Old), fenced(language, step.Edit.New))
	case step.Edit != nil:
		fmt.Fprintf(&b, "\nWrite `%s`:\n\n%s", step.Edit.File, fenced(languageOf(step.Edit.File), step.Edit.Text))
	case step.Start != "":
		fmt.Fprintf(&b, "\nIn a terminal of its own:\n\n%s", fenced("sh", step.Run))
	case step.Stop != "":
		fmt.Fprintf(&b, "\nPress Ctrl-C in the terminal of %s. All that it has written:\n", step.Stop)
	case step.Run != "":
		fmt.Fprintf(&b, "\n%s", fenced("sh", step.Run))
	}
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
