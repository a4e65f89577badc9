package project_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/google/go-cmp/cmp"
)

func TestEveryField(t *testing.T) {
	dir := folder(t, "assets", `
name: my-assets
fabric: "2.5.9"
runtime: process
images: {source: build, registry: registry.example.com/fabric, peer: my/peer:1, orderer: my/orderer:1, couchdb: my/couchdb:1}
channel: trade
stateDatabase: couchdb
orgs:
  - name: Seller
    peers: 2
    users:
      - name: alice
        attributes: {role: auditor, level: 3}
  - name: Buyer
batchTimeout: 250ms
ports:
  peer0.seller: 7151
  chaincode-basic: 9998
chaincodes:
  - name: basic
    path: chaincode/basic
    lang: go
    version: 1.2.0
    label: basic-label
    env: {LOG_LEVEL: debug, EMPTY: "", COUNT: 3}
    endorsement: "OR('SellerMSP.peer')"
    collections: config/private.json
    init: {function: InitLedger, args: [a, 3]}
`)
	want := project.Project{
		Dir: dir, Name: "my-assets", Fabric: "2.5.9", Runtime: "process", Channel: "trade", BatchTimeout: 250 * time.Millisecond,
		StateDatabase: project.CouchDB,
		Images:        project.Images{Source: "build", Registry: "registry.example.com/fabric", Peer: "my/peer:1", Orderer: "my/orderer:1", CouchDB: "my/couchdb:1"},
		Orgs: project.Orgs{
			{Name: "Seller", Peers: 2, Users: []project.User{{Name: "alice", Attributes: map[string]string{"role": "auditor", "level": "3"}}}},
			{Name: "Buyer"},
		},
		Ports: map[string]int{"peer0.seller": 7151, "chaincode-basic": 9998},
		Chaincodes: []project.Chaincode{{
			Name: "basic", Path: filepath.Join(dir, "chaincode", "basic"), Lang: "go", Version: "1.2.0", Label: "basic-label",
			Env:         map[string]string{"LOG_LEVEL": "debug", "EMPTY": "", "COUNT": "3"},
			Endorsement: "OR('SellerMSP.peer')", Collections: filepath.Join(dir, "config", "private.json"),
			Init: &project.Init{Function: "InitLedger", Args: []string{"a", "3"}},
		}},
	}
	if diff := cmp.Diff(want, load(t, dir, project.Overrides{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhatIsNotAskedForStaysOpen(t *testing.T) {
	for name, file := range map[string]string{
		"no file": "-", "empty": "", "blank": "\n\n", "a comment": "# nothing yet\n", "an empty document": "---\n",
		"an empty mapping": "{}\n", "fields without a value": "orgs:\nimages:\nports:\nchaincodes:\nbatchTimeout:\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "assets", file)
			want := project.Project{Dir: dir, Name: "assets", Chaincodes: []project.Chaincode{
				{Name: "assets", Path: dir, Version: "1.0", Label: "assets_1.0"},
			}}
			if diff := cmp.Diff(want, load(t, dir, project.Overrides{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCollectionsBesideTheSourcesNeedNoMention(t *testing.T) {
	dir := folder(t, "assets", "chaincodes: [{name: a, path: a}, {name: b, path: b}]\n")
	beside := filepath.Join(dir, "a", project.CollectionsFile)
	if err := os.Mkdir(filepath.Dir(beside), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(beside, []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := load(t, dir, project.Overrides{})
	if p.Chaincodes[0].Collections != beside || p.Chaincodes[1].Collections != "" {
		t.Errorf("a has %q, b has %q", p.Chaincodes[0].Collections, p.Chaincodes[1].Collections)
	}
}

func TestForms(t *testing.T) {
	for name, tc := range map[string]struct {
		file string
		want func(*project.Project)
	}{
		"orgs as a count":           {"orgs: 3", func(p *project.Project) { p.Orgs = make(project.Orgs, 3) }},
		"no chaincode":              {"chaincodes: []", func(p *project.Project) { p.Chaincodes = []project.Chaincode{} }},
		"orgs as a list":            {"orgs: [{name: A}, {}]", func(p *project.Project) { p.Orgs = project.Orgs{{Name: "A"}, {}} }},
		"images as a word":          {"images: pull", func(p *project.Project) { p.Images.Source = "pull" }},
		"images as a mapping":       {"images: {peer: x}", func(p *project.Project) { p.Images.Peer = "x" }},
		"a version without quotes":  {"fabric: 2.5", func(p *project.Project) { p.Fabric = "2.5" }},
		"a byte order mark":         {"\ufeffchannel: a", func(p *project.Project) { p.Channel = "a" }},
		"lines that end in CR LF":   {"channel: a\r\nfabric: \"3.1\"\r\n", func(p *project.Project) { p.Channel, p.Fabric = "a", "3.1" }},
		"a name for all":            {"name: b", func(p *project.Project) { rename(p, "b", "b") }},
		"a path that is the folder": {"chaincodes: [{path: ./}]", func(*project.Project) {}},
		"a path below, which names": {"chaincodes: [{path: ./My Code/}]", func(p *project.Project) {
			rename(p, "assets", "my-code")
			p.Chaincodes[0].Path = filepath.Join(p.Dir, "My Code")
		}},
		"a path beside": {"chaincodes: [{path: ../other}]", func(p *project.Project) {
			rename(p, "assets", "other")
			p.Chaincodes[0].Path = filepath.Join(filepath.Dir(p.Dir), "other")
		}},
		"an absolute path": {"chaincodes: [{path: /srv/cc}]", func(p *project.Project) {
			rename(p, "assets", "cc")
			p.Chaincodes[0].Path = "/srv/cc"
		}},
		"a version in the label": {`chaincodes: [{version: "2"}]`, func(p *project.Project) {
			p.Chaincodes[0].Version, p.Chaincodes[0].Label = "2", "assets_2"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "assets", tc.file)
			want := project.Project{Dir: dir, Name: "assets", Chaincodes: []project.Chaincode{
				{Name: "assets", Path: dir, Version: "1.0", Label: "assets_1.0"},
			}}
			tc.want(&want)
			if diff := cmp.Diff(want, load(t, dir, project.Overrides{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func rename(p *project.Project, name, chaincode string) {
	p.Name, p.Chaincodes[0].Name, p.Chaincodes[0].Label = name, chaincode, chaincode+"_1.0"
}

func TestOverrides(t *testing.T) {
	const file = "fabric: 2.5.9\nruntime: docker\norgs:\n  - name: A\n    peers: 2\n  - name: B\n"
	for name, tc := range map[string]struct {
		over project.Overrides
		says string // of a fault
		want func(*project.Project)
	}{
		"none":               {want: func(*project.Project) {}},
		"fabric":             {over: project.Overrides{Fabric: "3.1.1"}, want: func(p *project.Project) { p.Fabric = "3.1.1" }},
		"runtime":            {over: project.Overrides{Runtime: "process"}, want: func(p *project.Project) { p.Runtime = "process" }},
		"as many orgs":       {over: project.Overrides{Orgs: 2}, want: func(*project.Project) {}},
		"fewer orgs":         {over: project.Overrides{Orgs: 1}, want: func(p *project.Project) { p.Orgs = p.Orgs[:1] }},
		"more orgs":          {over: project.Overrides{Orgs: 3}, want: func(p *project.Project) { p.Orgs = append(p.Orgs, project.Org{}) }},
		"a bad fabric":       {over: project.Overrides{Fabric: "1.4"}, says: `"1.4"`},
		"a bad runtime":      {over: project.Overrides{Runtime: "Docker"}, says: `"Docker"`},
		"less than no orgs":  {over: project.Overrides{Orgs: -1}, says: "between 1 and 26"},
		"too many orgs":      {over: project.Overrides{Orgs: 27}, says: "between 1 and 26"},
		"orgs beyond memory": {over: project.Overrides{Orgs: 1 << 60}, says: "between 1 and 26"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "assets", file)
			got, err := project.Load(dir, tc.over)
			if tc.want == nil {
				f := fault.From(err)
				if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, tc.says) || !strings.Contains(f.Fix, "flag") {
					t.Errorf("the error is %#v", err)
				}
				return
			}
			want := load(t, dir, project.Overrides{})
			tc.want(&want)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// folder makes a project's folder with this name and project file; "-" for none.
func folder(t *testing.T, name, file string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	mkdir(t, dir)
	if file != "-" {
		write(t, filepath.Join(dir, project.FileName), file)
	}
	return dir
}

func load(t *testing.T, dir string, over project.Overrides) project.Project {
	t.Helper()
	p, err := project.Load(dir, over)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
