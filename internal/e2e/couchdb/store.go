package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// document is one as CouchDB speaks of it: _id, _rev, perhaps _attachments, and the fields.
type document map[string]any

func (d document) text(field string) string {
	text, _ := d[field].(string)
	return text
}

// database is one of those on a server. Design documents are kept apart, as indexes.
type database struct {
	Documents map[string]document
	Indexes   []index
	Security  json.RawMessage
}

type index struct {
	Design     string `json:"ddoc"`
	Name       string `json:"name"`
	Type       string `json:"type"`
	Definition struct {
		Fields []any `json:"fields"` // a name, or {name: order}
	} `json:"def"`
}

// put stores a document if its revision is that of the one that is there.
func (d *database) put(doc document) (rev string, stored bool) {
	id := doc.text("_id")
	before := d.Documents[id].text("_rev")
	if doc.text("_rev") != before {
		return "", false
	}
	number, _, _ := strings.Cut(before, "-")
	n, _ := strconv.Atoi(number) // 0 of no revision
	rev = strconv.Itoa(n+1) + "-0"
	doc["_rev"] = rev
	if doc["_deleted"] == true {
		delete(d.Documents, id)
	} else {
		d.Documents[id] = doc
	}
	return rev, true
}

// ids are those of all documents, in order.
func (d *database) ids() []string { return slices.Sorted(maps.Keys(d.Documents)) }

// indexed tells whether an index begins with a field.
func (d *database) indexed(field string) bool {
	return slices.ContainsFunc(d.Indexes, func(i index) bool {
		return len(i.Definition.Fields) > 0 && fieldName(i.Definition.Fields[0]) == field
	})
}

// fieldName is the name in an entry of an index or a sort.
func fieldName(entry any) string {
	if order, ok := entry.(map[string]any); ok {
		for name := range order {
			return name
		}
	}
	name, _ := entry.(string)
	return name
}

func (s *server) load() error {
	s.databases = map[string]*database{}
	text, err := os.ReadFile(dataFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &s.databases)
}

func (s *server) save() error {
	text, err := json.Marshal(s.databases)
	if err != nil {
		return err
	}
	return os.WriteFile(dataFile, text, 0o600)
}
