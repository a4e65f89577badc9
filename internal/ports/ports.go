// Package ports gives each project TCP ports of its own on 127.0.0.1, the same ones at every run.
package ports

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/gofrs/flock"
)

// Book is the record, shared by all projects of a user, of who has which port. Two projects
// that come up at once, or one that is down for the night, thus never meet on a port.
type Book struct {
	file  string
	alive func(dir string) bool // whether the project in dir still has a network
}

// Open gives the book kept in a folder of its own. alive tells whether the project in a folder
// still exists: the ports of one that does not are free again.
func Open(folder string, alive func(dir string) bool) *Book {
	return &Book{file: filepath.Join(folder, "ports.json"), alive: alive}
}

// claims are the ports in the book: port → whose.
type claims map[int]claim

type claim struct {
	Dir string `json:"dir"`
	Use string `json:"use"`
}

// Claims is the book opened for one project: ask for ports, then Close.
type Claims struct {
	book *Book
	dir  string
	lock *flock.Flock
	all  claims
}

// lockWait is long against the milliseconds that another ccdev holds the book.
const lockWait = 10 * time.Second

// Claim opens the book for the project in dir. Nobody else can claim until it is closed.
func (b *Book) Claim(ctx context.Context, dir string) (*Claims, error) {
	if err := os.MkdirAll(filepath.Dir(b.file), 0o700); err != nil {
		return nil, fmt.Errorf("keep the book of ports: %w", err)
	}
	lock := flock.New(b.file + ".lock")
	limited, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	_, err := lock.TryLockContext(limited, 5*time.Millisecond)
	switch {
	case ctx.Err() != nil:
		_ = lock.Close() // nothing was written
		return nil, context.Cause(ctx)
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fault.New(fault.Timeout, "end the other ccdev that hangs, then try again",
			"another ccdev has held %s for %s: %w", b.file, lockWait, err)
	case err != nil:
		return nil, fmt.Errorf("keep the book of ports: %w", err)
	}
	c := &Claims{book: b, dir: dir, lock: lock, all: b.read()}
	for port, cl := range c.all {
		if cl.Dir != dir && !b.alive(cl.Dir) {
			delete(c.all, port)
		}
	}
	return c, nil
}

// read gives what the book says. One that nobody can read binds nobody.
func (b *Book) read() claims {
	var all claims
	text, err := os.ReadFile(b.file)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || all == nil {
		return claims{}
	}
	return all
}

// Port gives the port for a use of the project: the one it has already; else wanted, if that is
// not 0 and nobody has it; else the first free one of usual, usual+1, …. A wanted port that is
// another's, or another use's, is a fault of the kind Usage.
func (c *Claims) Port(use string, wanted, usual int) (int, error) {
	for port, cl := range c.all {
		if cl == (claim{c.dir, use}) && (wanted == 0 || wanted == port) {
			return port, nil
		}
	}
	if wanted != 0 {
		return c.take(use, wanted)
	}
	for port := usual; port <= 65535; port++ {
		if _, taken := c.all[port]; !taken && Free(port) {
			c.all[port] = claim{c.dir, use}
			return port, nil
		}
	}
	return 0, fault.New(fault.Boot, "end programs that listen on many ports", "no port from %d up is free for %s", usual, use)
}

func (c *Claims) take(use string, wanted int) (int, error) {
	cl, taken := c.all[wanted]
	if taken && cl.Dir == c.dir {
		return 0, fault.New(fault.Usage, fmt.Sprintf("set another port for %s or for %s in ccdev.yaml", use, cl.Use),
			"port %d, asked for %s, is that of %s", wanted, use, cl.Use)
	}
	if taken {
		return 0, fault.New(fault.Usage,
			fmt.Sprintf("set another port for %s in ccdev.yaml, or run \"ccdev down -v\" in %s", use, cl.Dir),
			"port %d, asked for %s, belongs to %s of the ccdev project in %s", wanted, use, cl.Use, cl.Dir)
	}
	c.Yield(use)
	c.all[wanted] = claim{c.dir, use}
	return wanted, nil
}

// Yield gives back the port of one use of the project.
func (c *Claims) Yield(use string) {
	for port, cl := range c.all {
		if cl == (claim{c.dir, use}) {
			delete(c.all, port)
		}
	}
}

// Release gives back every port of the project.
func (c *Claims) Release() {
	for port, cl := range c.all {
		if cl.Dir == c.dir {
			delete(c.all, port)
		}
	}
}

// Discard lets the next one in, and leaves the book as it was.
func (c *Claims) Discard() {
	_ = c.lock.Unlock() // closing the file releases the lock in any case
}

// Close writes the book and lets the next one in.
func (c *Claims) Close() error {
	defer c.lock.Unlock() //nolint:errcheck // closing the file releases the lock in any case
	text, err := json.MarshalIndent(c.all, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the book of ports: %w", err)
	}
	return atomicfile.Write(c.book.file, text, 0o600)
}

// Free tells whether nobody listens on a port of 127.0.0.1.
func Free(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

// Stale counts the ports, by folder, of projects that have no network any more.
func (b *Book) Stale() map[string]int {
	stale := map[string]int{}
	for _, cl := range b.read() {
		if !b.alive(cl.Dir) {
			stale[cl.Dir]++
		}
	}
	return stale
}

// Tidy gives back the ports that Stale counts.
func (b *Book) Tidy(ctx context.Context) error {
	c, err := b.Claim(ctx, "")
	if err != nil {
		return err
	}
	return c.Close()
}
