package ccpackage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// indexForm is where Fabric takes index files from: those of the chaincode, and those of its
// collections (internal/ccmetadata/validators.go). Nothing else may stand in META-INF.
var indexForm = regexp.MustCompile(
	`^META-INF/statedb/couchdb/(collections/[A-Za-z0-9_-]+/)?indexes/.+[.]json$`)

// metaInf reads the META-INF in dir, sorted by name. Hidden files are left out, as Fabric's own
// packager does: desktops leave them behind. Everything else must be an index that Fabric takes.
func metaInf(dir string) ([]file, error) {
	if dir == "" {
		return nil, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cannotRead(dir, err)
	}
	defer func() { _ = root.Close() }() // only read from
	top, err := root.Lstat(MetaInfDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, cannotRead(MetaInfDir, err)
	}
	if !top.IsDir() {
		return nil, notPlain(MetaInfDir, top.Mode(), "folder")
	}
	files, err := indexes(root)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

func indexes(root *os.Root) ([]file, error) {
	var files []file
	err := fs.WalkDir(root.FS(), MetaInfDir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return cannotRead(name, err)
		}
		if entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return nil
		}
		data, err := readIndex(root, name, entry)
		if err != nil {
			return err
		}
		files = append(files, file{name, data})
		return nil
	})
	return files, err
}

func readIndex(root *os.Root, name string, entry fs.DirEntry) ([]byte, error) {
	// Opening a pipe would wait for its writer, so the kind of file comes first.
	if !entry.Type().IsRegular() {
		return nil, notPlain(name, entry.Type(), "file")
	}
	if !indexForm.MatchString(name) {
		return nil, fault.New(fault.Usage,
			"Move it: indexes are META-INF/statedb/couchdb/indexes/*.json and META-INF/statedb/couchdb/collections/NAME/indexes/*.json.",
			"%s is not where Fabric takes files in META-INF from", name)
	}
	data, err := root.ReadFile(name)
	if err != nil {
		return nil, cannotRead(name, err)
	}
	if err := checkIndex(data); err != nil {
		return nil, fault.New(fault.Usage,
			`write it as {"index": {"fields": ["owner"]}, "ddoc": "indexOwnerDoc", "name": "indexOwner", "type": "json"}`,
			"%s is not an index that Fabric takes: %w", name, err)
	}
	return data, nil
}

func cannotRead(name string, err error) error {
	return fault.New(fault.Usage, "make it readable, or take it away", "%s cannot be read: %w", name, err)
}

func notPlain(name string, mode fs.FileMode, want string) error {
	return fault.New(fault.Usage, "put the "+want+" itself there: links and devices do not go into packages",
		"%s is not a plain %s (%s)", path.Clean(name), want, mode.Type())
}

// indexEntries are the entries an index may have, each with its rule. Fabric tells their case.
var indexEntries = map[string]func(any) error{
	"index": checkIndexFields,
	"ddoc":  checkIndexText,
	"name":  checkIndexText,
	"type": func(value any) error {
		if value != "json" {
			return errors.New(`is not "json"`)
		}
		return nil
	},
}

// checkIndex applies Fabric's rules for an index of CouchDB, and two of CouchDB's own without
// which the index would be dropped silently: there are fields, and each is a name or has an order.
func checkIndex(data []byte) error {
	var index map[string]any
	if err := json.Unmarshal(data, &index); err != nil {
		return fmt.Errorf("it is not a JSON object: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(index)) {
		rule, ok := indexEntries[name]
		if !ok {
			return fmt.Errorf("%q is unknown", name)
		}
		if err := rule(index[name]); err != nil {
			return fmt.Errorf("%q %w", name, err)
		}
	}
	if _, ok := index["index"]; !ok {
		return errors.New(`"index" is missing`)
	}
	return nil
}

func checkIndexText(value any) error {
	if _, ok := value.(string); !ok {
		return errors.New("is not a string")
	}
	return nil
}

func checkIndexFields(value any) error {
	entries, ok := value.(map[string]any)
	if !ok {
		return errors.New("is not an object")
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if name != "fields" && name != "partial_filter_selector" {
			return fmt.Errorf("has an unknown entry %q", name)
		}
	}
	fields, ok := entries["fields"].([]any)
	if !ok {
		return errors.New(`has no array "fields"`)
	}
	for _, field := range fields {
		if err := checkIndexField(field); err != nil {
			return err
		}
	}
	return nil
}

func checkIndexField(field any) error {
	if _, ok := field.(string); ok {
		return nil
	}
	orders, ok := field.(map[string]any)
	if !ok {
		return errors.New("has a field that is neither a string nor an object")
	}
	for _, name := range slices.Sorted(maps.Keys(orders)) {
		order, ok := orders[name].(string)
		if !ok || !strings.EqualFold(order, "asc") && !strings.EqualFold(order, "desc") {
			return fmt.Errorf("has a field %q whose order is neither asc nor desc", name)
		}
	}
	return nil
}
