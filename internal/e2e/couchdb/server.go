package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

// server answers one request after the other.
type server struct {
	user, password string

	mu        sync.Mutex
	databases map[string]*database
}

// answer is what a request gets. Content, where there is some, is sent as it is.
type answer struct {
	status  int
	body    any
	etag    string
	content []byte
	kind    string // of content
}

func failed(status int, kind, reason string) answer {
	return answer{status: status, body: map[string]string{"error": kind, "reason": reason}}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.answer(r)
	if r.Method != http.MethodGet && a.status < http.StatusBadRequest {
		if err := s.save(); err != nil {
			a = failed(http.StatusInternalServerError, "not_saved", err.Error())
		}
	}
	if a.content == nil {
		a.content, _ = json.Marshal(a.body) // of maps and what came as JSON
		a.kind = "application/json"
	}
	if a.etag != "" {
		w.Header().Set("Etag", `"`+a.etag+`"`)
	}
	w.Header().Set("Content-Type", a.kind)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.content) // whoever asked has gone
}

func (s *server) answer(r *http.Request) answer {
	parts := strings.Split(strings.Trim(r.URL.EscapedPath(), "/"), "/")
	for i := range parts {
		parts[i], _ = url.PathUnescape(parts[i]) // the server has checked it
	}
	switch parts[0] {
	case "_up":
		return answer{status: http.StatusOK, body: map[string]string{"status": "ok"}}
	case "":
		return answer{status: http.StatusOK, body: map[string]any{"couchdb": "Welcome", "version": "3.4.2", "vendor": map[string]string{"name": "ccdev"}}}
	}
	if user, password, _ := r.BasicAuth(); user != s.user || password != s.password {
		return failed(http.StatusUnauthorized, "unauthorized", "Name or password is incorrect.")
	}
	if parts[0] == "_all_dbs" {
		names := []string{}
		for name := range s.databases {
			names = append(names, name)
		}
		return answer{status: http.StatusOK, body: names}
	}
	if len(parts) == 1 {
		return s.whole(r.Method, parts[0])
	}
	d := s.databases[parts[0]]
	if d == nil {
		return failed(http.StatusNotFound, "not_found", "Database does not exist.")
	}
	return d.answer(r, parts[1:])
}

// whole is about a database as such.
func (s *server) whole(method, name string) answer {
	d := s.databases[name]
	switch {
	case method == http.MethodPut && d == nil:
		s.databases[name] = &database{Documents: map[string]document{}, Security: json.RawMessage("{}")}
		return answer{status: http.StatusCreated, body: map[string]bool{"ok": true}}
	case method == http.MethodPut:
		return failed(http.StatusPreconditionFailed, "file_exists", "The database already exists.")
	case d == nil:
		return failed(http.StatusNotFound, "not_found", "Database does not exist.")
	case method == http.MethodDelete:
		delete(s.databases, name)
	}
	return answer{status: http.StatusOK, body: map[string]any{"ok": true, "db_name": name, "doc_count": len(d.Documents)}}
}

func (d *database) answer(r *http.Request, path []string) answer {
	get := r.Method == http.MethodGet
	switch path[0] {
	case "_security":
		return d.security(r)
	case "_index":
		return d.index(r, path)
	case "_find":
		return d.find(r)
	case "_all_docs":
		if get {
			return d.between(r.URL.Query())
		}
		return d.these(r)
	case "_bulk_docs":
		return d.bulk(r)
	case "_design": // a view is asked for to bring its index up to date
		return answer{status: http.StatusOK, body: map[string]any{"rows": []any{}}}
	}
	if get {
		return d.read(path[0])
	}
	return d.write(r, path[0])
}

// given reads the body of a request.
func given(r *http.Request, into any) *answer {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		a := failed(http.StatusBadRequest, "bad_request", err.Error())
		return &a
	}
	return nil
}

func (d *database) security(r *http.Request) answer {
	if r.Method == http.MethodGet {
		return answer{status: http.StatusOK, body: d.Security}
	}
	if wrong := given(r, &d.Security); wrong != nil {
		return *wrong
	}
	return answer{status: http.StatusOK, body: map[string]bool{"ok": true}}
}
