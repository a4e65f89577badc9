package nodeconfig

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// couchNetwork is a network of two peers with a CouchDB each.
func couchNetwork(t *testing.T) network.Network {
	t.Helper()
	p := project.Project{Dir: t.TempDir(), Name: "assets", StateDatabase: project.CouchDB, Orgs: project.Orgs{{Peers: 2}}}
	n, err := network.New(p, network.RuntimeDocker, func(_ string, _, usual int) (int, error) { return usual, nil })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPeersAndCouchDBsShareAPassword(t *testing.T) {
	n := couchNetwork(t)
	if made, err := Ensure(n); !made || err != nil {
		t.Fatalf("made: %v, %v", made, err)
	}
	password, err := n.CouchDBPassword()
	if err != nil || len(password) < 20 {
		t.Fatalf("the password is %q (%v)", password, err)
	}
	// What the entrypoint of CouchDB's official image looks for before it starts.
	form := regexp.MustCompile(`(?m)^\[admins\]\n` + network.CouchDBUser + ` = ` + password + `$`)
	for _, p := range n.Peers() {
		ini, err := os.ReadFile(filepath.Join(n.NodeDir(p.CouchDB), CouchDBFile))
		if err != nil || !form.Match(ini) {
			t.Errorf("%s is told (%v):\n%s", p.CouchDB.Name, err, ini)
		}
		core, err := os.ReadFile(filepath.Join(n.NodeDir(p.Node), "core.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]string{
			"stateDatabase":                "CouchDB", // as core/ledger/ledger_interface.go has it
			"couchDBConfig.couchDBAddress": p.CouchDB.Name + ":5984",
			"couchDBConfig.username":       network.CouchDBUser,
			"couchDBConfig.password":       password,
			"couchDBConfig.requestTimeout": "35s",
		} {
			if got := at(t, core, "ledger.state."+path); got != want {
				t.Errorf("%s: %s is %v, want %s", p.Name, path, got, want)
			}
		}
		if got := at(t, core, "ledger.state.couchDBConfig.maxRetries"); got != uint64(3) {
			t.Errorf("%s: maxRetries is %v, and 0 would give up at once", p.Name, got)
		}
	}
	if made, err := Ensure(n); made || err != nil {
		t.Errorf("the second time: made %v, %v", made, err)
	}
	if again, _ := n.CouchDBPassword(); again != password {
		t.Error("the second time it is another password, which the ledger does not have")
	}
}

func TestOnlyTheUserReadsThePassword(t *testing.T) {
	n := couchNetwork(t)
	if _, err := Ensure(n); err != nil {
		t.Fatal(err)
	}
	password, err := n.CouchDBPassword()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	err = filepath.WalkDir(n.Dir, func(file string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), password) {
			return err
		}
		found++
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", file, info.Mode())
		}
		return err
	})
	if err != nil || found != 5 {
		t.Errorf("%d files have it, want its own, 2 of peers and 2 of databases (%v)", found, err)
	}
}

func TestLevelDBNeedsNoPassword(t *testing.T) {
	n := testNetwork()
	n.Dir = t.TempDir()
	if _, err := Ensure(n); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(n.CouchDBPasswordFile()); err == nil {
		t.Error("one was made")
	}
}
