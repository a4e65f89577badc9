package node

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/procgroup"
)

// lockFiles are those of npm, the one that counts first.
var lockFiles = []string{"npm-shrinkwrap.json", "package-lock.json"}

// npmConfig is npm's configuration of a project.
const npmConfig = ".npmrc"

// kept is how many sets of dependencies stay: those of the generations that still run.
const kept = 4

// install has the project's dependencies installed, in a folder named after all they depend on,
// and linked to the sources.
func (b *builder) install(ctx context.Context) error {
	needs, locked := b.needs()
	if err := b.identify(ctx, needs); err != nil {
		return err
	}
	target := filepath.Join(b.Dir, ModulesDir, b.modules)
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
		if err := b.npm(ctx, target, needs, locked); err != nil {
			return err
		}
	}
	now := time.Now()
	_ = os.Chtimes(target, now, now) // only its order among the others
	b.prune()
	return b.link(target)
}

// identify names the dependencies after all they depend on.
func (b *builder) identify(ctx context.Context, needs []string) error {
	node, err := exec.LookPath("node")
	if err != nil {
		return fault.New(fault.Build, "install Node (https://nodejs.org), and see that it is on your PATH; in Docker, name an image that has it",
			"cannot build the chaincode: there is no node command: %w", err)
	}
	version, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return fault.New(fault.Build, "see that \"node --version\" works", "cannot run node: %w", err)
	}
	sum := sha256.New()
	for _, part := range [][]byte{version, []byte(strings.Join(needs, "\n"))} {
		_, _ = sum.Write(part) // it never fails (hash.Hash)
	}
	for _, name := range needs {
		if text, err := os.ReadFile(filepath.Join(b.dir, name)); err == nil && name != manifestFile {
			_, _ = sum.Write(text)
		}
	}
	dependencies, err := json.Marshal([]any{
		b.manifest.Dependencies, b.manifest.DevDependencies, b.manifest.OptionalDependencies, b.manifest.Overrides,
	})
	if err != nil {
		return cannotBuild(err)
	}
	_, _ = sum.Write(dependencies)
	b.modules = hex.EncodeToString(sum.Sum(nil))[:16]
	return nil
}

// needs are the files that npm needs, and whether one of them is a lock file.
func (b *builder) needs() (names []string, locked bool) {
	names = []string{manifestFile}
	for _, name := range append(lockFiles, npmConfig) {
		if b.has(name) {
			names = append(names, name)
			locked = locked || slices.Contains(lockFiles, name)
		}
	}
	return names, locked
}

// npm installs into a folder that is only given its name once it is whole.
func (b *builder) npm(ctx context.Context, target string, needs []string, locked bool) error {
	unfinished := target + ".unfinished"
	if err := b.lay(needs, unfinished); err != nil {
		return cannotBuild(err)
	}
	args := []string{"ci"}
	if !locked {
		args = []string{"install", "--no-package-lock"}
		b.say("there is no package-lock.json: the dependencies' versions are whatever fits today")
	}
	if !b.compiles() {
		args = append(args, "--omit=dev")
	}
	b.say("npm %s", strings.Join(args, " "))
	args = append(args, "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
	output, err := b.run(ctx, unfinished, "npm", args...)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fix := `see that "npm ` + args[0] + `" works in the chaincode's folder`
		if strings.Contains(output, "package.json and package-lock.json") { // npm tells it by its text only
			fix = `bring the lock file up to date: "npm install"`
		}
		return fault.New(fault.Build, fix, "the chaincode's dependencies cannot be installed (npm %s):\n%s", args[0], lastLines(output, 20))
	}
	err = errors.Join(os.MkdirAll(filepath.Join(unfinished, "node_modules"), 0o700), os.Rename(unfinished, target))
	if err != nil {
		return cannotBuild(err)
	}
	return nil
}

// lay copies files of the sources into a new folder.
func (b *builder) lay(files []string, dir string) error {
	err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
	for _, name := range files {
		if err != nil {
			break
		}
		var text []byte
		if text, err = os.ReadFile(filepath.Join(b.dir, name)); err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
	}
	return err
}

// link makes the dependencies look as if they were among the sources.
func (b *builder) link(target string) error {
	target, err := filepath.Abs(target)
	if err != nil {
		return cannotBuild(err)
	}
	link := filepath.Join(b.dir, "node_modules")
	if err := errors.Join(os.RemoveAll(link), os.Symlink(filepath.Join(target, "node_modules"), link)); err != nil {
		return cannotBuild(err)
	}
	return nil
}

// prune removes the dependencies that were used longest ago.
func (b *builder) prune() {
	all, _ := filepath.Glob(filepath.Join(b.Dir, ModulesDir, strings.Repeat("[0-9a-f]", 16))) // the pattern is right
	age := func(dir string) time.Time {
		info, err := os.Stat(dir)
		if err != nil {
			return time.Time{}
		}
		return info.ModTime()
	}
	slices.SortFunc(all, func(a, b string) int { return age(b).Compare(age(a)) })
	for _, dir := range all[min(kept, len(all)):] {
		_ = os.RemoveAll(dir) // it is only room: removed with the network at the latest
	}
}

// run runs a command among the sources, or their dependencies, and gives what it wrote.
func (b *builder) run(ctx context.Context, dir, name string, args ...string) (output string, err error) {
	cmd := procgroup.Command(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_update_notifier=false", "NO_UPDATE_NOTIFIER=1", "NO_COLOR=1")
	if os.Getpid() == 1 || os.Getenv("HOME") == "" { // in a container nobody is at home
		cmd.Env = append(cmd.Env, "HOME="+b.Dir)
	}
	var all bytes.Buffer
	cmd.Stdout = io.MultiWriter(&all, b.Log)
	cmd.Stderr = cmd.Stdout
	err = cmd.Run()
	if ctx.Err() != nil {
		procgroup.Gone(cmd)
	}
	return strings.TrimSpace(all.String()), err
}

func (b *builder) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.Log, format+"\n", args...) // it is only for the eye
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
