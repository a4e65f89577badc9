package session

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

func TestMetaInf(t *testing.T) {
	goBelow := []string{"go.mod", "cmd/cc/main.go"}
	for name, tc := range map[string]struct {
		lang  string
		files []string
		want  string
	}{
		"in the chaincode's folder": {project.LangGo, []string{"go.mod", "main.go", "META-INF/x"}, "."},
		"none":                      {project.LangGo, goBelow, "."},
		"beside the main package":   {project.LangGo, append(goBelow, "cmd/cc/META-INF/x"), "cmd/cc"},
		"above the main package":    {project.LangGo, append(goBelow, "META-INF/x"), "."},
		"in both":                   {project.LangGo, append(goBelow, "META-INF/x", "cmd/cc/META-INF/x"), "cmd/cc"},
		"of another language":       {project.LangNode, append(goBelow, "cmd/cc/META-INF/x"), "."},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range tc.files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				text := map[string]string{"go.mod": "module x\n", "main.go": "package main\n"}[filepath.Base(file)]
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if got := metaInf(network.Chaincode{Lang: tc.lang, Path: dir}); got != filepath.Join(dir, tc.want) {
				t.Errorf("it is looked for in %s", got)
			}
		})
	}
}
