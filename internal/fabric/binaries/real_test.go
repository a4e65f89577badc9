package binaries

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestCompileReal compiles Fabric itself. CCDEV_TEST_CACHE names a cache directory that is kept
// and shared with other tests; without it, only what Go keeps makes the second run quick.
func TestCompileReal(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles Fabric")
	}
	cache := os.Getenv("CCDEV_TEST_CACHE")
	if cache == "" {
		cache = t.TempDir()
	}
	for _, version := range Versions() {
		t.Run(version, func(t *testing.T) {
			programs, err := Compile(t.Context(), Target{Version: version, CacheDir: cache}, nil)
			if err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), programs.Peer, "version").CombinedOutput()
			if err != nil || !strings.Contains(string(out), " Version: "+version+"\n") {
				t.Errorf("peer version: %v\n%s", err, out)
			}
			out, err = exec.CommandContext(t.Context(), programs.Orderer, "version").CombinedOutput()
			if err != nil || !strings.Contains(string(out), " Version: "+version+"\n") {
				t.Errorf("orderer version: %v\n%s", err, out)
			}
			if runtime.GOOS == "linux" {
				for _, program := range []string{programs.Peer, programs.Orderer} {
					if err := checkStatic(program); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}
