package session

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/offline"
	"github.com/ccdev/ccdev/internal/procgroup"
	"github.com/ccdev/ccdev/templates"
)

// saveModules has go fetch what the templates need into a cache of its own, from the user's where
// that has it, and gives the folder that another cache can be filled from.
func saveModules(ctx context.Context, dir string) (string, error) {
	own, err := output(ctx, "", nil, "go", "env", "GOMODCACHE", "GOPROXY")
	if err != nil {
		return "", err
	}
	cache, proxy, _ := strings.Cut(own, "\n")
	env := []string{
		"GOMODCACHE=" + filepath.Join(dir, "cache"), "GOWORK=off", "GOFLAGS=-mod=readonly -modcacherw",
		"GOPROXY=file://" + filepath.ToSlash(filepath.Join(cache, "cache", "download")) + "|" + proxy,
	}
	err = eachTemplate(dir, "go.mod", func(source string) error {
		_, err := output(ctx, source, env, "go", "list", "-deps", "-test", "./...") // fetches what is needed, and no more
		return err
	})
	return filepath.Join(dir, "cache", "cache", "download"), err
}

// savePackages is the same for npm, from its registry.
func (s *Session) savePackages(ctx context.Context, dir string) (string, error) {
	if _, err := exec.LookPath("npm"); err != nil {
		s.notice("there is no npm here: what the templates for Node need is left out")
		return dir, nil
	}
	cache := filepath.Join(dir, "cache")
	err := eachTemplate(dir, "package.json", func(source string) error {
		_, err := output(ctx, source, nil, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--cache", cache)
		return err
	})
	return filepath.Join(cache, npmData), err
}

// npmData is where npm keeps packages in its cache.
const npmData = "_cacache"

// eachTemplate calls use with a folder for each template that has a file.
func eachTemplate(dir, file string, use func(source string) error) error {
	for _, name := range templates.Names() {
		source := filepath.Join(dir, "template-"+name)
		if err := os.Mkdir(source, 0o700); err != nil {
			return err
		}
		if _, err := templates.Write(name, source, templates.Values{Name: "offline"}); err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(source, file)); err != nil {
			continue // it is written in another language
		}
		if err := use(source); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) loadModules(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("go"); err != nil {
		s.notice("there is no Go here: the Go modules are left out")
		return nil
	}
	cache, err := output(ctx, "", nil, "go", "env", "GOMODCACHE")
	if err != nil {
		return err
	}
	isList := func(name string) bool { return strings.HasSuffix(name, "/@v/list") }
	return offline.Merge(dir, filepath.Join(cache, "cache", "download"), isList)
}

func (s *Session) loadPackages(ctx context.Context, dir string) error {
	if _, err := exec.LookPath("npm"); err != nil {
		s.notice("there is no npm here: the npm packages are left out")
		return nil
	}
	cache, err := output(ctx, "", nil, "npm", "config", "get", "cache")
	if err != nil {
		return err
	}
	isIndex := func(name string) bool { return strings.HasPrefix(name, "index-v5/") }
	return offline.Merge(dir, filepath.Join(cache, npmData), isIndex)
}

// output runs a program, and gives what it says.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := procgroup.Command(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	var said, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaint
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(complaint.String()), "\n")
		return "", fault.New(fault.Other, "see that it works, and that the network can be reached", "%s %s failed: %w", name, args[0], err).
			WithLog(lines[max(0, len(lines)-20):])
	}
	return strings.TrimSpace(said.String()), nil
}
