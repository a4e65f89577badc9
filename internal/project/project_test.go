package project_test

import (
	"os"
	"path/filepath"
	"regexp"
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

// TestFaultsShowTheLine checks what a slip says, and which line it points at.
func TestFaultsShowTheLine(t *testing.T) {
	for name, tc := range map[string]struct{ file, says, line string }{
		"unknown field":              {"name: a\nfabrik: x\n", `unknown field "fabrik"`, "fabrik: x"},
		"unknown field in a list":    {"orgs:\n  - name: A\n  - nam: B\n", `unknown field "nam"`, "- nam: B"},
		"unknown field in images":    {"name: a\nimages:\n  src: x\n", `unknown field "src"`, "src: x"},
		"unknown in a chaincode":     {"chaincodes:\n  - name: a\n    pth: b\n", `unknown field "pth"`, "pth: b"},
		"a key twice":                {"name: a\nname: b\n", "already defined", "name: b"},
		"not a mapping":              {"assets\n", "mapping", "assets"},
		"not YAML":                   {"name: a\norgs: [\n", "", "orgs: ["},
		"a list for a word":          {"name: a\nfabric: [3]\n", "string", "fabric: [3]"},
		"a word for a number":        {"ports:\n  a: 1\n  b: x\n", "int", "b: x"},
		"a word for orgs":            {"name: a\norgs: two\n", "sequence", "orgs: two"},
		"half an org":                {"name: a\norgs: 1.5\n", "sequence", "orgs: 1.5"},
		"a mapping for chaincodes":   {"chaincodes: {a: b}\n", "sequence", "chaincodes: {a: b}"},
		"a list for images":          {"images: [pull]\n", "mapping", "images: [pull]"},
		"peers as a word":            {"orgs:\n  - name: A\n    peers: many\n", "int", "peers: many"},
		"a timeout without a unit":   {"name: a\nbatchTimeout: 10\n", `batchTimeout "10" is not a duration`, "batchTimeout: 10"},
		"a timeout in words":         {"name: a\nbatchTimeout: soon\n", `batchTimeout "soon"`, "batchTimeout: soon"},
		"a timeout below 0":          {"name: a\nbatchTimeout: -1s\n", "negative", "batchTimeout: -1s"},
		"project name":               {"fabric: 3.1.1\nname: My Assets\n", `"My Assets"`, "name: My Assets"},
		"channel":                    {"name: a\nchannel: My_Channel\n", `"My_Channel"`, "channel: My_Channel"},
		"a channel too long":         {"name: a\nchannel: " + strings.Repeat("a", 250) + "\n", "249", "channel: aaaa"},
		"fabric too old":             {"name: a\nfabric: 2.4.9\n", `"2.4.9"`, "fabric: 2.4.9"},
		"fabric in words":            {"name: a\nfabric: latest\n", `"latest"`, "fabric: latest"},
		"runtime":                    {"name: a\nruntime: podman\n", `"podman" is not known: it is one of auto, docker, process`, "runtime: podman"},
		"state database":             {"name: a\nstateDatabase: mongodb\n", `"mongodb" is not known: it is one of leveldb, couchdb`, "stateDatabase: mongodb"},
		"images":                     {"name: a\nimages: local\n", `"local"`, "images: local"},
		"source of images":           {"name: a\nimages:\n  source: local\n", `"local"`, "source: local"},
		"port 0":                     {"ports:\n  orderer: 7050\n  peer0.org1: 0\n", "port 0 of peer0.org1", "peer0.org1: 0"},
		"port 65536":                 {"ports:\n  orderer: 65536\n", "port 65536 of orderer", "orderer: 65536"},
		"no orgs":                    {"name: a\norgs: 0\n", "between 1 and 26", "orgs: 0"},
		"fewer than no orgs":         {"name: a\norgs: -2\n", "between 1 and 26", "orgs: -2"},
		"an empty list of orgs":      {"name: a\norgs: []\n", "between 1 and 26", "orgs: []"},
		"too many orgs":              {"name: a\norgs: 27\n", "between 1 and 26", "orgs: 27"},
		"orgs beyond all memory":     {"name: a\norgs: 18446744073709551615\n", "between 1 and 26", "orgs: 18446744073709551615"},
		"org name":                   {"orgs:\n  - name: Org1\n  - name: 2nd\n", `"2nd"`, "- name: 2nd"},
		"two orgs of one name":       {"orgs:\n  - name: Org1\n  - name: org1\n", `two orgs are named "org1"`, "- name: org1"},
		"a name that another gets":   {"orgs:\n  - name: Org2\n  - peers: 1\n", `two orgs are named "Org2"`, "- peers: 1"},
		"the orderer's name":         {"orgs:\n  - name: Orderer\n", `"Orderer"`, "- name: Orderer"},
		"peers":                      {"orgs:\n  - name: A\n    peers: 11\n", "11 peers", "peers: 11"},
		"user name":                  {"orgs:\n  - users:\n      - name: ../root\n", `"../root"`, "- name: ../root"},
		"a user without a name":      {"orgs:\n  - users:\n      - name: a\n      - attributes: {a: b}\n", "needs a name", "- attributes: {a: b}"},
		"chaincode name":             {"chaincodes:\n  - name: ok\n  - name: not ok\n", `"not ok"`, "- name: not ok"},
		"two chaincodes of one name": {"chaincodes:\n  - name: a\n  - name: A\n", `two chaincodes are named "A"`, "- name: A"},
		"two chaincodes of no name":  {"chaincodes:\n  - lang: go\n  - lang: auto\n", "two chaincodes are named", "- lang: auto"},
		"version":                    {"chaincodes:\n  - version: 1 0\n", `"1 0"`, "- version: 1 0"},
		"label":                      {"chaincodes:\n  - label: a/b\n", `"a/b"`, "- label: a/b"},
		"lang":                       {"chaincodes:\n  - lang: rust\n", `"rust"`, "- lang: rust"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := folder(t, "assets", tc.file)
			_, err := project.Load(dir, project.Overrides{})
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage || f.Fix == "" {
				t.Fatalf("the error is %#v, want a usage fault with a fix", err)
			}
			if !strings.Contains(f.What, tc.says) {
				t.Errorf("it does not say %q:\n%s", tc.says, f.What)
			}
			if got := pointedAt(f.What); !strings.HasPrefix(got, tc.line) {
				t.Errorf("it points at %q, want %q:\n%s", got, tc.line, f.What)
			}
		})
	}
}

var pointer = regexp.MustCompile(`(?m)^> +\d+ \| +(.*)$`)

// pointedAt is the line of the excerpt that is marked.
func pointedAt(what string) string {
	if m := pointer.FindStringSubmatch(what); m != nil {
		return m[1]
	}
	return ""
}

func TestASecondDocumentIsAFault(t *testing.T) {
	dir := folder(t, "assets", "name: a\n---\nchannel: b\n")
	_, err := project.Load(dir, project.Overrides{})
	if f := fault.From(err); f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, "more than one YAML document") {
		t.Errorf("the error is %v", err)
	}
}

func TestAFileThatCannotBeReadIsAFault(t *testing.T) {
	dir := folder(t, "assets", "-")
	if err := os.Mkdir(filepath.Join(dir, project.FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := project.Load(dir, project.Overrides{})
	if f := fault.From(err); f == nil || f.Kind != fault.Usage || f.Fix == "" {
		t.Errorf("the error is %v", err)
	}
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

func TestNameOf(t *testing.T) {
	for folder, want := range map[string]string{
		"/a/assets": "assets", "/a/My Assets": "my-assets", "/a/assets (copy)": "assets-copy", "/a/_x_": "x", "/a/café": "caf",
		"/a/链码": "chaincode", "/a/...": "chaincode", "/": "chaincode", "/a/a--b": "a-b", "/a/123": "123", "rel/b/": "b", "": "chaincode",
	} {
		if got := project.NameOf(folder); got != want {
			t.Errorf("the name of %q is %q, want %q", folder, got, want)
		}
	}
}

func TestAnyFolderMakesAValidProject(t *testing.T) {
	for _, name := range []string{"with space", "ünïcode", "链码", "UPPER", "a*b?[c]", "-dash", "_", "1.0", "a.b_c", "'quoted\"", "$HOME", "%d"} {
		t.Run(name, func(t *testing.T) {
			p := load(t, folder(t, name, "-"), project.Overrides{})
			if filepath.Base(p.Dir) != name || p.Chaincodes[0].Path != p.Dir {
				t.Errorf("the folder is %s, and the chaincode's %s", p.Dir, p.Chaincodes[0].Path)
			}
		})
	}
}

func TestID(t *testing.T) {
	a := project.Project{Dir: "/a", Name: "x"}
	if got := a.ID(); got != (project.Project{Dir: "/a", Name: "y"}).ID() || !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(got) {
		t.Errorf("the ID is %q, and should be 8 hex digits that the folder alone decides", got)
	}
	if a.ID() == (project.Project{Dir: "/b"}).ID() {
		t.Error("two folders have one ID")
	}
}

func TestFind(t *testing.T) {
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"file/sub/deep", "state/.ccdev", "state/sub", "outer/inner/sub", "nothing/sub", "state/.ccdev/nodes", "state/module/sub", "file/module"} {
		mkdir(t, filepath.Join(root, dir))
	}
	write(t, filepath.Join(root, "file", project.FileName), "")
	write(t, filepath.Join(root, "state", ".ccdev", "network.json"), "{}")
	write(t, filepath.Join(root, "outer", project.FileName), "")
	write(t, filepath.Join(root, "outer", "inner", project.FileName), "")
	write(t, filepath.Join(root, "state", "module", "go.mod"), "")
	write(t, filepath.Join(root, "file", "module", "go.mod"), "")
	write(t, filepath.Join(root, "plain"), "")
	for link, target := range map[string]string{"link": "file", "deep": "file/sub/deep", "broken": "not/there"} {
		if err := os.Symlink(filepath.Join(root, target), filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct{ dir, want string }{
		"the folder itself":             {"file", "file"},
		"from below":                    {"file/sub/deep", "file"},
		"by a network's state":          {"state/sub", "state"},
		"from within the state":         {"state/.ccdev/nodes", "state"},
		"the nearest":                   {"outer/inner/sub", "outer/inner"},
		"none: the folder itself":       {"nothing/sub", "nothing/sub"},
		"a module of another project":   {"state/module/sub", "state/module/sub"},
		"a module that a file may name": {"file/module", "file"},
		"through a link":                {"link", "file"},
		"through a link to below":       {"deep", "file"},
		"through a link, then below it": {"link/sub", "file"},
		"a path that is not clean":      {"file/sub/../sub/deep/", "file"},
		"not a folder":                  {"plain", ""},
		"not there":                     {"nope", ""},
		"a link to nothing":             {"broken", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := project.Find(root + "/" + tc.dir)
			if tc.want == "" {
				if f := fault.From(err); f == nil || f.Kind != fault.Usage || f.Fix == "" {
					t.Errorf("found %s, error %v: want a usage fault", got, err)
				}
				return
			}
			if err != nil || got != filepath.Join(root, tc.want) {
				t.Errorf("found %s (%v), want %s", got, err, tc.want)
			}
		})
	}
	t.Run("a relative path", func(t *testing.T) {
		t.Chdir(filepath.Join(root, "file", "sub"))
		if got, err := project.Find("."); err != nil || got != filepath.Join(root, "file") {
			t.Errorf("found %s (%v)", got, err)
		}
	})
}

// FuzzLoad looks for project files that crash ccdev, or that give a project without a folder.
func FuzzLoad(f *testing.F) {
	f.Add("name: a\norgs: 2\nchaincodes:\n  - {name: b, env: {A: b}}\n")
	f.Add("orgs: [{name: A, users: [{name: b, attributes: {c: d}}]}]\nports: {a: 1}\n---\n")
	f.Fuzz(func(t *testing.T, file string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, project.FileName), file)
		p, err := project.Load(dir, project.Overrides{})
		if err != nil {
			if got := fault.From(err); got.Kind != fault.Usage || got.Fix == "" {
				t.Errorf("the error is %#v", err)
			}
			return
		}
		if p.Dir != dir || p.Name == "" || len(p.Chaincodes) == 0 {
			t.Errorf("%q makes %+v", file, p)
		}
	})
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
