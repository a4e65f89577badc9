package recording

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/terminal"
	"github.com/creack/pty"
)

const (
	shortest = 100 * time.Millisecond // of a frame: what shows for less is not seen
	longest  = 600 * time.Millisecond // of a frame in which nothing happens, unless it is held
	keystone = 50 * time.Millisecond  // between two keys
)

// camera films a program on a terminal, and presses keys. Its first error ends it.
type camera struct {
	ctx      context.Context
	film     *Film
	terminal *terminal.Terminal
	keys     *os.File
	caption  string
	since    time.Time // when what shows was first seen
	err      error
}

// roll starts a program on a terminal of its own. The function that it returns ends it.
func roll(ctx context.Context, width, height int, program *exec.Cmd) (*camera, func(), error) {
	keys, err := pty.StartWithSize(program, &pty.Winsize{Rows: uint16(height), Cols: uint16(width)}) //nolint:gosec // a hundred
	if err != nil {
		return nil, nil, err
	}
	c := &camera{ctx: ctx, film: &Film{Width: width, Height: height}, terminal: terminal.New(width, height), keys: keys}
	read := make(chan struct{})
	go func() {
		defer close(read)
		_, _ = io.Copy(c.terminal, keys) // to its end, which is an error on Linux
	}()
	return c, func() {
		_ = program.Process.Signal(syscall.SIGHUP) // the end of the shell ends what runs in it
		_ = program.Wait()
		_ = keys.Close()
		<-read
	}, nil
}

// say changes the caption.
func (c *camera) say(caption string) { c.caption = caption }

// shows films until all of that shows at once.
func (c *camera) shows(texts ...string) {
	ctx, cancel := context.WithTimeout(c.ctx, time.Minute)
	defer cancel()
	for c.err == nil {
		more := c.terminal.Change()
		text := c.terminal.Text()
		c.shoot()
		if !slices.ContainsFunc(texts, func(want string) bool { return !strings.Contains(text, want) }) {
			return
		}
		select {
		case <-more:
		case <-ctx.Done():
			c.err = fmt.Errorf("the screen never shows %q:\n%s", texts, text)
		}
	}
}

// shoot takes a frame of what shows. It takes the place of one that has shown for too short a time,
// or that is half drawn.
func (c *camera) shoot() {
	now, last := time.Now(), len(c.film.Frames)-1
	if last >= 0 && now.Sub(c.since) < shortest && c.film.Frames[last].Lasts == 0 {
		c.film.Frames = c.film.Frames[:last]
	} else {
		if last >= 0 && c.film.Frames[last].Lasts == 0 {
			c.film.Frames[last].Lasts = min(now.Sub(c.since), longest)
		}
		c.since = now
	}
	c.film.add(Frame{Caption: c.caption, Rows: c.terminal.Cells()})
}

// hold keeps what shows for that long, to be read.
func (c *camera) hold(d time.Duration) {
	c.shoot()
	c.film.Frames[len(c.film.Frames)-1].Lasts = d
}

// still keeps what shows, and has it stand for the film where nothing moves.
func (c *camera) still(d time.Duration) {
	c.hold(d)
	c.film.Frames[len(c.film.Frames)-1].Still = true
}

// press writes keys as a terminal sends them.
func (c *camera) press(keys string) {
	if c.err == nil {
		_, c.err = c.keys.WriteString(keys)
	}
}

// types writes a line key by key, each when the one before it shows.
func (c *camera) types(line string) {
	for i := range line {
		c.press(line[i : i+1])
		c.shows(strings.TrimRight(line[:i+1], " "))
		c.hold(keystone)
	}
}
