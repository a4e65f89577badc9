package topology

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// OverrideFile is the user's compose file that the network's merges with.
const OverrideFile = "compose.override.yaml"

// Merge merges the override file in the project's folder, if there is one, into the model.
// Relative paths in it are relative to that folder.
func Merge(ctx context.Context, model *types.Project) (*types.Project, error) {
	file := filepath.Join(model.WorkingDir, OverrideFile)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return model, nil
	}
	text, err := checkable(model).MarshalYAML()
	if err != nil {
		return nil, err
	}
	text = []byte(strings.ReplaceAll(string(text), "$", "$$")) // ours has no variables
	merged, err := loader.LoadWithContext(ctx, types.ConfigDetails{
		WorkingDir:  model.WorkingDir,
		Environment: types.NewMapping(os.Environ()),
		ConfigFiles: []types.ConfigFile{{Filename: "ccdev's network", Content: text}, {Filename: file}},
	}, func(o *loader.Options) { o.SetProjectName(model.Name, true) })
	if err != nil {
		return nil, fault.New(fault.Usage, "correct "+file, "%s does not fit the network: %w", OverrideFile, err)
	}
	for name, service := range merged.Services {
		if service.Image == noImage {
			service.Image = ""
			merged.Services[name] = service
		}
	}
	return merged, nil
}

// noImage stands for the image of a plain process, which has none, while compose-go checks the
// model: it takes no service without.
const noImage = "plain-process"

// checkable is the model with an image for every service.
func checkable(model *types.Project) *types.Project {
	complete := *model
	complete.Services = maps.Clone(model.Services)
	for name, service := range complete.Services {
		if service.Image == "" {
			service.Image = noImage
			complete.Services[name] = service
		}
	}
	return &complete
}

// Extra are the services of a merged model that the network itself does not have, sorted.
func Extra(merged, own *types.Project) []string {
	var extra []string
	for _, name := range merged.ServiceNames() {
		if _, ok := own.Services[name]; !ok {
			extra = append(extra, name)
		}
	}
	return extra
}
