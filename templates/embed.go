// Package templates holds the chaincode projects that "ccdev init" starts from.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

// Every file carries the ending .tmpl: embed refuses a folder that holds a go.mod, and the
// chaincodes are no part of this module.
//
//go:embed go/*.tmpl go-shim/*.tmpl
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
	entries, err := files.ReadDir(name)
	if err != nil {
		return nil, fmt.Errorf("there is no template %s: %w", name, err)
	}
	texts := map[string][]byte{}
	for _, e := range entries {
		target := strings.TrimSuffix(e.Name(), ".tmpl")
		if target == "gitignore" {
			target = ".gitignore"
		}
		if _, err := os.Lstat(filepath.Join(dir, target)); err == nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(dir, target), fs.ErrExist)
		}
		if texts[target], err = render(path.Join(name, e.Name()), values); err != nil {
			return nil, err
		}
	}
	written := make([]string, 0, len(texts))
	for target, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, target), text, 0o644); err != nil {
			return written, err
		}
		written = append(written, target)
	}
	slices.Sort(written)
	return written, nil
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
