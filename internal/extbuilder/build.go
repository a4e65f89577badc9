package extbuilder

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fault"
)

// Build checks and completes the connection of a package, and puts it into output with the
// package's META-INF. What the peer would only find at the chaincode's first launch fails here,
// at the install. The error is a fault.
func Build(source, metadata, output string, env func(string) string) error {
	if err := Detect(source, metadata); err != nil {
		return err
	}
	data, err := readFile(source, ccpackage.ConnectionFile)
	if err != nil {
		return err
	}
	connection, err := ccpackage.ParseConnection(data)
	if err != nil {
		return err
	}
	connection, err = expand(connection, env(ConfigVariable))
	if err != nil {
		return err
	}
	if err := rejectFileNames(connection, source); err != nil {
		return err
	}
	if err := connection.Validate(); err != nil {
		return err
	}
	if err := writeFile(output, ccpackage.ConnectionFile, connection.Encode()); err != nil {
		return err
	}
	if err := copyTree(source, ccpackage.MetaInfDir, output, ccpackage.MetaInfDir); err != nil {
		return err
	}
	// The builder in Fabric's documentation (cc_service.md) has its indexes in metadata/statedb.
	return copyTree(source, "metadata/statedb", output, filepath.Join(ccpackage.MetaInfDir, "statedb"))
}

// field is a text of a connection by its name in connection.json.
type field struct {
	name string
	text *string
}

func pemFields(c *ccpackage.Connection) []field {
	return []field{{"root_cert", &c.RootCert}, {"client_cert", &c.ClientCert}, {"client_key", &c.ClientKey}}
}

// expand fills the templates in the fields that will be used, as Fabric's own builder does, with
// the values of the JSON object in config.
func expand(c ccpackage.Connection, config string) (ccpackage.Connection, error) {
	var values map[string]any
	if config != "" {
		if err := json.Unmarshal([]byte(config), &values); err != nil {
			return c, fault.New(fault.Lifecycle, `Set it to a JSON object such as {"peername": "org1peer1"} in the peer's environment.`,
				"%s is not a JSON object: %w", ConfigVariable, err)
		}
	}
	c = c.Canonical() // drops what is not used
	fields := append(pemFields(&c), field{"address", &c.Address}, field{"dial_timeout", &c.DialTimeout}, field{"domain", &c.Domain})
	for _, f := range fields {
		if err := expandField(f, values); err != nil {
			return c, err
		}
	}
	return c.Canonical(), nil // a template may have given an empty dial timeout
}

func expandField(f field, values map[string]any) error {
	parsed, err := template.New(f.name).Option("missingkey=error").Parse(*f.text)
	var out strings.Builder
	if err == nil {
		err = parsed.Execute(&out, values)
	}
	if err != nil {
		return fault.New(fault.Lifecycle,
			"Set "+ConfigVariable+" to a JSON object with that value in the peer's environment, and name the variable in propagateEnvironment of the peer's external builder.",
			"the template in %s of %s cannot be expanded: %w", f.name, ccpackage.ConnectionFile, err)
	}
	*f.text = out.String()
	return nil
}

// rejectFileNames finds a PEM field that names a file of the package, which early versions of
// Fabric's documentation asked for and no peer follows.
func rejectFileNames(c ccpackage.Connection, source string) error {
	root, err := os.OpenRoot(source)
	if err != nil {
		return cannot("read", source, err)
	}
	defer func() { _ = root.Close() }() // only read from
	for _, f := range pemFields(&c) {
		name := strings.TrimSpace(*f.text)
		if name == "" || strings.Contains(name, "-----BEGIN") {
			continue
		}
		if info, err := root.Stat(filepath.FromSlash(name)); err == nil && info.Mode().IsRegular() {
			return fault.New(fault.Lifecycle, `Put the text of that file into the field, with its line breaks as \n.`,
				"%s in %s names the file %q of the package, but the peer wants its text there", f.name, ccpackage.ConnectionFile, name)
		}
	}
	return nil
}

func cannot(do, name string, err error) error {
	why := err
	var pathError *os.PathError
	if errors.As(err, &pathError) {
		why = pathError.Err // the name is said already
	}
	return fault.New(fault.Lifecycle, "Look at the package's files and the permissions of the peer's folders.",
		"the builder cannot %s %s: %w", do, name, why)
}
