package docker

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/runtime"
)

// left is what an engine has of one project.
type left struct {
	id, dir                       string
	containers, networks, volumes int
}

// Leftovers are what is on the engine of projects whose folder is gone by what gone says. Only an
// engine of this machine has any: the folders of another one's projects are on other machines too.
func (e *Engine) Leftovers(ctx context.Context, gone func(dir string) bool) ([]runtime.Leftover, error) {
	if !e.isLocal() {
		return nil, nil
	}
	projects, err := e.projects(ctx)
	if err != nil {
		return nil, err
	}
	var all []runtime.Leftover
	for _, p := range projects {
		if p.id == "" || p.dir == "" || !gone(p.dir) {
			continue
		}
		all = append(all, runtime.Leftover{
			Dir: p.dir, What: p.words(),
			Remove: func(ctx context.Context) error { return e.Runtime(p.id, "", p.dir).Remove(ctx, true) },
		})
	}
	slices.SortFunc(all, func(a, b runtime.Leftover) int { return cmp.Compare(a.Dir, b.Dir) })
	return all, nil
}

// isLocal tells whether the engine is reached in a way that does not leave this machine.
func (e *Engine) isLocal() bool {
	return strings.HasPrefix(e.endpoint.host, "unix://") || strings.HasPrefix(e.endpoint.host, "npipe://")
}

// projects are all that have something on the engine, by id.
func (e *Engine) projects(ctx context.Context) (map[string]*left, error) {
	found := map[string]*left{}
	of := func(labels map[string]string) *left {
		id := labels[LabelProject]
		if found[id] == nil {
			found[id] = &left{id: id, dir: labels[LabelDir]}
		}
		return found[id]
	}
	ours := make(client.Filters).Add("label", LabelProject)
	containers, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: ours})
	if err != nil {
		return nil, e.failed(err, "list containers")
	}
	for _, c := range containers.Items {
		of(c.Labels).containers++
	}
	networks, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: ours})
	if err != nil {
		return nil, e.failed(err, "list networks")
	}
	for _, n := range networks.Items {
		of(n.Labels).networks++
	}
	volumes, err := e.api.VolumeList(ctx, client.VolumeListOptions{Filters: ours})
	if err != nil {
		return nil, e.failed(err, "list volumes")
	}
	for _, v := range volumes.Items {
		of(v.Labels).volumes++
	}
	return found, nil
}

func (l left) words() string {
	var words []string
	for _, some := range []struct {
		count int
		what  string
	}{{l.containers, "container"}, {l.networks, "network"}, {l.volumes, "volume"}} {
		switch some.count {
		case 0:
		case 1:
			words = append(words, "1 "+some.what)
		default:
			words = append(words, fmt.Sprintf("%d %ss", some.count, some.what))
		}
	}
	return strings.Join(words, ", ")
}
