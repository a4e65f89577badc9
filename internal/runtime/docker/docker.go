// Package docker runs services as containers through the Docker Engine API.
package docker

import (
	"context"
	"fmt"
	"time"

	"github.com/moby/moby/client"
)

// pingTimeout bounds the first call. A daemon on this machine answers within milliseconds; one
// behind ssh needs the time of a login.
const pingTimeout = 3 * time.Second

// callTimeout bounds a call that must not be cancelled. They take milliseconds; a loaded engine
// may take seconds.
const callTimeout = time.Minute

// cleanupTimeout bounds what has to be undone after the caller's context has ended.
const cleanupTimeout = 10 * time.Second

// Engine is a Docker daemon that answered.
type Engine struct {
	api      *client.Client
	endpoint endpoint
	version  string // of the engine, "20.10.24"
	os, arch string // in Go's words, as the engine itself is written in Go
}

// Connect finds the daemon the docker command would use, and asks it who it is: DOCKER_HOST,
// then DOCKER_CONTEXT, then the current context of the docker config file, then the usual
// socket. Its errors are faults of the kind Runtime.
func Connect(ctx context.Context, getenv func(string) string) (*Engine, error) {
	where, err := resolve(getenv)
	if err != nil {
		return nil, err
	}
	opts, err := where.options()
	if err != nil {
		return nil, err
	}
	api, err := client.New(append(opts, client.WithAPIVersion(getenv(client.EnvOverrideAPIVersion)))...)
	if err != nil {
		return nil, where.unusable(err)
	}
	e := &Engine{api: api, endpoint: where}
	if err := e.greet(ctx); err != nil {
		_ = api.Close() // nothing was asked of it yet
		return nil, err
	}
	return e, nil
}

// greet agrees on an API version and learns what the engine is.
func (e *Engine) greet(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	ping, err := e.api.Ping(limited, client.PingOptions{NegotiateAPIVersion: true})
	if err == nil {
		var v client.ServerVersionResult
		if v, err = e.api.ServerVersion(limited, client.ServerVersionOptions{}); err == nil {
			e.version, e.os, e.arch = v.Version, v.Os, v.Arch
			return nil
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return e.endpoint.unanswered(err, ping.APIVersion)
}

// Close ends the idle connections to the daemon.
func (e *Engine) Close() error { return e.api.Close() }

// Describe says which engine this is and how it was found, in one line.
func (e *Engine) Describe() string {
	return fmt.Sprintf("Docker %s at %s (%s)", e.version, e.endpoint.host, e.endpoint.origin)
}

// Platform is what the engine's containers run on, in Go's words: "linux", "amd64".
func (e *Engine) Platform(context.Context) (os, arch string, err error) {
	return e.os, e.arch, nil
}

// afterwards is a context for undoing things, which must happen even when ctx has ended.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
}

// unbroken is a context for a call that must come to its own end although ctx has ended.
func unbroken(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
}
