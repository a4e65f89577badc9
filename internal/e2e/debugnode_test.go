package e2e

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Node chaincodes of every kind answer while their inspector listens, and an editor is told where
// their sources are.
func TestDebugNode(t *testing.T) {
	needNode(t)
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		names := []string{"js", "ts", "dials", "listens"}
		config := "chaincodes:\n"
		for _, name := range names {
			nodeChaincodes[name].write(t, filepath.Join(dir, name), 1)
			config += "  - {name: " + name + ", path: " + name
			if runtime == "docker" {
				config += ", image: " + nodeImage(t)
			}
			config += "}\n"
		}
		if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
		for _, name := range names {
			session, at := debug(t, dir, name)
			script := inspected(t, at.Address)
			if own := !strings.Contains(script, "/node_modules/"); own && script != "file://"+at.RemoteRoot+"/store.js" {
				t.Errorf("%s runs %s: an editor is told %s", name, script, at.RemoteRoot)
			}
			if name == "ts" && runtime == "process" {
				mapped(t, filepath.Join(at.RemoteRoot, "dist", "index.js"), "../src/index.ts")
			}
			version := func() string { return strings.TrimSpace(mustRun(t, ccdev(dir, "query", "-n", name, "version"))) }
			if got := version(); got != "1" {
				t.Errorf("version %s of %s answers under the debugger", got, name)
			}
			undebug(t, session)
			if got := version(); got != "1" {
				t.Errorf("version %s of %s answers without the debugger", got, name)
			}
		}
	})
}

// inspected is the script whose inspector listens.
func inspected(t *testing.T, address string) string {
	t.Helper()
	answer, err := http.Get("http://" + address + "/json/list") //nolint:noctx // the test's own end is enough
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read
	var targets []struct{ Type, URL string }
	if err := json.NewDecoder(answer.Body).Decode(&targets); err != nil || len(targets) != 1 || targets[0].Type != "node" {
		t.Fatalf("the inspector says %+v: %v", targets, err)
	}
	return targets[0].URL
}

var inlineMap = regexp.MustCompile(`(?m)^//# sourceMappingURL=data:application/json;base64,(.*)$`)

// mapped checks that what was compiled tells of what, and needs no other file for it.
func mapped(t *testing.T, file, source string) {
	t.Helper()
	code, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := inlineMap.FindSubmatch(code)
	if found == nil {
		t.Fatalf("%s has no source map", file)
	}
	text, err := base64.StdEncoding.DecodeString(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	var m struct{ Sources, SourcesContent []string }
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(m.Sources, []string{source}) || len(m.SourcesContent) != 1 {
		t.Errorf("it is of %v, with %d of them", m.Sources, len(m.SourcesContent))
	}
}
