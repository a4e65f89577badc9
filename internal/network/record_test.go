package network_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/google/go-cmp/cmp"
)

func TestRecord(t *testing.T) {
	for _, runtime := range []string{network.RuntimeDocker, network.RuntimeProcess} {
		t.Run(runtime, func(t *testing.T) {
			dir := t.TempDir()
			p := assets(dir)
			p.Orgs = project.Orgs{{Name: "A", Peers: 2, Users: []project.User{{Name: "u", Attributes: map[string]string{"k": "v"}}}}, {}}
			n := made(t, p, runtime)
			n.Programs = network.Programs{Peer: "p", Orderer: "o", Chaincode: "c"}
			if err := n.Save(); err != nil {
				t.Fatal(err)
			}
			got, found, err := network.Recorded(dir)
			if err != nil || !found {
				t.Fatalf("found %t, %v", found, err)
			}
			if diff := cmp.Diff(n, got); diff != "" {
				t.Errorf("(-saved +recorded):\n%s", diff)
			}
			if difference := got.Differs(p); difference != "" {
				t.Errorf("it differs from its own project: %s", difference)
			}
			for path, want := range map[string]os.FileMode{".ccdev": 0o700, ".ccdev/network.json": 0o600, ".ccdev/.gitignore": 0o600} {
				if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != want {
					t.Errorf("%s: %v, want mode %v", path, err, want)
				}
			}
		})
	}
}

func TestAProjectWithoutARecord(t *testing.T) {
	if _, found, err := network.Recorded(t.TempDir()); found || err != nil {
		t.Errorf("found %t, %v", found, err)
	}
}

func TestADamagedRecord(t *testing.T) {
	for name, damaged := range map[string]string{
		"empty": "", "cut off": `{"id": "1", "or`, "another thing": "[]", "null": "null", "nothing in it": "{}",
		"no orgs": `{"dir": "DIR", "chaincodes": [{}]}`, "no chaincodes": `{"dir": "DIR", "orgs": [{}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			record(t, dir, strings.ReplaceAll(damaged, "DIR", dir))
			_, found, err := network.Recorded(dir)
			f := fault.From(err)
			if found || !errors.Is(err, network.ErrUnreadable) || f.Fix == "" || !strings.Contains(f.What, dir) {
				t.Errorf("found %t, %#v", found, err)
			}
		})
	}
}

func TestACopiedFolderIsNotTheNetworks(t *testing.T) {
	there, here := t.TempDir(), t.TempDir()
	if err := made(t, assets(there), network.RuntimeDocker).Save(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(there, ".ccdev", "network.json"))
	if err != nil {
		t.Fatal(err)
	}
	record(t, here, string(text))
	_, found, err := network.Recorded(here)
	f := fault.From(err)
	if found || f == nil || f.Kind != fault.Usage || errors.Is(err, network.ErrUnreadable) {
		t.Fatalf("found %t, %#v", found, err)
	}
	if !strings.Contains(f.What, there) || !strings.Contains(f.Fix, here) {
		t.Errorf("it does not name both folders: %s\nfix: %s", f.What, f.Fix)
	}
}

func TestDiffers(t *testing.T) {
	orgs := project.Orgs{{Name: "A", Peers: 2}, {}}
	for name, tc := range map[string]struct {
		change func(*project.Project)
		says   []string // nil for no difference
	}{
		"nothing asked for": {change: func(p *project.Project) { *p = project.Project{} }},
		"the same in so many words": {change: func(p *project.Project) {
			p.Runtime, p.Fabric, p.Channel, p.BatchTimeout = "docker", network.DefaultFabric, "mychannel", 10*time.Millisecond
			p.Ports = map[string]int{"orderer": 7050}
		}},
		"any runtime":       {change: func(p *project.Project) { p.Runtime = "auto" }},
		"a count that fits": {change: func(p *project.Project) { p.Orgs = make(project.Orgs, 2) }},
		"another chaincode, user and its port": {change: func(p *project.Project) {
			p.Chaincodes = []project.Chaincode{{Name: "other"}}
			p.Orgs = project.Orgs{{Users: []project.User{{Name: "u"}}}, {}}
			p.Ports = map[string]int{"chaincode-basic": 1, "chaincode-other": 2}
		}},
		"runtime":                  {change: func(p *project.Project) { p.Runtime = "process" }, says: []string{"docker", "process"}},
		"fabric":                   {change: func(p *project.Project) { p.Fabric = "2.5.9" }, says: []string{network.DefaultFabric, "2.5.9"}},
		"channel":                  {change: func(p *project.Project) { p.Channel = "c" }, says: []string{"mychannel", "c"}},
		"stateDatabase":            {change: func(p *project.Project) { p.StateDatabase = "couchdb" }, says: []string{"leveldb", "couchdb"}},
		"batchTimeout":             {change: func(p *project.Project) { p.BatchTimeout = time.Second }, says: []string{"10ms", "1s"}},
		"more orgs":                {change: func(p *project.Project) { p.Orgs = make(project.Orgs, 3) }, says: []string{"2 org", "3"}},
		"fewer orgs":               {change: func(p *project.Project) { p.Orgs = make(project.Orgs, 1) }, says: []string{"2 org", "1"}},
		"an org's name":            {change: func(p *project.Project) { p.Orgs = project.Orgs{{}, {Name: "B"}} }, says: []string{"org 2", "Org2", "B"}},
		"an org's peers":           {change: func(p *project.Project) { p.Orgs = project.Orgs{{Peers: 1}, {}} }, says: []string{"A", "2 peer", "1"}},
		"a peer's port":            {change: func(p *project.Project) { p.Ports = map[string]int{"peer1.a": 8000} }, says: []string{"peer1.a", "9051", "8000"}},
		"the orderer's admin port": {change: func(p *project.Project) { p.Ports = map[string]int{"orderer-admin": 8000} }, says: []string{"orderer-admin", "7053", "8000"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := assets("/p")
			p.Orgs = orgs
			n := made(t, p, network.RuntimeDocker)
			tc.change(&p)
			got := n.Differs(p)
			if (got == "") != (tc.says == nil) {
				t.Errorf("it says %q", got)
			}
			for _, s := range tc.says {
				if !strings.Contains(got, s) {
					t.Errorf("%q does not name %q", got, s)
				}
			}
		})
	}
}

func TestAFolderThatIsReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes anywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	err := network.PrepareStateDir(dir)
	if f := fault.From(err); f == nil || f.Kind != fault.Usage || !strings.Contains(f.Fix, dir) {
		t.Errorf("the error is %v", err)
	}
}

func TestPrepareStateDirKeepsTheUsersGitignore(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"*\n", "mine\n"} {
		if err := network.PrepareStateDir(dir); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, ".ccdev", ".gitignore")
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("it is %q (%v), want %q", got, err, text)
		}
		if err := os.WriteFile(file, []byte("mine\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheRecordsKeys(t *testing.T) {
	// The record is read back by later versions: its keys are a format.
	text, err := json.Marshal(made(t, assets("/p"), network.RuntimeDocker))
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "name", "dir", "fabric", "runtime", "channel", "batchTimeout", "orderer", "orgs", "chaincodes"} {
		if !strings.Contains(string(text), fmt.Sprintf("%q:", key)) {
			t.Errorf("no key %q in %s", key, text)
		}
	}
}

func record(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, ".ccdev"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".ccdev", "network.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
