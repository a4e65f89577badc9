package golang

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// WorkFile is the name of the file that makes a workspace of modules.
const WorkFile = "go.work"

// Sources are what a build of a chaincode reads that somebody may change: not the modules that were
// fetched. All are absolute folders; some may not be there.
type Sources struct {
	Modules   []string // the chaincode's own, then those of its workspace, and those that stand in for others
	Workspace string   // folder of the go.work, where that is in none of the modules; "" for none
}

// DecideSources tells whether a file with this name decides what Read gives.
func DecideSources(name string) bool { return name == moduleFile || name == WorkFile }

// Read finds out what a build of the chaincode in the folder source reads: nothing, where there is no
// module. What cannot be found out, because a go.mod or go.work has a mistake in it, or there is no
// go command, is left out.
func Read(ctx context.Context, source string) Sources {
	module, err := moduleOf(source)
	if err != nil {
		return Sources{}
	}
	r := reader{ctx: ctx, modules: []string{module}}
	work := r.workspace(module)
	if work != "" {
		r.read(filepath.Dir(work), "work", "edit", "-json", work)
	}
	for _, own := range slices.Clone(r.modules) { // one that stands in for another has no say itself
		r.read(own, "mod", "edit", "-json")
	}
	s := Sources{Modules: outermost(r.modules)}
	if dir := filepath.Dir(work); work != "" && !slices.ContainsFunc(s.Modules, func(m string) bool { return within(dir, m) }) {
		s.Workspace = dir
	}
	return s
}

// reader collects modules.
type reader struct {
	ctx     context.Context
	modules []string
}

// workspace is the go.work that counts for a module; "" for none.
func (r *reader) workspace(module string) string {
	work := strings.TrimSpace(string(r.output(module, "env", "GOWORK")))
	if work == "off" {
		return ""
	}
	return work
}

// read adds the modules that a go.mod or go.work in dir names by their folders. args have the go
// command tell what is in it.
func (r *reader) read(dir string, args ...string) {
	var file struct {
		Use     []struct{ DiskPath string }
		Replace []struct {
			New struct{ Path, Version string }
		}
	}
	if json.Unmarshal(r.output(dir, args...), &file) != nil {
		return
	}
	for _, use := range file.Use {
		r.add(dir, use.DiskPath)
	}
	for _, replace := range file.Replace {
		if replace.New.Version == "" { // a folder
			r.add(dir, replace.New.Path)
		}
	}
}

func (r *reader) add(dir, path string) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if !slices.Contains(r.modules, path) {
		r.modules = append(r.modules, path)
	}
}

// output runs the go command without its fetching a newer one.
func (r *reader) output(dir string, args ...string) []byte {
	cmd := exec.CommandContext(r.ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local", "GO111MODULE=on")
	out, _ := cmd.Output() // what it cannot tell is left out
	return out
}

// outermost leaves out the folders that are below others.
func outermost(folders []string) []string {
	return slices.DeleteFunc(slices.Clone(folders), func(folder string) bool {
		return slices.ContainsFunc(folders, func(other string) bool { return other != folder && within(folder, other) })
	})
}

// within tells whether a folder is dir or below it.
func within(folder, dir string) bool {
	rel, err := filepath.Rel(dir, folder)
	return err == nil && filepath.IsLocal(rel)
}
