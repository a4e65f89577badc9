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
	"path/filepath"
	"slices"
	"strings"
	"time"

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
	if err := b.findNode(ctx); err != nil {
		return err
	}
	needs, err := b.needs()
	if err != nil {
		return err
	}
	if err := b.identify(needs); err != nil {
		return err
	}
	target := filepath.Join(b.Dir, ModulesDir, b.modules)
	if _, err := os.Stat(target); errors.Is(err, fs.ErrNotExist) {
		if err := b.npm(ctx, target, needs); err != nil {
			return err
		}
	}
	now := time.Now()
	_ = os.Chtimes(target, now, now) // only its order among the others
	b.prune()
	if err := b.link(target); err != nil {
		return err
	}
	return b.checkEngine()
}

// identify names the dependencies after all they depend on.
func (b *builder) identify(needs []string) error {
	sum := sha256.New()
	for _, part := range []string{b.version, strings.Join(needs, "\n")} {
		_, _ = io.WriteString(sum, part) // it never fails (hash.Hash)
	}
	for _, name := range needs {
		if text, err := os.ReadFile(filepath.Join(b.dir, name)); err == nil && name != manifestFile {
			_, _ = sum.Write(text)
		}
	}
	m := b.manifest
	dependencies, err := json.Marshal([]any{m.Dependencies, m.DevDependencies, m.OptionalDependencies, m.Overrides})
	if err != nil {
		return cannotBuild(err)
	}
	_, _ = sum.Write(dependencies)
	b.modules = hex.EncodeToString(sum.Sum(nil))[:16]
	return nil
}

// needs are the files that npm needs: what pins the dependencies, how npm is to get them, and those
// that are among the sources.
func (b *builder) needs() ([]string, error) {
	local, err := b.localFiles()
	names := append([]string{manifestFile}, local...)
	for _, name := range append(lockFiles, npmConfig) {
		if b.has(name) {
			names = append(names, name)
		}
	}
	if b.followsYarn() {
		names = append(names, yarnLock)
	}
	return names, err
}

// lay copies files of the sources into a new folder.
func (b *builder) lay(files []string, dir string) error {
	err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
	for _, name := range files {
		if err != nil {
			break
		}
		var text []byte
		if text, err = os.ReadFile(filepath.Join(b.dir, name)); err != nil {
			break
		}
		if name == manifestFile {
			if text, err = b.withoutScripts(text); err != nil {
				break
			}
		}
		file := filepath.Join(dir, name)
		err = errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, text, 0o600))
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
func (b *builder) run(ctx context.Context, dir string, variables []string, name string, args ...string) (output string, err error) {
	cmd := procgroup.Command(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "npm_config_update_notifier=false", "NO_UPDATE_NOTIFIER=1", "NO_COLOR=1")
	if b.Image != "" { // in a container nobody is at home, and what npm caches is to stay
		cmd.Env = append(cmd.Env, "HOME="+b.Dir)
	}
	cmd.Env = append(cmd.Env, variables...)
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
