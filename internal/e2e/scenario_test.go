package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/scenario"
	"github.com/ccdev/ccdev/scenarios"
)

// Every scenario can be walked through unattended, from nothing, and leaves nothing that runs. No
// ccdev is in PATH: its commands find the one that walks.
func TestScenarios(t *testing.T) {
	all, err := scenario.List(scenarios.Files, scenarios.Names())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			forRuntimes(t, func(t *testing.T, runtime string) {
				needs(t, s, runtime)
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

// needs leaves a scenario out where this machine does not have what it needs.
func needs(t *testing.T, s scenario.Scenario, runtime string) {
	t.Helper()
	for _, program := range s.Needs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("NOT RUN:", err)
		}
	}
	if runtime == "docker" && slices.Contains(s.Needs, "node") {
		if err := exec.Command("docker", "image", "inspect", binaries.DefaultNodeImage).Run(); err != nil {
			t.Skipf("NOT RUN: the image %s is not there, and tests cannot count on a registry", binaries.DefaultNodeImage)
		}
	}
}

// A handout has every step with its real output, and exporting it leaves nothing.
func TestHandout(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		file := filepath.Join(t.TempDir(), "handout.md")
		cmd := ccdev(t.TempDir(), "scenario", "export", "ccaas-tutorial", "--format", "markdown", "-f", file, "--runtime", runtime)
		cmd.Env = append(cmd.Env, "TMPDIR="+t.TempDir())
		mustRun(t, cmd)
		handout, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{
			"# Chaincode as an external service, by hand\n", "Write `connection.json`:", "```json\n{\n  \"type\": \"ccaas\"",
			"```sh\nccdev install basic.tgz\n```\n\n```text\n", "committed basic, version 1.0, sequence 1", "```text\nHello, Fabric\n```",
			"- ✓ the network is gone",
		} {
			if !strings.Contains(string(handout), part) {
				t.Errorf("the handout has no %q:\n%s", part, handout)
			}
		}
		temp := strings.TrimPrefix(cmd.Env[len(cmd.Env)-1], "TMPDIR=")
		if strings.Contains(string(handout), temp) {
			t.Errorf("the handout names the folder %s", temp)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("left: %v (%v)", left, err)
		}
	})
}

// cleanUp takes down what a failed walk has left.
func cleanUp(t *testing.T, dir string) {
	if _, err := os.Stat(filepath.Join(dir, ".ccdev")); err == nil {
		mustRun(t, ccdev(dir, "down", "-v"))
	}
}
