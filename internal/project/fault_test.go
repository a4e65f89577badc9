package project_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// TestFaultsShowTheLine checks what a slip says, and which line it points at.
func TestFaultsShowTheLine(t *testing.T) {
	for name, tc := range map[string]struct{ file, says, line string }{
		"unknown field":              {"name: a\nfabrik: x\n", `unknown field "fabrik"`, "fabrik: x"},
		"unknown field in a list":    {"orgs:\n  - name: A\n  - nam: B\n", `unknown field "nam"`, "- nam: B"},
		"unknown field in images":    {"name: a\nimages:\n  src: x\n", `unknown field "src"`, "src: x"},
		"unknown in a chaincode":     {"chaincodes:\n  - name: a\n    pth: b\n", `unknown field "pth"`, "pth: b"},
		"a key twice":                {"name: a\nname: b\n", "already defined", "name: b"},
		"not a mapping":              {"assets\n", "NAME: VALUE is expected", "assets"},
		"not YAML":                   {"name: a\norgs: [\n", "", "orgs: ["},
		"a list for a word":          {"name: a\nfabric: [3]\n", "text is expected", "fabric: [3]"},
		"a word for a number":        {"ports:\n  a: 1\n  b: x\n", "a number is expected", "b: x"},
		"a word for orgs":            {"name: a\norgs: two\n", "a count of orgs, such as 2, or a list", "orgs: two"},
		"half an org":                {"name: a\norgs: 1.5\n", "a count of orgs, such as 2, or a list", "orgs: 1.5"},
		"a mapping for chaincodes":   {"chaincodes: {a: b}\n", "a list is expected", "chaincodes: {a: b}"},
		"a list for images":          {"images: [pull]\n", "NAME: VALUE is expected", "images: [pull]"},
		"peers as a word":            {"orgs:\n  - name: A\n    peers: many\n", "a number is expected", "peers: many"},
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
		"an init of nothing":         {"chaincodes:\n  - init: {args: [a]}\n", "needs the function", "- init: {args: [a]}"},
		"a list of half an org":      {"orgs:\n  - 1.5\n", "NAME: VALUE is expected", "- 1.5"},
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
