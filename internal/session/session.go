// Package session brings a project's network up, deploys its chaincodes and takes it down again, in idempotent steps.
package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"

	"github.com/ccdev/ccdev/internal/event"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/ports"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/runtime/process"
)

// Options say which project a session is for.
type Options struct {
	Dir      string // a folder in the project
	CacheDir string // where ccdev keeps what projects share
	Getenv   func(string) string
	Events   event.Sink
}

// Session works on one project. It is used by one command, for one thing after the other.
type Session struct {
	dir      string // of the project
	cacheDir string
	getenv   func(string) string
	emit     event.Sink
	book     *ports.Book
	deployed intent // what the chaincodes were last deployed from; set by an up
	defined  definitions
}

// Open finds the project. It does not look whether it has a network.
func Open(o Options) (*Session, error) {
	dir, err := project.Find(o.Dir)
	if err != nil {
		return nil, err
	}
	return &Session{
		dir: dir, cacheDir: o.CacheDir, getenv: o.Getenv, emit: o.Events,
		book: ports.Open(filepath.Join(o.CacheDir, "ports"), func(dir string) bool {
			_, err := os.Stat(network.StateDir(dir))
			return err == nil
		}),
	}, nil
}

// Emit reports something, in order with what the session itself reports.
func (s *Session) Emit(e event.Event) { s.emit(e) }

// Dir is the project's folder.
func (s *Session) Dir() string { return s.dir }

// Network gives the network of the project, as it is recorded. Having none is a fault.
func (s *Session) Network() (network.Network, error) {
	n, found, err := network.Recorded(s.dir)
	if err == nil && !found {
		err = fault.New(fault.Usage, `run "ccdev up -d" there first, or go to the project's folder`,
			"there is no network in %s", s.dir)
	}
	return n, err
}

// find gives the recorded network with its runtime.
func (s *Session) find(ctx context.Context) (*live, error) {
	n, err := s.Network()
	if err != nil {
		return nil, err
	}
	return s.attach(ctx, n)
}

// attach connects to the runtime that runs the network.
func (s *Session) attach(ctx context.Context, n network.Network) (*live, error) {
	builds := make(chan struct{}, goruntime.NumCPU())
	if n.Runtime == network.RuntimeProcess {
		rt, err := s.processes()
		return &live{net: n, rt: rt, builds: builds}, err
	}
	engine, err := docker.Connect(ctx, s.getenv)
	if err != nil {
		return nil, err
	}
	return &live{net: n, rt: engine.Runtime(n.ID, n.Name, n.Dir), engine: engine, builds: builds}, nil
}

func (s *Session) processes() (runtime.Runtime, error) {
	return process.New(network.StateDir(s.dir))
}

// Runtime tells which runtime a new network would have: the one that is wanted, or where that
// leaves it open, the one that can be used.
func (s *Session) Runtime(ctx context.Context, wanted string) (string, error) {
	name, _, err := s.choose(ctx, project.Project{Runtime: wanted})
	return name, err
}

// choose takes the runtime for a new network: the one asked for, or Docker if its daemon
// answers, else plain processes. why says what decided.
func (s *Session) choose(ctx context.Context, p project.Project) (name, why string, err error) {
	switch p.Runtime {
	case project.RuntimeProcess:
		return network.RuntimeProcess, "asked for", nil
	case project.RuntimeDocker:
		_, err := docker.Connect(ctx, s.getenv)
		return network.RuntimeDocker, "asked for", err
	}
	engine, err := docker.Connect(ctx, s.getenv)
	if err == nil {
		return network.RuntimeDocker, engine.Describe(), nil
	}
	if ctx.Err() != nil {
		return "", "", err
	}
	if goruntime.GOOS == "windows" {
		return "", "", err // there are no plain processes to fall back on
	}
	return network.RuntimeProcess, "plain processes, as Docker cannot be used: " + err.Error(), nil
}

// portsFunc opens the book of ports for the time that use runs.
type portsFunc func(ctx context.Context, use func(*ports.Claims) error) error

// claimPorts allocates ports for the project to keep.
func (s *Session) claimPorts(ctx context.Context, use func(*ports.Claims) error) error {
	claims, err := s.book.Claim(ctx, s.dir)
	if err != nil {
		return err
	}
	return errors.Join(use(claims), claims.Close())
}

// peekPorts allocates the ports that claimPorts would, and keeps none.
func (s *Session) peekPorts(ctx context.Context, use func(*ports.Claims) error) error {
	claims, err := s.book.Claim(ctx, s.dir)
	if err != nil {
		return err
	}
	defer claims.Discard()
	return use(claims)
}

func (s *Session) releasePorts(ctx context.Context) error {
	claims, err := s.book.Claim(ctx, s.dir)
	if err != nil {
		return err
	}
	claims.Release()
	return claims.Close()
}
