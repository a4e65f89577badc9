package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/scenario"
	"github.com/ccdev/ccdev/scenarios"
)

// Every scenario can be walked through unattended, from nothing, and leaves nothing that runs. No
// ccdev is in PATH: its commands find the one that walks.
func TestScenarios(t *testing.T) {
	all, err := scenario.List(scenarios.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			for _, program := range s.Needs {
				if _, err := exec.LookPath(program); err != nil {
					t.Skip("NOT RUN: ", err)
				}
			}
			forRuntimes(t, func(t *testing.T, runtime string) {
				dir := filepath.Join(t.TempDir(), s.Name)
				t.Cleanup(func() { cleanUp(t, dir) })
				out := mustRun(t, ccdev(filepath.Dir(dir), "scenario", "run", s.Name, "--yes", "--runtime", runtime))
				if !strings.Contains(out, s.Name+" is done") {
					t.Errorf("it is not done:\n%s", out)
				}
				if left := leftOf(dir, shared.cache); len(left) > 0 {
					t.Errorf("left of %s:\n%s", dir, strings.Join(left, "\n"))
				}
			})
		})
	}
}

// cleanUp takes down what a failed walk has left.
func cleanUp(t *testing.T, dir string) {
	if _, err := os.Stat(filepath.Join(dir, ".ccdev")); err == nil {
		mustRun(t, ccdev(dir, "down", "-v"))
	}
}
