package release

import (
	"debug/buildinfo"
	"encoding/json"
	"io"
	"strings"
)

// bom is a bill of materials as CycloneDX 1.5 has it (cyclonedx.org/docs/1.5/json).
type bom struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	Version string `json:"version"`
	URL     string `json:"purl,omitempty"`
}

// WriteBOM lists the modules that a program was built of. Go writes them into every program, as
// "go version -m" shows, so that the list cannot differ from what is in it.
func WriteBOM(w io.Writer, program, version string) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	list := bom{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata:   metadata{component{"application", info.Main.Path, version, ""}},
		Components: []component{module("std", strings.TrimPrefix(info.GoVersion, "go"))},
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		list.Components = append(list.Components, module(m.Path, m.Version))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

func module(path, version string) component {
	return component{"library", path, version, "pkg:golang/" + path + "@" + version}
}
