package recording

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/terminal"
)

// shown are the rows of a terminal on which this was written.
func shown(t *testing.T, written string) [][]terminal.Cell {
	t.Helper()
	tm := terminal.New(20, 3)
	if _, err := tm.Write([]byte(written)); err != nil {
		t.Fatal(err)
	}
	return tm.Cells()
}

func TestSVG(t *testing.T) {
	f := &Film{Width: 20, Height: 3}
	f.add(Frame{Caption: "a & b", Rows: shown(t, "$ ls   <x>"), Lasts: time.Second})
	f.add(Frame{Caption: "a & b", Rows: shown(t, "$ ls   <x>"), Lasts: time.Second})
	f.add(Frame{Caption: "then", Rows: shown(t, "$ ls   <x>\r\n\x1b[1;32mgood\x1b[m \x1b[7mbad"), Lasts: 2 * time.Second, Still: true})
	var out bytes.Buffer
	if err := f.WriteSVG(&out); err != nil {
		t.Fatal(err)
	}
	for d := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("it is no XML: %v\n%s", err, &out)
		}
	}
	svg := out.String()
	for _, want := range []string{
		"#film{transform:translateY(-96px);animation:film 4.0s step-end infinite}",
		"0%{transform:translateY(-0px)}\n50%{transform:translateY(-96px)}\n",
		"a &amp; b", `<text x="0" y="13" textLength="33.6">$ ls</text><text x="58.8" y="13" textLength="25.2">&lt;x&gt;</text>`,
		"{fill:#3fb950;font-weight:bold}", `fill="#c9d1d9"/>`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("it has no %s:\n%s", want, svg)
		}
	}
	if strings.Count(svg, "$ ls") != 1 || len(f.Frames) != 2 {
		t.Errorf("what shows twice is written twice:\n%s", svg)
	}
	if regexp.MustCompile(`(?i)<script|https?://[^w]|url\(`).MatchString(svg) {
		t.Errorf("it needs more than itself:\n%s", svg)
	}
}

func TestNothingFilmed(t *testing.T) {
	if err := (&Film{Width: 20, Height: 3}).WriteSVG(io.Discard); err == nil {
		t.Error("a film without a frame was written")
	}
}

func TestFinds(t *testing.T) {
	f := &Film{Frames: []Frame{{Rows: shown(t, "in /home/a/x")}}}
	if got := f.finds([]string{"", "/home/a"}); !strings.Contains(got, "/home/a/x") {
		t.Errorf("found %q", got)
	}
	if got := f.finds([]string{"", "/home/b"}); got != "" {
		t.Errorf("found %q, which is not there", got)
	}
}

func TestCamera(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	c, end, err := roll(t.Context(), 20, 3, exec.Command("sh", "-c", `printf 'name? '; read x; echo "hello $x"; read x`))
	if err != nil {
		t.Skip(err) // there is no terminal to be had
	}
	c.say("asked")
	c.shows("name?")
	c.types("you")
	c.press("\r")
	c.shows("hello you")
	c.still(time.Minute)
	end()
	if c.err != nil {
		t.Fatal(c.err)
	}
	last := c.film.Frames[len(c.film.Frames)-1]
	if got := text(last.Rows[1]); last.Caption != "asked" || !last.Still || last.Lasts != time.Minute || !strings.HasPrefix(got, "hello you") {
		t.Errorf("the last frame is %+v: %q", last, got)
	}
	for i, frame := range c.film.Frames {
		if frame.Lasts == 0 {
			t.Errorf("frame %d lasts no time", i)
		}
	}
}

func TestCameraWaitsInVain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := &camera{ctx: ctx, film: &Film{}, terminal: terminal.New(20, 3)}
	c.shows("what never shows")
	c.press("x") // is not pressed any more
	if c.err == nil || !strings.Contains(c.err.Error(), "what never shows") {
		t.Errorf("the error is %v", c.err)
	}
}
