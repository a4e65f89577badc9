package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/runtime"
)

// Engine looks whether Docker's daemon answers. without tells whether the project does without:
// as plain processes.
func Engine(without bool, connect func(ctx context.Context) (string, error)) Check {
	const name, why = "docker", "a network of containers runs on it; plain processes need none"
	needed := Fault(name, why, true, connect)
	return func(ctx context.Context) Finding {
		f := needed(ctx)
		f.Hinders = f.Hinders && !without
		return f
	}
}

// Contexts looks which contexts the docker command has, and whether DOCKER_HOST overrides them.
func Contexts(list func() (names []string, current string, err error)) Check {
	const name, why = "docker contexts", "ccdev uses the daemon that the docker command uses"
	return func(context.Context) Finding {
		names, current, err := list()
		switch {
		case err != nil:
			return warning(name, why, err.Error(), `choose one with "docker context use"`)
		case current == "" && len(names) > 1:
			return warning(name, why, "DOCKER_HOST is set, so that none of "+strings.Join(names, ", ")+" counts",
				"unset DOCKER_HOST, to have the current context count")
		case current == "":
			return ok(name, why, "DOCKER_HOST is set")
		case !slices.Contains(names, current):
			return missing(name, why, fmt.Sprintf("the context %s is in use, and does not exist", current),
				`choose one of "docker context ls" with "docker context use"`, false)
		}
		return ok(name, why, fmt.Sprintf("%s is in use, of %s", current, strings.Join(names, ", ")))
	}
}

// Port is one that the project has, or asks for.
type Port struct {
	Use    string // "peer0.org1"
	Number int
	Held   string // why it cannot be had; "" where it is free, or the project's own service has it
}

// Ports looks whether the ports of the project are free, or its own.
func Ports(look func(ctx context.Context) ([]Port, error)) Check {
	const name, why = "ports", "each service of the project listens on a port of 127.0.0.1 that stays its own"
	return func(ctx context.Context) Finding {
		ports, err := look(ctx)
		if err != nil {
			return warning(name, why, err.Error(), `see what "ccdev status" says`)
		}
		var held []string
		for _, p := range ports {
			if p.Held != "" {
				held = append(held, fmt.Sprintf("port %d of %s %s", p.Number, p.Use, p.Held))
			}
		}
		switch {
		case len(held) > 0:
			return missing(name, why, strings.Join(held, "; "),
				`end what listens there, or set another port in ccdev.yaml; a network that has it must be made anew: "ccdev down -v"`, true)
		case len(ports) == 0:
			return ok(name, why, "the project has none yet, and takes free ones")
		}
		return ok(name, why, fmt.Sprintf("all %d are free, or the project's", len(ports)))
	}
}

// Leftovers looks for what is left of projects whose folder is gone.
func Leftovers(name, why string, find func(ctx context.Context) ([]runtime.Leftover, error)) Check {
	return func(ctx context.Context) Finding {
		left, err := find(ctx)
		if err != nil {
			return warning(name, why, err.Error(), "run it once more")
		}
		if len(left) == 0 {
			return ok(name, why, "none")
		}
		var words []string
		for _, l := range left {
			words = append(words, l.Dir+": "+l.What)
		}
		slices.Sort(words)
		f := warning(name, why, "the folders of these projects are gone:\n"+strings.Join(words, "\n"), `remove it: "ccdev doctor --fix"`)
		f.Repair = func(ctx context.Context) error {
			var all error
			for _, l := range left {
				all = errors.Join(all, l.Remove(ctx))
			}
			return all
		}
		return f
	}
}

// Book looks for ports in the book of ports that nobody will use again.
func Book(stale func() map[string]int, tidy func(ctx context.Context) error) Check {
	const name, why = "book of ports", "a port in it is no other project's"
	return func(context.Context) Finding {
		folders := stale()
		if len(folders) == 0 {
			return ok(name, why, "every port in it has its network")
		}
		var words []string
		for _, dir := range slices.Sorted(maps.Keys(folders)) {
			words = append(words, fmt.Sprintf("%s: %d", dir, folders[dir]))
		}
		f := warning(name, why, "it has ports of projects without a network:\n"+strings.Join(words, "\n"), `give them back: "ccdev doctor --fix"`)
		f.Repair = tidy
		return f
	}
}
