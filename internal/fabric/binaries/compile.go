package binaries

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/ccdev/ccdev/internal/fault"
)

const (
	fabricModule = "github.com/hyperledger/fabric"
	versionVar   = fabricModule + "/common/metadata.Version" // what "peer version" prints

	// parallelDownloads is above the number of processors, which Go itself would take: a
	// download waits for the network most of the time.
	parallelDownloads = 8
)

var programPackages = []string{fabricModule + "/cmd/peer", fabricModule + "/cmd/orderer"}

// compilation makes the programs of one target in out.
type compilation struct {
	target       Target
	module       module
	scratch, out string
	progress     Progress
}

func (c compilation) run(ctx context.Context) error {
	path, err := findGo()
	if err != nil {
		return fault.New(fault.Boot, c.installGo(), "Go is needed to compile Fabric, and is not installed: %w", err)
	}
	source, work := filepath.Join(c.scratch, "module"), filepath.Join(c.scratch, "work")
	if err := errors.Join(c.module.write(source), os.Mkdir(work, 0o755)); err != nil {
		return err
	}
	tool := newGoTool(path, source, work, c.target)
	if err := c.checkGo(ctx, tool); err != nil {
		return err
	}
	if err := c.download(ctx, tool); err != nil {
		return err
	}
	if err := c.build(ctx, tool); err != nil {
		return err
	}
	return c.settle()
}

func (c compilation) installGo() string {
	return fmt.Sprintf("install Go %s or newer and have it on the PATH, or use images that can be pulled or loaded",
		c.module.goNeeded)
}

// checkGo finds out whether Go is new enough. A go of 1.21 or later may fetch a newer one of
// itself here, if the user's GOTOOLCHAIN allows that.
func (c compilation) checkGo(ctx context.Context, tool goTool) error {
	out, err := tool.run(ctx, func(line string) bool {
		text, ok := strings.CutPrefix(line, "go: downloading ")
		if ok {
			c.progress("downloading "+text, 0, 0)
		}
		return ok
	}, "env", "GOVERSION")
	if err != nil {
		return c.failed(err, c.installGo(), "Go %s or newer is needed, and there is none", c.module.goNeeded)
	}
	have := strings.TrimSpace(string(out))
	// A development version of Go has a name that cannot be compared; it is new.
	if version.IsValid(have) && version.Compare(have, "go"+c.module.goNeeded) < 0 {
		return fault.New(fault.Boot, c.installGo(), "Fabric %s needs Go %s or newer, and this is %s",
			c.target.Version, c.module.goNeeded, have)
	}
	return nil
}

// download gets the modules one by one, because Go reports on several only when it has them all.
// Naming them keeps it from loading the whole module graph, four times as many.
func (c compilation) download(ctx context.Context, tool goTool) error {
	var mu sync.Mutex
	done, total := 0, len(c.module.requires)
	c.progress("downloading Go modules", 0, total)
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(parallelDownloads)
	for _, path := range c.module.requires {
		group.Go(func() error {
			if err := downloadModule(groupCtx, tool, path); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			c.progress("downloading Go modules", done, total)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return c.failed(err, `check the network and run it again: what has arrived is kept
behind a proxy, set HTTPS_PROXY, or GOPROXY to a module proxy you can reach ("go env GOPROXY" shows yours)`,
			"the Go modules of Fabric could not be downloaded")
	}
	return nil
}

func downloadModule(ctx context.Context, tool goTool, path string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	out, err := tool.run(ctx, nil, "mod", "download", "-json", path)
	var failure *goError
	if errors.As(err, &failure) {
		var answer struct{ Error string }
		if json.Unmarshal(out, &answer) == nil && answer.Error != "" {
			failure.log = append(failure.log, strings.Split(strings.TrimSpace(answer.Error), "\n")...)
		}
	}
	return err
}

func (c compilation) build(ctx context.Context, tool goTool) error {
	flags := []string{"-mod=readonly", "-trimpath", "-ldflags", "-s -w -X " + versionVar + "=" + c.target.Version}
	text := "compiling Fabric " + c.target.Version
	c.progress(text, 0, 0)
	list := append([]string{"list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"}, flags...)
	stale, err := tool.run(ctx, nil, append(list, programPackages...)...)
	if err != nil {
		return c.buildFailed(err)
	}
	done, total := 0, len(bytes.Fields(stale))
	c.progress(text, 0, total)
	build := append([]string{"build", "-v", "-o", c.out + string(filepath.Separator)}, flags...)
	_, err = tool.run(ctx, func(line string) bool {
		if strings.ContainsAny(line, " \t:#") {
			return false // "-v" writes bare import paths, and a message has more than a word
		}
		done = min(done+1, total)
		c.progress(text, done, total)
		return true
	}, append(build, programPackages...)...)
	if err != nil {
		return c.buildFailed(err)
	}
	c.progress(text, total, total)
	return nil
}

func (c compilation) buildFailed(err error) error {
	return c.failed(err, "see what Go says, and run it again: what has been compiled is kept", "Go could not compile it")
}

// failed makes a fault of a go command's failure. The end of ctx is no fault.
func (c compilation) failed(err error, fix, what string, args ...any) error {
	var failure *goError
	if !errors.As(err, &failure) {
		return err
	}
	return fault.New(fault.Boot, fix, "%s: %w", fmt.Sprintf(what, args...), failure).WithLog(failure.log)
}

// settle brings the programs to the disk before their folder gets its final name: a folder
// that is there counts as complete, also after a power cut.
func (c compilation) settle() error {
	for _, name := range []string{filepath.Base(c.target.programs().Peer), filepath.Base(c.target.programs().Orderer)} {
		f, err := os.OpenFile(filepath.Join(c.out, name), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
