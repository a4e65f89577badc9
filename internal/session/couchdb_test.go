package session

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/nodeconfig"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/ccdev/ccdev/internal/steps"
)

func withCouchDB(t *testing.T, database string) network.Network {
	t.Helper()
	p := project.Project{Dir: t.TempDir(), Name: "assets", StateDatabase: database, Orgs: make(project.Orgs, 2)}
	n, err := network.New(p, network.RuntimeDocker, func(_ string, _, usual int) (int, error) { return usual, nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nodeconfig.Ensure(n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPeersWaitForTheirDatabases(t *testing.T) {
	for _, database := range []string{project.LevelDB, project.CouchDB} {
		u := &bringUp{live: &live{net: withCouchDB(t, database)}}
		list := u.steps()
		find := func(name string) int {
			return slices.IndexFunc(list, func(s steps.Step) bool { return s.Name == name })
		}
		needs, has := slices.Contains(list[find(stepNodes)].Needs, stepDatabases), find(stepDatabases) >= 0
		if want := database == project.CouchDB; needs != want || has != want {
			t.Errorf("%s: the step is there: %v, and needed: %v", database, has, needs)
		}
		if find(stepDatabases) > find(stepNodes) {
			t.Errorf("%s: the step comes after the nodes", database)
		}
	}
}

func TestADatabaseAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		says   string // "" for ready
	}{
		"ready":          {http.StatusOK, ""},
		"in maintenance": {http.StatusNotFound, `404 Not Found: {"status":"maintenance_mode"}`},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/_up" {
					t.Errorf("it is asked for %s", r.URL)
				}
				w.WriteHeader(tc.status)
				_, _ = w.Write([]byte(`{"status":"maintenance_mode"}`))
			}))
			defer server.Close()
			d := network.Node{Endpoint: network.Endpoint{Host: strings.TrimPrefix(server.URL, "http://")}}
			err := answers(t.Context(), d)
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("the error is %v", err)
			}
			server.Close()
			if err := answers(t.Context(), d); err == nil {
				t.Error("it answers after its end")
			}
		})
	}
}

func TestEnvOpensTheDatabase(t *testing.T) {
	n := withCouchDB(t, project.CouchDB)
	if err := n.Save(); err != nil {
		t.Fatal(err)
	}
	s := &Session{dir: n.Dir}
	variables, err := s.Env("Org2", 0)
	if err != nil {
		t.Fatal(err)
	}
	password, err := n.CouchDBPassword()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"COUCHDB_ADDRESS": "127.0.0.1:7984", "COUCHDB_USER": network.CouchDBUser, "COUCHDB_PASSWORD": password,
	} {
		if !slices.Contains(variables, Variable{name, want}) {
			t.Errorf("no %s=%s in %v", name, want, variables)
		}
	}
}
