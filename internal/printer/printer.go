// Package printer renders events as plain text or as JSON lines.
package printer

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/charmbracelet/x/ansi"
)

// Clean makes a line from elsewhere safe to print: without escape sequences, and without other
// control characters than the tab. Bytes that are no UTF-8 are no controls either: they may be letters of
// another encoding, and become U+FFFD.
func Clean(line string) string {
	return strings.Map(func(r rune) rune {
		if r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, ansi.Strip(strings.ToValidUTF8(line, "\uFFFD")))
}

// CleanText is Clean for a text of several lines.
func CleanText(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = Clean(l)
	}
	return strings.Join(lines, "\n")
}

// Style says what the writer of a printer can show.
type Style struct {
	Live  bool // a terminal, on which the last line can be written anew
	Width int  // of that terminal, in columns; 0 for one of the usual width
	Color bool
}

// Plain prints events as lines of text: what is done, as it gets done, and logs.
type Plain struct {
	style Style

	mu      sync.Mutex
	out     io.Writer
	running []progress // steps that run, in the order of their start
	live    bool       // the last line is one to be written anew
	peer    string     // that the first transaction was executed on
	peers   bool       // others were executed elsewhere
}

type progress struct {
	step, text  string
	done, total int
}

// NewPlain makes a printer that writes to out.
func NewPlain(out io.Writer, style Style) *Plain { return &Plain{out: out, style: style} }

// Sink prints an event.
func (p *Plain) Sink(e event.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := e.(type) {
	case event.Begun:
		p.line(p.begun(e))
	case event.StepStarted:
		p.running = append(p.running, progress{step: e.Step})
	case event.StepProgress:
		p.progress(e)
	case event.StepDone:
		p.end(e.Step)
		p.line(p.outcome("\x1b[32m", "✓", e.Step, e.Note, e.Took))
	case event.StepSkipped:
		p.line(p.outcome("\x1b[2m", "-", e.Step, e.Reason+" already", 0))
	case event.StepFailed:
		p.end(e.Step)
		p.line(p.outcome("\x1b[31m", "✗", e.Step, "failed", e.Took))
	case event.StepCancelled:
		p.end(e.Step)
		p.line(p.outcome("\x1b[2m", "-", e.Step, "cancelled", 0))
	default:
		p.other(e)
	}
	p.redraw()
}

// other prints what belongs to no step.
func (p *Plain) other(e event.Event) {
	switch e := e.(type) {
	case event.Change:
		p.change(e)
	case event.Transaction:
		p.transaction(e)
	case event.Block:
		p.block(e)
	case event.Notice:
		p.line("  " + CleanText(e.Text))
	case event.Log:
		p.line(p.colored("\x1b[36m", e.Service) + " | " + Clean(e.Text))
	case event.ScenarioStep:
		p.scenarioStep(e)
	case event.ScenarioOutput:
		p.scenarioOutput(e)
	case event.ScenarioCheck:
		p.scenarioCheck(e)
	}
}

func (p *Plain) begun(e event.Begun) string {
	text := fmt.Sprintf("%s: Fabric %s on %s", e.Project, e.Fabric, e.Runtime)
	if e.Why != "" {
		text += " (" + Clean(e.Why) + ")"
	}
	return text
}

func (p *Plain) outcome(color, glyph, step, note string, took time.Duration) string {
	line := fmt.Sprintf("  %s %-18s %s", p.colored(color, glyph), step, Clean(note))
	if took >= time.Millisecond {
		line += p.colored("\x1b[2m", "  "+Duration(took))
	}
	return line
}

// change prints a change when it is noticed, and when it is live or has failed.
func (p *Plain) change(e event.Change) {
	took := p.colored("\x1b[2m", "  "+Duration(e.Since))
	switch e.Phase {
	case "changed":
		if len(e.Files) == 0 {
			return // nobody has: it is being looked at once more
		}
		p.line("  … " + e.Chaincode + ": " + Clean(strings.Join(e.Files, ", ")) + " changed")
	case "live":
		p.line(fmt.Sprintf("  %s %s: generation %d is live%s", p.colored("\x1b[32m", "✓"), e.Chaincode, e.Generation, took))
	case "failed":
		p.line(fmt.Sprintf("  %s %s: failed; the code before goes on%s", p.colored("\x1b[31m", "✗"), e.Chaincode, took))
		p.clear()
		Fault(p.out, fault.From(e.Err), p.style)
	}
}

func (p *Plain) colored(color, text string) string {
	if !p.style.Color {
		return text
	}
	return color + text + "\x1b[0m"
}

// progress keeps how far a step is. Where the line cannot be written anew, only each tenth of
// the way is worth a line.
func (p *Plain) progress(e event.StepProgress) {
	for i, r := range p.running {
		if r.step != e.Step {
			continue
		}
		p.running[i] = progress{e.Step, e.Text, e.Done, e.Total}
		if !p.style.Live && (r.text != e.Text && e.Total == 0 || tenth(r.done, r.total) != tenth(e.Done, e.Total)) {
			p.line("  … " + p.running[i].String())
		}
	}
}

func tenth(done, total int) int {
	if total <= 0 {
		return -1
	}
	return done * 10 / total
}

func (r progress) String() string {
	switch {
	case r.text == "":
		return r.step
	case r.total > 0:
		return fmt.Sprintf("%s: %s %d/%d", r.step, Clean(r.text), r.done, r.total)
	default:
		return r.step + ": " + Clean(r.text)
	}
}

func (p *Plain) end(step string) {
	for i, r := range p.running {
		if r.step == step {
			p.running = append(p.running[:i], p.running[i+1:]...)
			return
		}
	}
}

// line prints a line that stays.
func (p *Plain) line(text string) {
	p.clear()
	fmt.Fprintln(p.out, text) //nolint:errcheck // there is nowhere else to say that the terminal is gone
}

func (p *Plain) clear() {
	if p.live {
		io.WriteString(p.out, "\r\x1b[K") //nolint:errcheck // as above
		p.live = false
	}
}

// usualWidth is that of a terminal that does not say its own.
const usualWidth = 80

// redraw shows the steps that run, on a line that the next event replaces.
func (p *Plain) redraw() {
	if !p.style.Live || len(p.running) == 0 {
		p.clear()
		return
	}
	var texts []string
	for _, r := range p.running {
		texts = append(texts, r.String())
	}
	p.clear()
	// Cut before it wraps: what has wrapped could not be cleared.
	line := ansi.Truncate("  … "+strings.Join(texts, " · "), cmp.Or(p.style.Width, usualWidth)-1, "…")
	io.WriteString(p.out, line) //nolint:errcheck // as above
	p.live = true
}

// Duration is a duration as people read it: "12 ms", "1.8 s", "2m10s".
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	default:
		return d.Round(time.Second).String()
	}
}
