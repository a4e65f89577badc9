package recording

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"
)

// Options say what to film.
type Options struct {
	Program string   // ccdev
	Env     []string // of ccdev, which finds its caches and Go's by it
}

// Up films a first hour with ccdev: a chaincode from a template comes up, is called, changed, and
// looked into. It leaves nothing.
func Up(ctx context.Context, o Options, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "recording")
	if err != nil {
		return err
	}
	assets := filepath.Join(dir, "assets")
	program, err := filepath.Abs(o.Program)
	if err != nil {
		return err
	}
	env := append(o.Env, "PATH="+filepath.Dir(program)+string(os.PathListSeparator)+os.Getenv("PATH"), "CCDEV_RUNTIME=process",
		"HOME="+dir, "TERM=xterm-256color", "COLORTERM=truecolor", "PS1=$ ")
	defer func() {
		down := exec.CommandContext(context.WithoutCancel(ctx), program, "down", "-v", "--dir", assets)
		down.Env = env
		if out, failed := down.CombinedOutput(); err == nil && failed != nil {
			err = fmt.Errorf("down: %w\n%s", failed, out)
		}
		_ = os.RemoveAll(dir)
	}()

	shell := exec.CommandContext(ctx, "sh")
	shell.Dir, shell.Env = dir, env
	c, end, err := roll(ctx, 100, 28, shell)
	if err != nil {
		return err
	}
	first(c, filepath.Join(assets, "asset.go"))
	end()
	if c.err != nil {
		return c.err
	}
	if found := c.film.finds(private(dir)); found != "" {
		return fmt.Errorf("the film shows what is of this machine only: %s", found)
	}
	return c.film.WriteSVG(w)
}

// first is what is done in a first hour.
func first(c *camera, source string) {
	comesUp(c)
	c.say("i calls a function: the contract tells what there is")
	create(c, "asset1 alice 100", `"value": 100`)

	c.say("An editor saves asset.go: the new code is live, and nothing has stopped")
	c.edit(source, "Value: value}", "Value: 2 * value}")
	c.shows("gen 2", "changed → live in")
	c.shows(" LIVE\n")
	c.hold(2 * time.Second)
	c.say("2 * value, it says now")
	create(c, "asset2 bob 100", `"value": 200`)

	c.say("Enter opens a transaction: all that it has asked of the peer")
	c.press("3")
	c.hold(time.Second / 2)
	c.press("\r")
	c.shows("✓ VALID in block", "PUT_STATE asset2")
	c.still(4 * time.Second)
	c.press("\x1b")
	c.shows("2 logs")

	c.say("Ctrl-C stops it, or leaves it running")
	c.press("\x03")
	c.shows("What is to become of the network?")
	c.hold(2 * time.Second)
	c.press("\x03")
	c.shows("the ledger is kept", "\n$")
	c.hold(3 * time.Second)
}

func comesUp(c *camera) {
	c.say("A chaincode to start from, or one of yours")
	c.shows("$")
	c.hold(time.Second)
	c.types("ccdev init assets && cd assets")
	c.hold(time.Second / 2)
	c.press("\r")
	c.shows("ccdev up", "\n$")
	c.hold(2 * time.Second)
	c.say("A real peer and orderer, with this chaincode on them")
	c.types("clear; ccdev up")
	c.hold(time.Second / 2)
	c.press("\r")
	c.shows("BOOTING")
	c.shows(" LIVE\n", "● peer0.org1 running", "none yet")
	c.hold(2 * time.Second)
}

// create has an asset made in the screen's line of calls.
func create(c *camera, args, result string) {
	c.press("i")
	c.shows("CreateAsset(", "Enter call")
	c.hold(time.Second)
	c.types("CreateAsset " + args)
	c.press("\r")
	c.shows("✓ VALID in block", result)
	c.hold(2 * time.Second)
	c.press("\x1b")
	c.shows("2 logs", "✓ VALID")
	c.hold(time.Second)
}

// edit saves a file with one piece of it changed.
func (c *camera) edit(file, old, changed string) {
	if c.err != nil {
		return
	}
	source, err := os.ReadFile(file)
	if err == nil && strings.Count(string(source), old) != 1 {
		err = fmt.Errorf("%s has not one %q", file, old)
	}
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Replace(string(source), old, changed, 1)), 0o600)
	}
	c.err = err
}

// private are words that would tell where a film was made.
func private(dir string) []string {
	words := []string{dir, os.TempDir()}
	if home, err := os.UserHomeDir(); err == nil {
		words = append(words, home)
	}
	if host, err := os.Hostname(); err == nil {
		words = append(words, host)
	}
	if u, err := user.Current(); err == nil {
		words = append(words, u.HomeDir, u.Username)
	}
	addresses, _ := net.InterfaceAddrs() // what is not known cannot be looked for
	for _, a := range addresses {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && !ip.IsLoopback() {
			words = append(words, ip.String())
		}
	}
	return words
}
