// Package templates holds the chaincode projects that "ccdev init" starts from.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// Every file carries the ending .tmpl: embed refuses a folder that holds a go.mod, and the
// chaincodes are no part of this module.
//
//go:embed go go-shim javascript typescript
var files embed.FS

// Names are the templates there are, sorted.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil // an embedded folder can always be read
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}

// Values are what a template's text depends on.
type Values struct {
	Name string // of the chaincode, and of its module
}

// Write puts the template's files into dir, which must exist. It writes none if one of them is
// there already: the error is fs.ErrExist, and names it.
func Write(name, dir string, values Values) ([]string, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("there is no template %s", name)
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	texts := map[string][]byte{}
	err := fs.WalkDir(files, name, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		target := targetOf(strings.TrimPrefix(file, name+"/"))
		if _, err := os.Lstat(filepath.Join(dir, target)); err == nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir, target), fs.ErrExist)
		}
		texts[target], err = render(file, values)
		return err
	})
	if err != nil {
		return nil, err
	}
	written := make([]string, 0, len(texts))
	for _, target := range slices.Sorted(maps.Keys(texts)) {
		file := filepath.Join(dir, target)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return written, err
		}
		if err := os.WriteFile(file, texts[target], 0o644); err != nil {
			return written, err
		}
		written = append(written, target)
	}
	return written, nil
}

// hidden are the files whose names begin with a dot, which embed leaves out.
var hidden = []string{"gitignore", "dockerignore"}

// targetOf is the path that a template's file is written to.
func targetOf(file string) string {
	target := strings.TrimSuffix(file, ".tmpl")
	if slices.Contains(hidden, target) {
		target = "." + target
	}
	return filepath.FromSlash(target)
}

func render(file string, values Values) ([]byte, error) {
	t, err := template.ParseFS(files, file)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = t.Execute(&text, values)
	return text.Bytes(), err
}
