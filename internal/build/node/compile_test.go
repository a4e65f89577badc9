package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The compiler goes on from the last time, unless the user has put something where its output is.
func TestWhatIsCompiledAnew(t *testing.T) {
	p := newPlace(t)
	files := map[string]string{"package.json": packageJSON(`"build": "tsc"`), "tsconfig.json": "{}", "src/index.ts": "1"}
	info := filepath.Join(p.dir, "tsbuildinfo")
	for i, step := range []struct {
		name, text string // "" to remove it
		anew       bool
	}{
		{"src/index.ts", "1", true}, // with all the others
		{"src/index.ts", "2", false},
		{"src/types.d.ts", "1", true},
		{"package.json", packageJSON(`"build": "tsc", "lint": "eslint"`), false},
		{"dist/lib.js", "old", true},
		{"src/index.ts", "3", false},
		{"dist/lib.js", "", true},
	} {
		if files[step.name] = step.text; step.text == "" {
			delete(files, step.name)
		}
		if err := os.WriteFile(info, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := p.build(files); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(info); (err != nil) != step.anew {
			t.Errorf("%d: after %s all is compiled anew: %v, want %v", i, step.name, err != nil, step.anew)
		}
	}
}

func TestWhichScriptsAreTheCompiler(t *testing.T) {
	for script, direct := range map[string]bool{
		"tsc": true, "tsc -p tsconfig.build.json": true, "tsc --project .": true,
		"tsc -b": false, "tsc --build --verbose": false, "tsc --incremental --tsBuildInfoFile x": false, "tsc && cp a b": false, "npx tsc": false,
	} {
		_, _, calls, err := newPlace(t).build(map[string]string{
			"package.json": packageJSON(`"build": "` + script + `"`), "tsconfig.json": "{}", "src/index.ts": "1",
		})
		if got := strings.HasPrefix(calls[len(calls)-1], "node "+compiler); err != nil || got != direct {
			t.Errorf("%q is called directly: %v (%v)", script, got, err)
		}
	}
}
