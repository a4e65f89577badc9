//go:build unix

package process

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/fault"
)

const defaultGrace = 5 * time.Second

// callersEnv is what a service gets of the caller's environment: without these, programs cannot
// find others, nor the places to write to.
var callersEnv = []string{"PATH", "HOME", "TMPDIR"}

// plan is a service of the model made definite for this machine.
type plan struct {
	service    string
	argv       []string
	env        map[string]string
	dir        string   // working directory
	folders    []string // to create
	files      []string // read by the service: their content is a part of what it is
	ports      []port
	stopSignal syscall.Signal
	grace      time.Duration
	restart    string // restartNever or restartOnFailure
	hash       string
}

// plan makes plans of the named services, dependencies first; of all when none is named.
func (r *Runtime) plan(model *types.Project, names []string) ([]plan, error) {
	ordered, err := order(model, names)
	if err != nil {
		return nil, err
	}
	var plans []plan
	for _, name := range ordered {
		p, err := r.planService(model, name)
		if err != nil {
			return nil, err
		}
		plans = append(plans, p)
	}
	return plans, nil
}

// order sorts services by dependency, then by name.
func order(model *types.Project, names []string) ([]string, error) {
	all := slices.Sorted(maps.Keys(model.Services))
	for _, name := range names {
		if !slices.Contains(all, name) {
			return nil, fault.New(fault.Usage, "take one of: "+strings.Join(all, ", "), "there is no service %s", name)
		}
	}
	var ordered []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		service, exists := model.Services[name]
		if seen[name] || !exists {
			return
		}
		seen[name] = true
		for _, before := range slices.Sorted(maps.Keys(service.DependsOn)) {
			visit(before)
		}
		if len(names) == 0 || slices.Contains(names, name) {
			ordered = append(ordered, name)
		}
	}
	for _, name := range all {
		visit(name)
	}
	return ordered, nil
}

func (r *Runtime) planService(model *types.Project, name string) (plan, error) {
	if !validName(name) {
		return plan{}, fault.New(fault.Usage, "rename the service", "%q is no name for a service", name)
	}
	s := model.Services[name]
	p := plan{service: name, folders: []string{r.dataDir(name)}, grace: defaultGrace}
	if s.StopGracePeriod != nil {
		p.grace = time.Duration(*s.StopGracePeriod)
	}
	steps := []func(*plan, types.ServiceConfig) error{
		takeSignal,
		takeRestart,
		r.takeDir,
		takeProgram,
		takeEnvironment,
		takePorts,
		func(p *plan, s types.ServiceConfig) error { return takeFiles(p, model, s) },
		r.takeVolumes,
		takeHash,
	}
	for _, step := range steps {
		if err := step(&p, s); err != nil {
			return plan{}, err
		}
	}
	return p, nil
}

var stopSignals = map[string]syscall.Signal{
	"": syscall.SIGTERM, "TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "QUIT": syscall.SIGQUIT,
	"HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2, "KILL": syscall.SIGKILL,
}

func takeSignal(p *plan, s types.ServiceConfig) error {
	sig, known := stopSignals[strings.TrimPrefix(strings.ToUpper(s.StopSignal), "SIG")]
	if !known {
		return fault.New(fault.Usage, "take one of SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGKILL",
			"service %s: stop_signal %s cannot be sent to a plain process", p.service, s.StopSignal)
	}
	p.stopSignal = sig
	return nil
}

// Whether a program that ended by itself is run again.
const (
	restartNever     = "no"
	restartOnFailure = "on-failure"
)

func takeRestart(p *plan, s types.ServiceConfig) error {
	switch s.Restart {
	case "", restartNever:
		p.restart = restartNever
	case restartOnFailure:
		p.restart = restartOnFailure
	default:
		return fault.New(fault.Usage, "take no or on-failure", "service %s: restart %s is not for plain processes", p.service, s.Restart)
	}
	return nil
}

// takeDir takes the working directory, which is made when it is in the data folder.
func (r *Runtime) takeDir(p *plan, s types.ServiceConfig) error {
	p.dir = s.WorkingDir
	if p.dir == "" {
		p.dir = r.dataDir(p.service)
	}
	if r.isData(p.dir) {
		p.folders = append(p.folders, p.dir)
		return nil
	}
	if info, err := os.Stat(p.dir); err != nil || !info.IsDir() || !filepath.IsAbs(p.dir) {
		return cannot(p.service, "its working directory %s does not exist", p.dir)
	}
	return nil
}

// isData says whether a path lies in the data folder.
func (r *Runtime) isData(path string) bool {
	inside, err := filepath.Rel(r.data, path)
	return err == nil && filepath.IsLocal(inside)
}

// takeProgram finds the program. It looks for it now, because a shell that cannot find it would
// only say so in the log.
func takeProgram(p *plan, s types.ServiceConfig) error {
	p.argv = slices.Concat(s.Entrypoint, s.Command)
	if len(p.argv) == 0 {
		return fault.New(fault.Boot, "give it a command, or use Docker: ccdev up --runtime docker",
			"service %s has no command, and cannot run as a plain process", p.service)
	}
	name := p.argv[0]
	path := name
	if strings.ContainsRune(name, filepath.Separator) && !filepath.IsAbs(name) {
		path = filepath.Join(p.dir, name)
	}
	path, err := exec.LookPath(path)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return fault.New(fault.Boot, "install "+name+", or correct the service's command",
			"service %s cannot start: its program %s cannot be run: %w", p.service, name, err)
	}
	p.argv[0] = path
	return nil
}

func takeEnvironment(p *plan, s types.ServiceConfig) error {
	p.env = map[string]string{}
	for name, value := range s.Environment {
		if value == nil {
			continue // asked for from the caller's environment, and not there
		}
		if !isIdentifier(name) || strings.ContainsRune(*value, 0) {
			return fault.New(fault.Usage, "rename it, or use Docker: ccdev up --runtime docker",
				"service %s: the variable %q cannot be passed to a plain process", p.service, name)
		}
		p.env[name] = *value
	}
	return nil
}

// isIdentifier says whether a shell keeps a variable of this name.
func isIdentifier(name string) bool {
	for i, c := range name {
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		digit := c >= '0' && c <= '9'
		if !letter && (!digit || i == 0) {
			return false
		}
	}
	return name != ""
}

// environ is the service's environment as the system takes it.
func (p plan) environ() []string {
	env := map[string]string{}
	for _, name := range callersEnv {
		if value, ok := os.LookupEnv(name); ok {
			env[name] = value
		}
	}
	maps.Copy(env, p.env)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		pairs = append(pairs, name+"="+env[name])
	}
	return pairs
}

// cannot is the fault of a service that asks for what a plain process cannot have.
func cannot(service, format string, args ...any) error {
	return fault.New(fault.Boot, "change the service, or use Docker: ccdev up --runtime docker",
		"service %s cannot run as a plain process: %s", service, fmt.Sprintf(format, args...))
}
