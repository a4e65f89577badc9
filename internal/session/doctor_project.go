package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/doctor"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/ports"
	"github.com/ccdev/ccdev/internal/project"
)

// languages are those of the project's chaincodes, and why one has none.
type languages struct {
	names []string
	wrong error
}

func languagesOf(p project.Project) (l languages) {
	for _, cc := range p.Chaincodes {
		name, err := build.Language(cc.Lang, cc.Path, cc.Build.Dockerfile)
		l.wrong = errors.Join(l.wrong, err)
		l.names = append(l.names, name)
	}
	return l
}

func (l languages) has(name string) bool { return slices.Contains(l.names, name) }

// check looks whether there are chaincodes where the project says. A folder that is no project
// has none yet, which hinders nobody from starting one.
func (l languages) check(dir string) doctor.Check {
	return func(context.Context) doctor.Finding {
		f := doctor.Finding{Name: "chaincode", State: doctor.OK, Why: "it is what the network is for", What: strings.Join(l.names, ", ")}
		if l.wrong == nil {
			if f.What == "" {
				f.What = "the project has none"
			}
			return f
		}
		wrong := fault.From(l.wrong)
		f.State, f.What, f.Fix = doctor.Missing, wrong.What, wrong.Fix
		_, err := os.Stat(filepath.Join(dir, project.FileName))
		f.Hinders = !errors.Is(err, fs.ErrNotExist)
		return f
	}
}

// ports are those that the network has, or that ccdev.yaml asks for.
func (e *examination) ports(ctx context.Context) ([]doctor.Port, error) {
	n, recorded, err := network.Recorded(e.dir)
	if err != nil {
		return nil, err
	}
	if !recorded {
		return e.askedPorts(), nil
	}
	running, err := e.running(ctx, n)
	if err != nil {
		return nil, err
	}
	var all []doctor.Port
	for _, use := range n.Uses() {
		port := doctor.Port{Use: use.Name, Number: use.Port}
		if !slices.Contains(running, use.Service) && !n.CanMove(use) {
			port.Held = heldBy(use.Port)
		}
		all = append(all, port)
	}
	return all, nil
}

func (e *examination) askedPorts() (all []doctor.Port) {
	for use, number := range e.project.Ports {
		all = append(all, doctor.Port{Use: use, Number: number, Held: heldBy(number)})
	}
	slices.SortFunc(all, func(a, b doctor.Port) int { return strings.Compare(a.Use, b.Use) })
	return all
}

func heldBy(port int) string {
	if ports.Free(port) {
		return ""
	}
	return "is somebody else's"
}

// running are the services of a network that run.
func (e *examination) running(ctx context.Context, n network.Network) (names []string, err error) {
	l, err := e.attach(ctx, n)
	if err != nil {
		return nil, err
	}
	services, err := l.rt.Services(ctx)
	return runningOf(services), err
}
