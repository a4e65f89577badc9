package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/ccdev/ccdev/internal/build/node"
	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/host"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"golang.org/x/sync/errgroup"
)

// RunOptions are what one relay runs with.
type RunOptions struct {
	Listen    string   // where the peers dial it, host:port
	Control   string   // where the API listens, host:port
	PackageID string   // of the chaincode
	Chaincode string   // its name on the channel, for the traces; may be empty
	Peers     []string // their names, which containers find them by, for the traces
	Dir       string   // the relay's own; what is in it makes a restart go on where it was
	TokenFile string   // holds the API's token
	Env       []string // of the chaincode's processes, KEY=VALUE

	TLS cctls.Setup // of the streams with peers and with the chaincode

	// Builtin finds the functions that the relay itself answers; may be nil.
	Builtin func(function string) (relay.BuiltinFunc, bool)

	Out io.Writer // what the chaincode's processes write
	Err io.Writer // what the relay itself says, each line begun with LogPrefix
}

// Run runs a relay until ctx ends: its listeners, its API, and the processes of the generations,
// beginning with the one that was live before. It returns when all of them have ended; an error
// says what could not be had, or has failed.
func Run(ctx context.Context, o RunOptions) (err error) {
	token, err := readToken(o.TokenFile)
	if err != nil {
		return err
	}
	secure, err := o.TLS.Load()
	if err != nil {
		return err
	}
	peers, err := listen(ctx, "for peers", o.Listen)
	if err != nil {
		return err
	}
	defer peers.Close() //nolint:errcheck // it is closed already, unless something has failed
	api, err := listen(ctx, "for its control API", o.Control)
	if err != nil {
		return err
	}
	defer api.Close() //nolint:errcheck // as above

	log := (&lineLog{to: o.Err}).printf
	processes := host.New(host.Options{
		Dir: filepath.Join(o.Dir, "work"), Modules: filepath.Join(o.Dir, node.ModulesDir), Env: o.Env, Out: o.Out, TLS: o.TLS,
	})
	defer processes.Close()
	ring := trace.New(trace.Config{Chaincode: o.Chaincode})
	r := relay.New(relay.Config{
		PackageID: o.PackageID, Host: processes, Recorder: ring, PeerName: newPeerNames(o.Peers).of, Builtin: o.Builtin, Log: log, TLS: secure,
	})
	defer r.Close()
	ready := make(chan struct{})
	programs := filepath.Join(o.Dir, "programs")
	s, err := New(Options{Relay: r, Traces: ring, Token: token, Dir: programs, Ready: ready, Log: log})
	if err != nil {
		return fault.New(fault.Boot, "see that "+o.Dir+" can be written", "the relay cannot run: %w", err)
	}
	log("peers dial %s, the API is at %s, the package is %s", peers.Addr(), api.Addr(), o.PackageID)
	return serve(ctx, r, s, peers, api, func(ctx context.Context) {
		defer close(ready)
		if !restoreExternal(r, programs, log) {
			restore(ctx, r, programs, log)
		}
	})
}

// serve serves peers, chaincodes and the API until ctx ends or one of them fails.
func serve(ctx context.Context, r *relay.Relay, s *Server, peers, api net.Listener, restore func(context.Context)) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := r.ServePeers(peers); err != nil && ctx.Err() == nil {
			return fmt.Errorf("the relay serves peers no more: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		if err := s.Serve(ctx, api); err != nil {
			return fmt.Errorf("the relay's control API serves no more: %w", err)
		}
		return nil
	})
	group.Go(func() error { restore(ctx); return nil })
	group.Go(func() error {
		<-ctx.Done()
		r.Close()
		return nil
	})
	return group.Wait()
}

// restore starts the generation again that was live when the relay ended.
func restore(ctx context.Context, r Relay, programs string, log func(string, ...any)) {
	p, found, err := Restore(programs)
	if err == nil && found {
		log("generation %d was live: it is started again", p.Generation)
		_, err = r.Swap(ctx, p)
	}
	if err != nil && ctx.Err() == nil {
		r.Explain(err.Error())
		log("%v", err)
	}
}

func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	token := strings.TrimSpace(string(text))
	if err == nil && token == "" {
		err = errors.New("it is empty")
	}
	if err != nil {
		return "", fault.New(fault.Boot, "ccdev up writes it: run it again", "the relay's token %s cannot be read: %w", file, err)
	}
	return token, nil
}

func listen(ctx context.Context, what, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fault.New(fault.Boot, "free the address, or give the relay another one", "the relay cannot listen %s: %w", what, err)
	}
	return l, nil
}

// LogPrefix begins each line of a service's log that its relay has written.
const LogPrefix = "relay: "

// lineLog writes lines that say whose they are.
type lineLog struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lineLog) printf(format string, args ...any) {
	if l.to == nil {
		return
	}
	var text bytes.Buffer
	for line := range strings.Lines(fmt.Sprintf(format, args...)) {
		text.WriteString(LogPrefix + strings.TrimSuffix(line, "\n") + "\n")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.to.Write(text.Bytes()) // there is nobody to tell that nobody can be told
}
