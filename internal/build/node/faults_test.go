package node

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

func (p place) program(name, text string) {
	p.Helper()
	if err := os.WriteFile(filepath.Join(p.bin, name), []byte(text), 0o700); err != nil {
		p.Fatal(err)
	}
}

// saying is an npm that fails with these words.
func saying(words string) string { return "#!/bin/sh\ncat >&2 <<'END'\n" + words + "\nEND\nexit 1\n" }

const outOfSync = "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install packages when they are in sync\n" +
	"npm error\nnpm error Clean install a project\nnpm error usage\nnpm error A complete log of this run can be found in: /x"

// What keeps a chaincode from being built says what it is, and what to do.
func TestWhatCannotBeBuilt(t *testing.T) {
	good := packageJSON("")
	tooOldForShim := strings.ReplaceAll(npmScript, "echo cli >", `echo '{"version": "2.5.0", "engines": {"node": "^22.1 || >=24"}}' > node_modules/fabric-shim/package.json; echo cli >`)
	for name, tc := range map[string]struct {
		files map[string]string
		npm   string
		image string
		says  []string // the last one is of the fix
	}{
		"lock out of sync": {npm: saying(outOfSync), says: []string{"in sync", `"npm install"`}},
		"not in the registry": {
			npm:  saying("npm ERR! code E404\nnpm ERR! 404 Not Found - x"),
			says: []string{"404 Not Found", "correct its name"},
		},
		"offline":        {npm: saying("npm error code ENOTFOUND"), says: []string{"npm install", "npmrc"}},
		"no token":       {npm: saying("npm error code E401"), says: []string{"E401", "npm login"}},
		"own authority":  {npm: saying("npm error code SELF_SIGNED_CERT_IN_CHAIN"), says: []string{"SELF_SIGNED", "cafile"}},
		"npm's silence":  {npm: "#!/bin/sh\nexit 3\n", says: []string{"exit status 3", `"npm install" works`}},
		"too old a Node": {npm: tooOldForShim, says: []string{"this machine has Node v20.0.0, and fabric-shim 2.5.0 needs ^22.1 || >=24", "install Node"}},
		"the same in an image": {
			npm: tooOldForShim, image: "some:1",
			says: []string{"the image some:1 has Node v20.0.0", "set image in ccdev.yaml"},
		},
		"no main": {
			files: map[string]string{"package.json": `{"scripts": {"start": "fabric-chaincode-node start"}, "dependencies": {"fabric-shim": "2"}}`},
			says:  []string{"package.json has no main", `"main": "index.js"`},
		},
		"main of nowhere": {
			files: map[string]string{"package.json": `{"main": "dist/index.js", "dependencies": {"fabric-contract-api": "2"}}`},
			says:  []string{"dist/index.js, and there is no such file", "tsconfig.json"},
		},
		"no start": {
			files: map[string]string{"package.json": `{"dependencies": {"fabric-shim": "2"}}`},
			says:  []string{"no start script, and there is no index.js", `"start": "node`},
		},
		"ES modules": {
			files: map[string]string{"package.json": `{"type": "module", "main": "a", "dependencies": {"fabric-contract-api": "2"}}`, "a.js": ""},
			says:  []string{"ES module", "20.19"},
		},
		"a dependency that is not there": {
			files: map[string]string{"package.json": `{"dependencies": {"fabric-shim": "2", "a": "file:lib/a"}}`},
			says:  []string{`"file:lib/a"`, "package.json"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			p.options.Image = tc.image
			if tc.npm != "" {
				p.program("npm", tc.npm)
			}
			if tc.files == nil {
				tc.files = map[string]string{"package.json": good}
			}
			_, _, _, err := p.build(tc.files)
			f := fault.From(err)
			if f == nil || f.Kind != fault.Build {
				t.Fatalf("the fault is %v", err)
			}
			last := len(tc.says) - 1
			for _, want := range tc.says[:last] {
				if !strings.Contains(f.What, want) {
					t.Errorf("%q does not say %q", f.What, want)
				}
			}
			if !strings.Contains(f.Fix, tc.says[last]) {
				t.Errorf("the fix %q does not say %q", f.Fix, tc.says[last])
			}
			if strings.Contains(f.What, "usage") || strings.Contains(f.What, "complete log") {
				t.Errorf("%q says too much", f.What)
			}
		})
	}
}

func TestWithoutNode(t *testing.T) {
	for _, name := range []string{"node", "npm"} {
		for image, want := range map[string]string{"": "this machine has no " + name, "some:1": "the image some:1 has no " + name} {
			p := newPlace(t)
			p.options.Image = image
			if err := os.Remove(filepath.Join(p.bin, name)); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", p.bin)
			_, _, _, err := p.build(map[string]string{"package.json": packageJSON("")})
			if f := fault.From(err); f == nil || f.Kind != fault.Build || !strings.Contains(f.What, want) || f.Fix == "" {
				t.Errorf("the fault is %v", err)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	const shim = `"dependencies": {"fabric-shim": "2"`
	for name, tc := range map[string]struct{ text, want string }{
		"a chaincode":               {`{` + shim + `}}`, ""},
		"old engines":               {`{"engines": ["node >= 0.6"], ` + shim + `}}`, ""},
		"no chaincode":              {`{}`, "no chaincode"},
		"no JSON":                   {`{`, "cannot be read"},
		"workspaces":                {`{"workspaces": ["a"]}`, "holds workspaces"},
		"a workspace's sibling":     {`{` + shim + `, "b": "workspace:*"}}`, "depends on b"},
		"a folder outside":          {`{` + shim + `, "b": "file:../b"}}`, "depends on b"},
		"a folder outside, shorter": {`{` + shim + `, "b": "../b"}}`, "depends on b"},
		"a folder inside":           {`{` + shim + `, "b": "file:./b"}}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := Check(dir)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v, want %q", err, tc.want)
			}
			if f := fault.From(err); f != nil && (f.Kind != fault.Usage || f.Fix == "") {
				t.Errorf("the fault is %+v", f)
			}
		})
	}
	if f := fault.From(Check(t.TempDir())); f == nil || !strings.Contains(f.What, "it has no package.json") {
		t.Errorf("an empty folder gives %v", f)
	}
}

func TestAPackageOfTheSameWorkspace(t *testing.T) {
	for name, tc := range map[string]struct {
		workspaces string
		found      bool
	}{
		"npm's":                 {`["packages/*"]`, true},
		"npm's, one by one":     {`["packages/cc", "packages/b"]`, true},
		"Yarn's":                {`{"packages": ["packages/**"]}`, true},
		"somebody else's":       {`["others/*"]`, false},
		"the chaincode's alone": {`["packages/cc"]`, false},
		"nothing that is known": {`7`, false},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range map[string]string{
				"package.json":             `{"workspaces": ` + tc.workspaces + `}`,
				"packages/b/package.json":  `{"name": "@a/b"}`,
				"packages/cc/package.json": `{"name": "cc", "dependencies": {"fabric-shim": "2", "@a/b": "*"}}`,
			} {
				file = filepath.Join(root, file)
				if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
					t.Fatal(err)
				}
			}
			err := Check(filepath.Join(root, "packages/cc"))
			if f := fault.From(err); (f != nil) != tc.found || f != nil && !strings.Contains(f.What, `depends on @a/b as "*"`) {
				t.Errorf("the fault is %v", err)
			}
		})
	}
}

func TestTooOld(t *testing.T) {
	for _, tc := range []struct {
		version, wanted string
		want            bool
	}{
		{"v16.20.1", ">=18", true},
		{"v18.0.0", ">=18", false},
		{"v16.1.0", "^18.12.0 || ^20.9", true},
		{"v17.0.0", "16.x || >= 18.1 < 21", false},
		{"v16.0.0", "<21", false},
		{"v16.0.0", "", false},
		{"v16.0.0", "*", false},
		{"strange", ">=18", false},
	} {
		if got := tooOld(tc.version, tc.wanted); got != tc.want {
			t.Errorf("%s for %q: %v", tc.version, tc.wanted, got)
		}
	}
}
