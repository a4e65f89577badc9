package docker

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/moby/moby/client"
)

// Contexts are the names of the contexts that the docker command knows, the usual socket's first;
// and current is the one in use, "" where DOCKER_HOST says which daemon.
func Contexts(getenv func(string) string) (names []string, current string, err error) {
	dir, err := configDir(getenv)
	if err != nil {
		return nil, "", err
	}
	files, err := filepath.Glob(filepath.Join(dir, "contexts", "meta", "*", "meta.json"))
	if err != nil {
		return nil, "", err
	}
	for _, file := range files {
		var meta struct{ Name string }
		if readJSON(file, &meta) == nil && meta.Name != "" {
			names = append(names, meta.Name)
		}
	}
	slices.Sort(names)
	names = append([]string{defaultContext}, names...)
	if getenv(client.EnvOverrideHost) != "" {
		return names, "", nil
	}
	if current = getenv("DOCKER_CONTEXT"); current == "" {
		if current, err = currentContext(dir); err != nil {
			return names, "", err
		}
	}
	if current == "" {
		current = defaultContext
	}
	return names, current, nil
}

// Clock is what time it is where the engine runs: in a machine of its own, which may have slept.
func (e *Engine) Clock(ctx context.Context) (time.Time, error) {
	info, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return time.Time{}, e.failed(err, "ask for the engine's time")
	}
	return time.Parse(time.RFC3339Nano, info.Info.SystemTime)
}
