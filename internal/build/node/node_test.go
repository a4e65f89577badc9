package node

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/bundle"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/google/go-cmp/cmp"
)

// npmScript notes how it was called, and installs what a test wants to be installed. It fails when
// the package.json it finds says so.
const npmScript = `#!/bin/sh
echo "$*" >> "$CALLS"
grep -q cannot-be-had package.json && { echo "404 cannot-be-had"; exit 1; }
case "$1" in
ci|install)
	mkdir -p node_modules/fabric-shim/lib/cmds node_modules/typescript/bin
	echo cli > node_modules/fabric-shim/cli.js
	echo server > node_modules/fabric-shim/lib/cmds/serverCommand.js
	echo tsc > node_modules/typescript/bin/tsc;;
run)
	echo built > built.js;;
esac
`

// nodeScript is a node that only knows its version, and how to compile: it finds fault with
// sources that say wrong.
const nodeScript = `#!/bin/sh
case "$1" in
--version) echo v20.0.0;;
--check) grep -q wrong "$2" && { echo "$PWD/$2:9" >&2; echo "SyntaxError: it is wrong" >&2; exit 1; }; exit 0;;
*)
	echo "node $*" >> "$CALLS"
	grep -q wrong src/index.ts && { echo "src/index.ts(3,7): error TS1: it is wrong"; exit 2; }
	mkdir -p dist && cp src/index.ts dist/index.js;;
esac
`

// place is where a test builds, with programs of its own on PATH.
type place struct {
	*testing.T
	bin, dir, calls string
	own             Settings
	options         Options
}

func newPlace(t *testing.T) place {
	t.Helper()
	if goruntime.GOOS == "windows" {
		t.Skip("shell scripts stand for node and npm")
	}
	bin := t.TempDir()
	for name, text := range map[string]string{"npm": npmScript, "node": nodeScript} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p := place{T: t, bin: bin, dir: t.TempDir(), calls: filepath.Join(t.TempDir(), "calls")}
	p.options = Options{Dir: p.dir, Log: io.Discard}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("CALLS", p.calls)
	return p
}

// build builds files, and gives the bundle and what was called.
func (p place) build(files map[string]string) (m bundle.Manifest, names, calls []string, err error) {
	p.Helper()
	source := p.TempDir()
	for name, text := range files {
		path := filepath.Join(source, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			p.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			p.Fatal(err)
		}
	}
	_ = os.Remove(p.calls)
	var sources, out bytes.Buffer
	if err := Pack(&sources, source, p.own); err != nil {
		p.Fatal(err)
	}
	err = Build(context.Background(), &sources, &out, p.options)
	text, _ := os.ReadFile(p.calls) // there is none when nothing was called
	calls = strings.Split(strings.TrimSpace(string(text)), "\n")
	if err != nil {
		return m, nil, calls, err
	}
	file := filepath.Join(p.TempDir(), "bundle")
	if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
		p.Fatal(err)
	}
	entries, err := bundle.Read(&out)
	for _, e := range entries {
		names = append(names, e.Name)
	}
	if err != nil {
		p.Fatal(err)
	}
	m, err = bundle.ReadManifest(file)
	if m.Modules == "" {
		p.Error("the bundle names no modules")
	}
	m.Modules = ""
	return m, names, calls, err
}

func packageJSON(scripts string) string {
	return `{"main": "package.json", "scripts": {` + scripts + `}, "dependencies": {"fabric-shim": "2", "fabric-contract-api": "2"}}`
}

func TestHowAChaincodeIsStarted(t *testing.T) {
	contract := bundle.Manifest{Server: []string{"node", launcher, "server"}, Client: []string{"node", launcher, "start"}}
	for name, tc := range map[string]struct {
		files map[string]string
		want  bundle.Manifest
	}{
		"the contract API's launcher": {map[string]string{"package.json": packageJSON(`"start": "fabric-chaincode-node start"`)}, contract},
		"the same in other words":     {map[string]string{"package.json": packageJSON(`"start": "set -x && fabric-chaincode-node start"`)}, contract},
		"no script":                   {map[string]string{"package.json": packageJSON("")}, contract},
		"a program of its own": {
			map[string]string{"package.json": packageJSON(`"start": "node lib/cc.js --fast"`), "lib/cc.js": "shim.start(x)"},
			bundle.Manifest{Client: []string{"node", "lib/cc.js", "--fast"}},
		},
		"a program that listens": {
			map[string]string{"package.json": packageJSON(`"start": "node cc.js"`), "cc.js": "shim.server(x, y).start()"},
			bundle.Manifest{Server: []string{"node", "cc.js"}},
		},
		"a line of shell": {
			map[string]string{"package.json": packageJSON(`"start": "FAST=1 node cc.js"`), "cc.js": "shim.start(x)"},
			bundle.Manifest{Client: []string{"sh", "-c", `PATH=$PWD/node_modules/.bin:$PATH; FAST=1 node cc.js "$@"`, "start"}},
		},
		"the launcher with variables, and a folder": {
			map[string]string{
				"package.json":     packageJSON(`"start": "npm run build && FAST=1 fabric-chaincode-node start --module-path=lib"`),
				"lib/package.json": `{"main": "cc"}`, "lib/cc.js": "",
			},
			bundle.Manifest{
				Server: []string{"sh", "-c", "FAST=1 node " + launcher + ` server --module-path lib "$@"`, "server"},
				Client: []string{"sh", "-c", "FAST=1 node " + launcher + ` start --module-path lib "$@"`, "start"},
			},
		},
		"a program with a source map": {
			map[string]string{"package.json": packageJSON(`"start": "node cc.js"`), "cc.js": "shim.start(x)", "cc.js.map": "{}"},
			bundle.Manifest{Client: []string{"node", sourceMaps, "cc.js"}},
		},
		"a line of shell with a source map": {
			map[string]string{"package.json": packageJSON(`"start": "cd . && node cc.js"`), "cc.js": "//# sourceMappingURL=data:x"},
			bundle.Manifest{Client: []string{
				"sh", "-c", `export NODE_OPTIONS="` + sourceMaps + ` $NODE_OPTIONS"; PATH=$PWD/node_modules/.bin:$PATH; cd . && node cc.js "$@"`, "start",
			}},
		},
		"a module": {
			map[string]string{"package.json": `{"main": "cc.js", "dependencies": {"fabric-shim": "2"}}`, "cc.js": "shim.start(x)"},
			bundle.Manifest{Client: []string{"node", "cc.js"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, _, err := newPlace(t).build(tc.files)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDependenciesAreInstalledOnce(t *testing.T) {
	p := newPlace(t)
	files := map[string]string{"package.json": packageJSON(""), "package-lock.json": "1", "index.js": "1"}
	ci := "ci --omit=dev " + strings.Join(quietly, " ")
	for i, step := range []struct {
		name, text, call string
	}{
		{"index.js", "1", ci},
		{"index.js", "2", ""},
		{"package-lock.json", "2", ci},
		{"package-lock.json", "1", ""}, // which is there still
		{"package.json", packageJSON(`"lint": "eslint"`), ""},
		{".npmrc", "registry=https://npm.example.com", ci},
	} {
		files[step.name] = step.text
		_, names, calls, err := p.build(files)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(calls, "; "); got != step.call {
			t.Errorf("%d: npm was called with %q, want %q", i, got, step.call)
		}
		for _, name := range names {
			if name == ".npmrc" || strings.HasPrefix(name, "node_modules") {
				t.Errorf("%d: %s is in the bundle", i, name)
			}
		}
	}
	delete(files, "package-lock.json")
	if _, _, calls, err := p.build(files); err != nil || !strings.HasPrefix(calls[0], "install --no-package-lock --omit=dev") {
		t.Errorf("without a lock npm was called with %q (%v)", calls, err)
	}
}

func TestSourcesThatAreGoneAreGone(t *testing.T) {
	p := newPlace(t)
	files := map[string]string{"package.json": packageJSON(""), "a.js": "1", "b.js": "1"}
	if _, _, _, err := p.build(files); err != nil {
		t.Fatal(err)
	}
	delete(files, "a.js")
	_, names, _, err := p.build(files)
	if diff := cmp.Diff([]string{"b.js", "package.json"}, names); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestTypeScript(t *testing.T) {
	p := newPlace(t)
	files := map[string]string{"package.json": packageJSON(`"build": "tsc -p ."`), "tsconfig.json": "{}", "src/index.ts": "right"}
	_, names, calls, err := p.build(files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dist/index.js", "package.json", "src/index.ts", "tsconfig.json"}, names); diff != "" {
		t.Error(diff)
	}
	want := "node " + compiler + " -p . --incremental --tsBuildInfoFile " + filepath.Join(p.dir, "tsbuildinfo") + " --pretty false"
	if len(calls) != 2 || !strings.HasPrefix(calls[0], "install --no-package-lock --include=dev ") || calls[1] != want {
		t.Errorf("called were %q", calls)
	}
	files["src/index.ts"] = "wrong"
	_, _, _, err = p.build(files)
	if f := fault.From(err); f == nil || f.Kind != fault.Build || !strings.Contains(f.What, "\nsrc/index.ts:3:7: error TS1: it is wrong") {
		t.Errorf("the fault is %v", err)
	}
	files["package.json"] = packageJSON(`"prebuild": "lint", "build": "tsc -p ."`)
	if _, names, calls, err = p.build(files); err != nil || calls[len(calls)-1] != "run --silent build" || names[0] != "built.js" {
		t.Errorf("with hooks: %q %q %v", calls, names, err)
	}
}

func TestASlipInJavaScript(t *testing.T) {
	p := newPlace(t)
	files := map[string]string{"package.json": packageJSON(""), "lib/a.js": "right", "b.js": "right"}
	if _, _, _, err := p.build(files); err != nil {
		t.Fatal(err)
	}
	files["lib/a.js"] = "wrong"
	for range 2 {
		_, _, _, err := p.build(files)
		if f := fault.From(err); f == nil || f.Kind != fault.Build || !strings.Contains(f.What, "\nlib/a.js:9\nSyntaxError: it is wrong") {
			t.Errorf("the fault is %v", err)
		}
	}
}

func TestNPMThatFails(t *testing.T) {
	_, _, _, err := newPlace(t).build(map[string]string{
		"package.json": `{"dependencies": {"fabric-shim": "2", "cannot-be-had": "1"}}`, "package-lock.json": "{}",
	})
	f := fault.From(err)
	if f == nil || f.Kind != fault.Build || f.Fix == "" || !strings.Contains(f.What, "(npm ci):\n404 cannot-be-had") {
		t.Errorf("the fault is %v", err)
	}
}
