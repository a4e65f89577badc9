package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

// read gives a document, its attachments as parts of their own.
func (d *database) read(id string) answer {
	doc, there := d.Documents[id]
	if !there {
		return failed(http.StatusNotFound, "not_found", "missing")
	}
	attachments, _ := doc["_attachments"].(map[string]any)
	if len(attachments) == 0 {
		return answer{status: http.StatusOK, body: doc, etag: doc.text("_rev")}
	}
	var content bytes.Buffer
	w := multipart.NewWriter(&content)
	text, _ := json.Marshal(doc) // it came as JSON
	add := func(header textproto.MIMEHeader, data []byte) {
		part, _ := w.CreatePart(header) // a buffer takes everything
		_, _ = part.Write(data)
	}
	add(textproto.MIMEHeader{"Content-Type": {"application/json"}}, text)
	for name, attachment := range attachments {
		a := document(attachment.(map[string]any))
		data, _ := base64.StdEncoding.DecodeString(a.text("data")) // as it was checked or made here
		add(textproto.MIMEHeader{
			"Content-Type":        {a.text("content_type")},
			"Content-Disposition": {fmt.Sprintf("attachment; filename=%q", name)},
		}, data)
	}
	_ = w.Close()
	return answer{
		status: http.StatusOK, etag: doc.text("_rev"), content: content.Bytes(),
		kind: mime.FormatMediaType("multipart/related", map[string]string{"boundary": w.Boundary()}),
	}
}

// write stores or deletes a document.
func (d *database) write(r *http.Request, id string) answer {
	doc := document{"_deleted": true}
	if r.Method == http.MethodPut {
		var err error
		if doc, err = sent(r); err != nil {
			return failed(http.StatusBadRequest, "bad_request", err.Error())
		}
	}
	doc["_id"] = id
	if rev := strings.Trim(r.Header.Get("If-Match"), `"`); rev != "" {
		doc["_rev"] = rev
	}
	rev, stored := d.put(doc)
	if !stored {
		return failed(http.StatusConflict, "conflict", "Document update conflict.")
	}
	return answer{status: http.StatusCreated, etag: rev, body: map[string]any{"ok": true, "id": id, "rev": rev}}
}

// sent reads a document, the attachment of which may be a part of its own: Fabric sends one at most.
func sent(r *http.Request) (document, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	doc := document{}
	if kind != "multipart/related" {
		return doc, json.NewDecoder(r.Body).Decode(&doc)
	}
	parts := multipart.NewReader(r.Body, params["boundary"])
	part, err := parts.NextPart()
	if err != nil {
		return nil, err
	}
	if err := json.NewDecoder(part).Decode(&doc); err != nil {
		return nil, err
	}
	attachments, _ := doc["_attachments"].(map[string]any)
	for _, attachment := range attachments {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		attachment.(map[string]any)["data"] = base64.StdEncoding.EncodeToString(data)
	}
	return doc, nil
}

// row is one of a list of documents.
func row(doc document) map[string]any {
	return map[string]any{
		"id": doc["_id"], "key": doc["_id"], "value": map[string]any{"rev": doc["_rev"]}, "doc": doc,
	}
}

// between lists the documents from startkey to before endkey.
func (d *database) between(query url.Values) answer {
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil {
		return failed(http.StatusBadRequest, "query_parse_error", "limit: "+err.Error())
	}
	bound := func(name string) (key string) {
		_ = json.Unmarshal([]byte(query.Get(name)), &key) // "" where there is none
		return key
	}
	start, end := bound("startkey"), bound("endkey")
	rows := []any{}
	for _, id := range d.ids() {
		if id >= start && (end == "" || id < end) && len(rows) < limit {
			rows = append(rows, row(d.Documents[id]))
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{"total_rows": len(d.Documents), "offset": 0, "rows": rows}}
}

// these lists the documents asked for.
func (d *database) these(r *http.Request) answer {
	var asked struct{ Keys []string }
	if wrong := given(r, &asked); wrong != nil {
		return *wrong
	}
	rows := []any{}
	for _, key := range asked.Keys {
		if doc, there := d.Documents[key]; there {
			rows = append(rows, row(doc))
		} else {
			rows = append(rows, map[string]any{"key": key, "error": "not_found"})
		}
	}
	return answer{status: http.StatusOK, body: map[string]any{"total_rows": len(d.Documents), "rows": rows}}
}

// bulk stores documents, each for itself.
func (d *database) bulk(r *http.Request) answer {
	var asked struct{ Docs []document }
	if wrong := given(r, &asked); wrong != nil {
		return *wrong
	}
	results := []any{}
	for _, doc := range asked.Docs {
		if rev, stored := d.put(doc); stored {
			results = append(results, map[string]any{"ok": true, "id": doc["_id"], "rev": rev})
		} else {
			results = append(results, map[string]any{"id": doc["_id"], "error": "conflict", "reason": "Document update conflict."})
		}
	}
	return answer{status: http.StatusCreated, body: results}
}
