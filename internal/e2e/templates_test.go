package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What "ccdev init" writes for Node runs as it is, and tells which of its functions only read.
// (Most other tests begin with the templates for Go.)
func TestNodeTemplates(t *testing.T) {
	needNode(t)
	forRuntimes(t, func(t *testing.T, runtime string) {
		for _, name := range []string{"javascript", "typescript"} {
			t.Run(name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "assets")
				mustRun(t, ccdev("", "init", dir, "--template", name))
				t.Cleanup(func() { _ = ccdev(dir, "down", "-v").Run() })
				if runtime == "docker" {
					yaml := "chaincodes: [{name: assets, image: " + nodeImage(t) + "}]\n"
					if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(yaml), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
				mustRun(t, ccdev(dir, "invoke", "CreateAsset", "a1", "alice", "100"))
				mustRun(t, ccdev(dir, "invoke", "TransferAsset", "a1", "bob"))
				const asset = `{"id":"a1","owner":"bob","value":100}`
				if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "GetAllAssets"))); got != "["+asset+"]" {
					t.Errorf("the assets are %s", got)
				}
				fails(t, ccdev(dir, "query", "ReadAsset", "a2"), 8, "there is no asset a2")
				fails(t, ccdev(dir, "invoke", "CreateAsset", "a2", "alice", "much"), 8, "number")
				metadata := mustRun(t, ccdev(dir, "query", "org.hyperledger.fabric:GetMetadata"))
				if got := strings.Count(metadata, `"EVALUATE"`); got != 3 {
					t.Errorf("%d functions are said to read only: %s", got, metadata)
				}
			})
		}
	})
}
