package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	goruntime "runtime"
	"time"

	"github.com/ccdev/ccdev/internal/doctor"
	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/runtime/process"
)

// Doctor looks for what may hinder this project's network on this machine. With fix it mends what
// it can without harm.
func (s *Session) Doctor(ctx context.Context, fix bool) []doctor.Finding {
	found := doctor.Examine(ctx, s.examination(ctx).checks())
	if fix {
		found = doctor.Treat(ctx, found)
	}
	return found
}

// examination is what the checks have in common.
type examination struct {
	*Session
	project  project.Project
	invalid  error // why the project cannot be read
	engine   *docker.Engine
	noEngine error // why there is none
	runtime  string
	fabric   string
	compiled bool // Fabric itself, for plain processes
	langs    languages
}

func (s *Session) examination(ctx context.Context) *examination {
	e := &examination{Session: s}
	e.project, e.invalid = project.Load(s.dir, project.Overrides{})
	e.engine, e.noEngine = docker.Connect(ctx, s.getenv)
	e.runtime = network.RuntimeProcess
	if asked := e.project.Runtime; asked == project.RuntimeDocker || asked != project.RuntimeProcess && e.noEngine == nil {
		e.runtime = network.RuntimeDocker
	}
	e.fabric = cmp.Or(e.project.Fabric, network.DefaultFabric)
	if n, recorded, err := network.Recorded(s.dir); recorded && err == nil {
		e.runtime, e.fabric = n.Runtime, n.Fabric
	}
	e.compiled = binaries.Compiled(binaries.Target{Version: e.fabric, CacheDir: s.cacheDir})
	e.langs = languagesOf(e.project)
	return e
}

func (e *examination) checks() []doctor.Check {
	onDocker := e.runtime == network.RuntimeDocker
	checks := []doctor.Check{
		doctor.Fault("project", "it says what \"ccdev up\" brings up", true, func(context.Context) (string, error) { return e.dir, e.invalid }),
		e.langs.check(e.dir),
		doctor.Engine(!onDocker && goruntime.GOOS != "windows", func(context.Context) (string, error) {
			if e.noEngine != nil {
				return "", e.noEngine
			}
			return e.engine.Describe(), nil
		}),
		doctor.Contexts(func() ([]string, string, error) { return docker.Contexts(e.getenv) }),
		doctor.Fault("agent", "peers and relays run a ccdev of their own platform", true, e.agent),
		e.fabricCheck(),
		tool("go", "it builds Go chaincodes, and Fabric for plain processes", "install Go 1.25 or newer (https://go.dev/dl)",
			e.langs.has(project.LangGo) || !onDocker && !e.compiled, "version"),
		tool("node", "it runs Node chaincodes as plain processes", "install Node 18 or newer (https://nodejs.org)",
			e.langs.has(project.LangNode) && !onDocker, "--version"),
		tool("npm", "it installs what Node chaincodes need, as plain processes", "it comes with Node (https://nodejs.org)",
			e.langs.has(project.LangNode) && !onDocker, "--version"),
		doctor.Folder("cache", e.cacheDir, "ccdev keeps there what projects share", "set CCDEV_CACHE to a folder that can be written", doctor.Write),
		doctor.Disk("disk", e.cacheDir, "Fabric, modules and ledgers take room", doctor.Room),
		doctor.Ports(e.ports),
		doctor.Address(!onDocker, net.InterfaceAddrs),
		doctor.Clock(time.Now, ownTime, e.engineTime),
	}
	const why = "they hold ports, memory and room"
	return append(checks,
		doctor.Leftovers("leftover containers", why, func(ctx context.Context) ([]runtime.Leftover, error) {
			if e.engine == nil {
				return nil, nil
			}
			return e.engine.Leftovers(ctx, doctor.Gone)
		}),
		doctor.Leftovers("leftover processes", why, func(context.Context) ([]runtime.Leftover, error) {
			return process.Leftovers(doctor.Gone), nil
		}),
		doctor.Book(e.book.Stale, e.book.Tidy))
}

// agent finds the ccdev for the platform that the services run on.
func (e *examination) agent(ctx context.Context) (string, error) {
	goos, arch := goruntime.GOOS, goruntime.GOARCH
	if e.runtime == network.RuntimeDocker && e.engine != nil {
		var err error
		if goos, arch, err = e.engine.Platform(ctx); err != nil {
			return "", err
		}
	}
	return binaries.AgentPath(goos, arch)
}

// fabricCheck tells whether the first up will take its time.
func (e *examination) fabricCheck() doctor.Check {
	return func(ctx context.Context) doctor.Finding {
		f := doctor.Finding{Name: "fabric", Why: "without it here, the first up gets it from the internet, in a minute or two", State: doctor.OK}
		what := "programs of Fabric " + e.fabric
		there := e.compiled
		if e.runtime == network.RuntimeDocker {
			what, there = "images of Fabric "+e.fabric, e.hasImages(ctx)
			f.Fix = "\"ccdev images pull\" or \"ccdev images build\" gets it now"
		} else {
			f.Fix = "\"ccdev up\" once where there is a network"
		}
		if f.What = what + " are here"; !there {
			f.What, f.State = what+" are not here", doctor.Warning
			return f
		}
		f.Fix = ""
		return f
	}
}

// hasImages tells whether the engine has a peer of the project's Fabric.
func (e *examination) hasImages(ctx context.Context) bool {
	if e.engine == nil {
		return false
	}
	images, err := e.engine.Images(ctx)
	if err != nil {
		return false
	}
	for _, i := range images {
		if i.Labels[runtime.ImageLabel] == binaries.PeerImage && i.Labels[binaries.FabricLabel] == e.fabric {
			return true
		}
	}
	return false
}

func (e *examination) engineTime(ctx context.Context) (time.Time, error) {
	if e.engine == nil {
		return time.Time{}, e.noEngine
	}
	return e.engine.Clock(ctx)
}

// ownTime is when this program was written to the disk: a time that has been.
func ownTime() time.Time {
	exe, err := os.Executable()
	if err != nil {
		return time.Time{}
	}
	info, err := os.Stat(exe)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// toolPatience is what a program has to tell its version: npm takes a second on a busy machine.
const toolPatience = 20 * time.Second

func tool(name, why, fix string, need bool, args ...string) doctor.Check {
	return doctor.Tools(doctor.Tool{Name: name, Why: why, Fix: fix, Need: need, Version: func(ctx context.Context) (string, error) {
		if _, err := exec.LookPath(name); err != nil {
			return "", fmt.Errorf("there is no %s on the PATH", name)
		}
		ctx, cancel := context.WithTimeout(ctx, toolPatience)
		defer cancel()
		out, err := exec.CommandContext(ctx, name, args...).Output()
		if err != nil {
			return "", fmt.Errorf("%s does not run: %w", name, err)
		}
		return string(out), nil
	}})
}

var errUnhealthy = errors.New("what hinders \"ccdev up\" is listed above")

// Unhealthy is the fault of findings that hinder "ccdev up"; nil where none does.
func Unhealthy(findings []doctor.Finding) error {
	if len(doctor.Hindrances(findings)) == 0 {
		return nil
	}
	return fault.New(fault.Other, "do what is said there", "%w", errUnhealthy)
}
