package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// An up that stays takes each save of a Node chaincode live, and installs nothing for it.
func TestNodeDevelop(t *testing.T) {
	needNode(t)
	forRuntimes(t, func(t *testing.T, runtime string) {
		const saves = 5
		dir := project(t, "demo")
		names := []string{"js", "ts"}
		writeNodeProject(t, dir, runtime, names...)
		up, events := stay(t, dir, runtime)
		for _, name := range names {
			cc := nodeChaincodes[name]
			cc.files = map[string]string{cc.source: cc.files[cc.source]}
			var took []time.Duration
			for version := 2; version < 2+saves; version++ {
				saved := time.Now()
				cc.write(t, filepath.Join(dir, name), version)
				await(t, events, func(c change) bool {
					if strings.HasPrefix(c.Text, "npm ") {
						t.Errorf("a save of %s calls npm: %s", name, c.Text)
					}
					return c.Phase == "live" && c.Chaincode == name
				})
				took = append(took, time.Since(saved).Round(time.Millisecond))
				if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "-n", name, "version"))); got != fmt.Sprint(version) {
					t.Errorf("version %s of %s answers, want %d", got, name, version)
				}
			}
			slices.Sort(took)
			t.Logf("%s: save to live in %v, median %v", name, took, took[saves/2])
		}
		leave(t, up, events)
	})
}

// writeNodeProject makes a project of Node chaincodes.
func writeNodeProject(t *testing.T, dir, runtime string, names ...string) {
	t.Helper()
	config := "chaincodes:\n"
	for _, name := range names {
		cc := nodeChaincodes[name]
		cc.write(t, filepath.Join(dir, name), 1)
		config += fmt.Sprintf("  - {name: %s, path: %s", name, name)
		if runtime == "docker" {
			config += ", image: " + nodeImage(t)
		}
		config += "}\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}
