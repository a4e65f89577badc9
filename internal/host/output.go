package host

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"
)

const (
	maxLine   = 64 << 10 // bytes; a longer line becomes several
	tailLines = 30       // what Node says of a module that it does not find are more than 20
	tailWidth = 1000     // bytes of a line that are kept
	cutMark   = "…"
)

// output takes the lines of all processes. Lines of two never mix.
type output struct {
	mu sync.Mutex
	to io.Writer
}

// write writes a line, which ends with a newline.
func (o *output) write(line []byte) {
	if o.to == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_, _ = o.to.Write(line) // a full disk is no reason to stop a chaincode
}

// insides are the lines of a stack trace that are Node's own: they explain nothing, and crowd out
// what does.
var insides = regexp.MustCompile(`^\s+at (.*\()?node:`)

// tail keeps the last lines of a process that may explain its end.
type tail struct {
	mu    sync.Mutex
	lines []string
	panic goPanic
}

func (t *tail) add(line []byte) {
	if insides.Match(line) {
		return
	}
	text := cut(bytes.TrimRight(line, "\r\n"))
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.lines) == tailLines {
		t.lines = slices.Delete(t.lines, 0, 1)
	}
	t.lines = append(t.lines, text)
	t.panic.add(text)
}

// cut shortens a line, between two characters.
func cut(line []byte) string {
	if len(line) <= tailWidth {
		return string(line)
	}
	end := tailWidth
	for end > tailWidth-utf8.UTFMax && !utf8.RuneStart(line[end]) {
		end--
	}
	return string(line[:end]) + cutMark
}

// last gives the last lines of a process that ended with this code, or why it has panicked.
func (t *tail) last(code int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if told := t.panic.told(); code == goPanicExit && told != nil {
		return told
	}
	return slices.Clone(t.lines)
}

// copyLines gives each line of r to o and t, until r ends.
func copyLines(r io.Reader, o *output, t *tail) {
	in := bufio.NewReaderSize(r, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			if line[len(line)-1] != '\n' { // too long, or the last one
				line = append(slices.Clone(line), '\n')
			}
			t.add(line) // first: what explains an exit must not wait for whoever reads Out
			o.write(line)
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}
