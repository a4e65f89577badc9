package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/wait"
)

// A transaction that two orgs must endorse, made by a user of the second one, is copied as commands of
// ccdev's and of Fabric's own that make it once more.
func TestScreenCopies(t *testing.T) {
	onProcesses(t)
	dir := project(t, "demo")
	save(t, dir, "one", nothing)
	config := "orgs: 3\nchaincodes: [{name: demo, path: ., endorsement: \"AND('Org1MSP.peer','Org2MSP.peer')\"}]\n"
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	bringUp(t, dir, "process")
	mustRun(t, ccdev(dir, "user", "add", "bob", "--org", "Org2"))
	mustRun(t, ccdev(dir, "invoke", "put", "asset1", "it's new", "--as", "bob@Org2"))
	s := openScreen(t, dir, 120, 40)
	s.shows(" LIVE\n", "✓ VALID", "bob@Org2MSP")
	for key, begin := range map[string]string{"y": "ccdev invoke -n demo --as bob@Org2 -- put", "Y": `eval "$(ccdev env --org Org2)"; CORE_PEER`} {
		s.press("3g" + key)
		copied := s.copies(begin)
		if key == "Y" && (strings.Count(copied, "--peerAddresses") != 2 || strings.Contains(copied, "org3")) {
			t.Errorf("it asks other peers than those of the orgs that have endorsed it: %s", copied)
		}
		again := exec.Command("sh", "-c", strings.ReplaceAll(copied, "asset1", "asset-"+key))
		again.Dir, again.Env = dir, append(shared.environ(), "PATH="+shared.bin+":"+peerPrograms(t)+":"+os.Getenv("PATH"))
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", copied, err, out)
		}
		err := wait.For(t.Context(), patience, func(context.Context) error { // Fabric's own ends when it is ordered
			if got := mustRun(t, ccdev(dir, "state", "asset-"+key)); !strings.Contains(got, "it's new") {
				return fmt.Errorf("after %s there is %q", copied, got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	s.press("d")
	s.ends(0, "the network runs on")
}

// copies waits until the screen has put a text that begins so on the clipboard.
func (s *screen) copies(begin string) (text string) {
	s.Helper()
	s.until("it copies "+begin, func() bool {
		text = s.terminal.Clipboard()
		return strings.HasPrefix(text, begin)
	})
	return text
}

// peerPrograms is the folder of Fabric's own programs for this machine.
func peerPrograms(t *testing.T) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(shared.cache, "fabric", "3.1.1-*", "peer"))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no peer program: %v", err)
	}
	return filepath.Dir(found[0])
}
