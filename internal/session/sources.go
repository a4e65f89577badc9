package session

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/watch"
)

// watchSources gives the changes of all that the chaincode is built from, until ctx ends. ready is
// called when no later change can be missed, and again when that is true of other folders.
func (d *deployment) watchSources(ctx context.Context, ready func(folders []watch.Options), batch func(watch.Batch)) error {
	folders := d.sources(ctx)
	if len(folders) == 0 {
		folders = []watch.Options{{Dir: d.cc.Path, Notice: d.notice}}
	}
	for {
		next, err := d.watchUntilMoved(ctx, folders, ready, batch)
		if err != nil || next == nil {
			return err
		}
		folders = next
	}
}

// watchUntilMoved watches folders until the chaincode is built from others, and gives those; nil at
// the end of ctx.
func (d *deployment) watchUntilMoved(
	ctx context.Context, folders []watch.Options, ready func(folders []watch.Options), batch func(watch.Batch),
) (next []watch.Options, err error) {
	whole := ctx
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err = watch.Several(ctx, folders, func() { ready(folders) }, func(b watch.Batch) {
		batch(b)
		if d.cc.Lang != project.LangGo || !slices.ContainsFunc(slices.Concat(b.Changed, b.Removed), decides) {
			return
		}
		now := d.sources(ctx) // none while its folder, or its go.mod, is gone
		if len(now) > 0 && !slices.Equal(names(now), names(folders)) && ctx.Err() == nil {
			next = now
			cancel()
		}
	})
	if whole.Err() != nil {
		next = nil
	}
	return next, err
}

// decides tells whether a file decides which folders a chaincode is built from.
func decides(file string) bool { return golang.DecideSources(path.Base(file)) }

// sources are the folders that the chaincode is built from, the one that most is in first.
func (d *deployment) sources(ctx context.Context) []watch.Options {
	if d.cc.Lang != project.LangGo {
		return []watch.Options{{Dir: d.cc.Path, Dockerignore: d.cc.Lang == project.LangDockerfile, Notice: d.notice}}
	}
	var folders []watch.Options
	read := golang.Read(ctx, d.cc.Path)
	for _, dir := range read.Modules {
		folders = append(folders, watch.Options{Dir: dir, Later: true, Notice: d.notice})
	}
	if read.Workspace != "" {
		work := []string{golang.WorkFile, golang.WorkFile + ".sum", "vendor"}
		folders = append(folders, watch.Options{Dir: read.Workspace, Ignore: allBut(work), Later: true, Notice: d.notice})
	}
	return folders
}

func (d *deployment) notice(text string) { d.emit(event.Notice{Text: text}) }

// names tells which folders are watched, or which one file in them.
func names(folders []watch.Options) (names []string) {
	for _, f := range folders {
		name := f.Dir
		if f.Ignore != nil {
			name = filepath.Join(name, golang.WorkFile)
		}
		names = append(names, atHome(name))
	}
	return names
}

// atHome writes a path below the user's home as a shell does.
func atHome(path string) string {
	home, err := os.UserHomeDir()
	if below, inside := strings.CutPrefix(path, home+string(filepath.Separator)); err == nil && inside && home != "" {
		return filepath.Join("~", below)
	}
	return path
}

// stamps tells the state of all sources in folders: it changes with any of them.
func stamps(folders []watch.Options) string {
	var all strings.Builder
	for _, f := range folders {
		all.WriteString(watch.Stamp(f))
	}
	return all.String()
}
