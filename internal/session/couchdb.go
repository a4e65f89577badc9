package session

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/steps"
	"github.com/ccdev/ccdev/internal/wait"
	"golang.org/x/sync/errgroup"
)

const stepDatabases = "state databases"

// withDatabases has the state databases, where the network has such, answer before the peers start:
// a peer tries one again only after pauses that double.
func (u *bringUp) withDatabases(list []steps.Step) []steps.Step {
	databases := u.net.CouchDBs()
	if len(databases) == 0 {
		return list
	}
	at := slices.IndexFunc(list, func(s steps.Step) bool { return s.Name == stepNodes })
	list[at].Needs = append(list[at].Needs, stepDatabases)
	return slices.Insert(list, at, steps.Step{
		Name: stepDatabases, Needs: []string{stepFabric, stepIdentities}, Look: u.lookDatabases, Run: u.databases, Always: true,
		Reason: fmt.Sprintf("a CouchDB for each of %d peer(s)", len(databases)),
	})
}

func (u *bringUp) lookDatabases(ctx context.Context) (done bool, reason string, err error) {
	for _, d := range u.net.CouchDBs() {
		if answers(ctx, d) != nil {
			return false, "", nil
		}
	}
	return true, "all answer", nil
}

// databasesLimit is for a machine that is busy with the rest of the network; three seconds are usual.
const databasesLimit = 2 * time.Minute

// databases starts the state databases, and waits until they answer.
func (u *bringUp) databases(ctx context.Context) (note string, err error) {
	model, _, err := u.model(ctx, nil)
	if err != nil {
		return "", err
	}
	var names []string
	for _, d := range u.net.CouchDBs() {
		names = append(names, d.Name)
	}
	if err := u.startServices(ctx, model, names...); err != nil {
		return "", err
	}
	all, ctx := errgroup.WithContext(ctx)
	for _, d := range u.net.CouchDBs() {
		all.Go(func() error { return u.awaitDatabase(ctx, d) })
	}
	return strings.Join(names, ", "), all.Wait()
}

func (l *live) awaitDatabase(ctx context.Context, d network.Node) error {
	return l.watching(ctx, d.Name, fault.Boot, func(ctx context.Context) error {
		err := wait.For(ctx, databasesLimit, func(ctx context.Context) error { return answers(ctx, d) })
		if err != nil && ctx.Err() == nil {
			return fault.New(fault.Boot, `read its log: "ccdev logs `+d.Name+`"`, "%s does not answer: %w", d.Name, err)
		}
		return err
	})
}

// answerSize is as much of an unexpected answer as a message can hold.
const answerSize = 200

// answers asks a CouchDB whether it is ready, as its documentation has it for load balancers.
func answers(ctx context.Context, d network.Node) error {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+d.Endpoint.Host+"/_up", nil)
	if err != nil {
		return wait.Stop(err)
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close() //nolint:errcheck // only read from
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, answerSize)) // the status says enough
		return fmt.Errorf("GET /_up: %s: %s", answer.Status, strings.TrimSpace(string(text)))
	}
	return nil
}

// ListImages lists the images that ccdev has made, and CouchDB's, which it only uses, where the
// project wants it and it is there.
func (s *Session) ListImages(ctx context.Context) ([]runtime.Image, error) {
	p, err := project.Load(s.dir, project.Overrides{})
	if err != nil {
		return nil, err
	}
	engine, err := docker.Connect(ctx, s.getenv)
	if err != nil {
		return nil, err
	}
	images, err := engine.Images(ctx)
	if err != nil || p.StateDatabase != project.CouchDB {
		return images, err
	}
	ref := cmp.Or(p.Images.CouchDB, binaries.CouchDBImage(cmp.Or(p.Fabric, network.DefaultFabric)))
	image, found, err := engine.Image(ctx, ref)
	if found {
		images = append(images, image)
	}
	return images, err
}

// appendCouchDB adds what opens the peer's database in a browser, at http://$COUCHDB_ADDRESS/_utils/,
// or with curl.
func appendCouchDB(variables []Variable, n network.Network, p network.Peer) ([]Variable, error) {
	password, err := n.CouchDBPassword()
	if err != nil || !n.HasCouchDB() {
		return variables, err
	}
	return append(variables,
		Variable{"COUCHDB_ADDRESS", p.CouchDB.Endpoint.Host},
		Variable{"COUCHDB_USER", network.CouchDBUser},
		Variable{"COUCHDB_PASSWORD", password}), nil
}
