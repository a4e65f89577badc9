// Package yamltemplate fills in templates of YAML files, and of what goes with them.
package yamltemplate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"text/template"
)

// Render fills in the template name.tmpl of files. Besides these functions templates have q, which
// writes any text as a YAML scalar. A key that a map does not have is an error.
func Render(files fs.FS, name string, values any, functions template.FuncMap) ([]byte, error) {
	t, err := template.New(path.Base(name)+".tmpl").Option("missingkey=error").
		Funcs(template.FuncMap{"q": quote}).Funcs(functions).ParseFS(files, name+".tmpl")
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, values); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return out.Bytes(), nil
}

// quote makes any string a YAML scalar: YAML's double-quoted strings include JSON's.
func quote(s string) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // for those who read the file
	err := enc.Encode(s)
	return strings.TrimSuffix(out.String(), "\n"), err
}
