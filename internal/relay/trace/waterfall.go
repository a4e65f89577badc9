package trace

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
)

// Colours of a waterfall; each comes with a word that says the same.
const (
	dim    = "\x1b[2m"
	red    = "\x1b[31m"
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	violet = "\x1b[35m"
	cyan   = "\x1b[36m"
	plain  = "\x1b[0m"
)

// Waterfall writes one transaction as text: what was called, a line for each request with its
// place on the time axis, and how it ended. No line is wider than width columns; 80 if it is not
// positive. Times are of the time zone that t.Start is in. Nothing in it can move a cursor.
func Waterfall(w io.Writer, t Trace, width int, color bool) error {
	if width <= 0 {
		width = 80
	}
	p := &page{width: width, color: color}
	p.header(t)
	p.requests(t)
	p.ending(t)
	_, err := io.WriteString(w, p.String())
	return err
}

type page struct {
	strings.Builder
	width int
	color bool
}

// line adds a line, cut to the width. Its parts are coloured before.
func (p *page) line(parts ...string) {
	p.WriteString(strings.TrimRight(ansi.Truncate(strings.Join(parts, ""), p.width, "…"), " ") + "\n")
}

// wrap adds parts, separated by commas, on as many lines as they need.
func (p *page) wrap(parts ...string) {
	line := parts[0]
	for _, part := range parts[1:] {
		if ansi.StringWidth(line)+ansi.StringWidth(part)+len(", ,") > p.width {
			p.line(p.paint(dim, line+","))
			line = part
			continue
		}
		line += ", " + part
	}
	p.line(p.paint(dim, line))
}

func (p *page) paint(color, text string) string {
	if !p.color || text == "" {
		return text
	}
	return color + text + plain
}

func (p *page) header(t Trace) {
	p.line(call(t))
	p.wrap(clean(t.TxID), t.where(), "by "+t.who(), "at "+clean(t.Peer), fmt.Sprintf("generation %d", t.Generation),
		t.Start.Format("2006-01-02 15:04:05.000"), t.total())
	for _, name := range sorted(t.Transient) {
		p.line(p.paint(dim, "transient "), clean(name), " ", describe(t.Transient[name]))
	}
	p.WriteString("\n")
}

func (t Trace) where() string {
	where := clean(t.Chaincode) + " on " + clean(t.Channel)
	if t.CalledBy != "" {
		where += " called by " + clean(t.CalledBy)
	}
	return where
}

func (t Trace) who() string {
	if who := join(clean(t.Caller.MSPID), clean(t.Caller.CommonName)); who != "" {
		return who
	}
	return "nobody known"
}

func (t Trace) total() string {
	if t.Running {
		return "running for " + duration(t.Duration)
	}
	return duration(t.Duration)
}

// columns are the widths of a waterfall's columns. What a request is about takes what is left.
type columns struct{ offset, bar, took, kind int }

func (p *page) columns(t Trace) columns {
	c := columns{offset: 8, took: 8}
	for _, r := range t.Requests {
		c.kind = max(c.kind, ansi.StringWidth(clean(r.Type)))
	}
	// At 40 columns there is room for what was asked and how long it took, and no more.
	if p.width < 60 {
		c.offset = 0
		return c
	}
	c.bar = min((p.width-40)/4, 40)
	return c
}

func (p *page) requests(t Trace) {
	c := p.columns(t)
	total := t.Duration
	for _, r := range t.Requests {
		total = max(total, r.At+r.Duration)
	}
	for _, r := range t.Requests {
		var b strings.Builder
		if c.offset > 0 {
			b.WriteString(p.paint(dim, fmt.Sprintf("%*s ", c.offset, duration(r.At))))
			b.WriteString("│" + p.paint(r.color(), bar(r, total, c.bar)) + "│ ")
		}
		took := duration(r.Duration)
		if r.Unanswered {
			took = "open"
		}
		fmt.Fprintf(&b, "%*s ", c.took, took)
		b.WriteString(p.paint(r.color(), fmt.Sprintf("%-*s", c.kind, clean(r.Type))))
		p.line(b.String(), " ", p.about(r, p.width-ansi.StringWidth(b.String())-1))
	}
	if t.RequestsOmitted > 0 {
		p.line(p.paint(dim, fmt.Sprintf("… and %d more requests", t.RequestsOmitted)))
	}
	if len(t.Requests) == 0 {
		p.line(p.paint(dim, "It asked the peer for nothing."))
	}
	p.WriteString("\n")
}

// about is what a request is about, and its sizes flush right if there is room for both.
func (p *page) about(r Request, room int) string {
	subject, sizes := r.subject(), fmt.Sprintf("%s→%s", size(r.RequestSize), size(r.ResponseSize))
	left := room - ansi.StringWidth(sizes) - 1
	if left < 8 {
		return ansi.Truncate(subject, max(room, 0), "…")
	}
	subject = ansi.Truncate(subject, left, "…")
	return subject + strings.Repeat(" ", left-ansi.StringWidth(subject)+1) + p.paint(dim, sizes)
}

// bar shows when a request ran, as part of the whole; at least one column of it.
func bar(r Request, total time.Duration, width int) string {
	if width <= 0 {
		return ""
	}
	length := r.Duration
	if r.Unanswered {
		length = total - r.At
	}
	from, to := scale(r.At, total, width), scale(r.At+length, total, width)
	from = min(from, width-1)
	to = min(max(to, from+1), width)
	return strings.Repeat(" ", from) + strings.Repeat("█", to-from) + strings.Repeat(" ", width-to)
}

func scale(d, total time.Duration, width int) int {
	if total <= 0 || d <= 0 {
		return 0
	}
	return min(int(float64(d)/float64(total)*float64(width)+0.5), width)
}

func (r Request) color() string {
	switch {
	case r.Error != "" || r.Malformed:
		return red
	case strings.HasPrefix(r.Type, "GET_") || strings.HasPrefix(r.Type, "QUERY_"):
		return cyan
	case r.Chaincode != "":
		return violet
	default:
		return yellow
	}
}

// told adds a text of several lines, whole, after what it is.
func (p *page) told(color, what, text string) {
	indent := strings.Repeat(" ", min(ansi.StringWidth(what), p.width/4))
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		for part := range strings.SplitSeq(ansi.Wrap(clean(line), max(p.width-ansi.StringWidth(what), 1), "/:"), "\n") {
			p.line(p.paint(color, what), part)
			what = indent
		}
	}
}

func (p *page) ending(t Trace) {
	if r := t.Result; r != nil {
		color := green
		if r.Status >= 400 {
			color = red
		}
		if r.Status >= 400 { // why is all that matters
			p.told(color, fmt.Sprintf("result  %d ", r.Status), r.Message)
			if r.Payload.Size > 0 {
				p.line(p.paint(color, "with    "), describe(r.Payload))
			}
		} else {
			p.line(p.paint(color, fmt.Sprintf("result  %d ", r.Status)), join(clean(r.Message), describe(r.Payload)))
		}
	}
	if t.Event != nil {
		p.line(p.paint(cyan, "event   "), clean(t.Event.Name), " ", describe(t.Event.Payload))
	}
	if t.Error != "" {
		p.told(red, "error   ", t.Error)
	}
	if t.Running {
		p.line(p.paint(yellow, "running "), "it has not ended yet")
	}
}
