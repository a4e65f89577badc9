package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// unusable is the fault of an address no client can be made for.
func (e endpoint) unusable(err error) error {
	return fault.New(fault.Runtime, "set DOCKER_HOST, or choose another context with \"docker context use\"",
		"the Docker host %s (%s) cannot be used: %w", e.host, e.origin, err)
}

// unanswered is the fault of a daemon that could not be greeted. api is its version, when it
// said so much.
func (e endpoint) unanswered(err error, api string) error {
	switch {
	case api != "" && cerrdefs.IsInvalidArgument(err):
		return fault.New(fault.Runtime, "update Docker to 19.03 or newer, or use --runtime process",
			"the Docker daemon at %s speaks API %s, and ccdev needs %s or newer", e.host, api, client.MinAPIVersion)
	case e.forbidden():
		return fault.New(fault.Runtime,
			"add yourself to the group docker (sudo usermod -aG docker $USER) and log in again, or use --runtime process",
			"you may not use the Docker daemon at %s: %w", e.host, err)
	case errors.Is(err, context.DeadlineExceeded):
		return fault.New(fault.Runtime, "see whether \"docker version\" answers; restart Docker, or use --runtime process",
			"the Docker daemon at %s (%s) did not answer within %s", e.host, e.origin, pingTimeout)
	case client.IsErrConnectionFailed(err):
		return fault.New(fault.Runtime, "start Docker, or use --runtime process",
			"no Docker daemon answers at %s (%s): %w", e.host, e.origin, err)
	}
	return fault.New(fault.Runtime, "see what \"docker version\" says, or use --runtime process",
		"the Docker daemon at %s (%s) refused: %w", e.host, e.origin, err)
}

// forbidden tries the socket's permissions: the client's error says no more than its text.
func (e endpoint) forbidden() bool {
	path, ok := strings.CutPrefix(e.host, "unix://")
	if !ok {
		return false
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		_ = f.Close() // a socket cannot be opened this way; whatever it is, it is permitted
	}
	return errors.Is(err, os.ErrPermission)
}

// failed turns what an API call returned into an error for the user. doing says what was tried,
// as in "create the network x". The end of a context stays what it is.
func (e *Engine) failed(err error, doing string, args ...any) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	what := fmt.Sprintf(doing, args...)
	if client.IsErrConnectionFailed(err) {
		return fault.New(fault.Runtime, "start Docker again, then repeat the command",
			"lost the Docker daemon at %s while trying to %s: %w", e.endpoint.host, what, err)
	}
	return fault.New(fault.Boot, "mend what Docker complains of, then repeat the command",
		"Docker could not %s: %w", what, err)
}

// foreign is the fault of a name that something of somebody else's has.
func foreign(kind, name, project string) error {
	return fault.New(fault.Boot, fmt.Sprintf("remove or rename it (docker %s rm %s), or give this project another name", kind, name),
		"there is already a %s %q that does not belong to this project (it lacks the label %s=%s)",
		kind, name, LabelProject, project)
}
