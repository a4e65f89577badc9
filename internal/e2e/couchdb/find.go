package main

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// query is what the stand-in knows of Mango: fields that equal a value, in any order or sorted by one
// field of text, page by page.
type query struct {
	Selector map[string]any
	Sort     []any
	Limit    int
	Bookmark string
}

func (d *database) find(r *http.Request) answer {
	var q query
	if wrong := given(r, &q); wrong != nil {
		return *wrong
	}
	var found []document
	for _, id := range d.ids() {
		if matches(d.Documents[id], q.Selector) {
			found = append(found, d.Documents[id])
		}
	}
	if len(q.Sort) > 0 {
		field := fieldName(q.Sort[0])
		if !d.indexed(field) {
			return failed(http.StatusBadRequest, "no_usable_index", "No index exists for this sort, try indexing by the sort fields.")
		}
		slices.SortStableFunc(found, func(a, b document) int { return strings.Compare(a.text(field), b.text(field)) })
	}
	from, _ := strconv.Atoi(q.Bookmark) // 0 of none
	from = min(from, len(found))
	page := found[from:min(from+q.Limit, len(found))]
	return answer{status: http.StatusOK, body: map[string]any{
		"docs": append([]document{}, page...), "bookmark": strconv.Itoa(from + len(page)),
	}}
}

func matches(doc document, selector map[string]any) bool {
	for field, want := range selector {
		if !reflect.DeepEqual(doc[field], want) {
			return false
		}
	}
	return true
}

// index lists the indexes, or makes one; there is no need to remove any.
func (d *database) index(r *http.Request, path []string) answer {
	if r.Method == http.MethodGet {
		return answer{status: http.StatusOK, body: map[string]any{"total_rows": len(d.Indexes), "indexes": append([]index{}, d.Indexes...)}}
	}
	if r.Method != http.MethodPost {
		return failed(http.StatusNotImplemented, "not_implemented", strings.Join(path, "/"))
	}
	var asked struct {
		Index json.RawMessage
		Ddoc  string
		Name  string
	}
	if wrong := given(r, &asked); wrong != nil {
		return *wrong
	}
	made := index{Design: "_design/" + asked.Ddoc, Name: asked.Name, Type: "json"}
	if err := json.Unmarshal(asked.Index, &made.Definition); err != nil {
		return failed(http.StatusBadRequest, "bad_request", err.Error())
	}
	d.Indexes = append(d.Indexes, made)
	return answer{status: http.StatusOK, body: map[string]string{"result": "created", "id": made.Design, "name": made.Name}}
}
