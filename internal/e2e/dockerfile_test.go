package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/network"
)

// Images in place of programs: new code at every reload, with no failed transaction.
func TestImagesUnderLoad(t *testing.T) {
	if !slices.Contains(shared.runtimes, "docker") {
		t.Skip("images take Docker")
	}
	const swaps = 4
	dir := project(t, "demo")
	files := map[string]string{
		"ccdev.yaml": "chaincodes: [{name: demo, lang: dockerfile}]\n",
		"Dockerfile": "FROM scratch\nCOPY cc /cc\nENTRYPOINT [\"/cc\"]\n", ".dockerignore": "*\n!cc\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := func(version int) {
		t.Helper()
		writeVersion(t, dir, listens, version)
		cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", "cc", ".")
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
		mustRun(t, cmd)
	}
	build(0)
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", "docker"))
	n, _, err := network.Recorded(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := startLoad(t, n, 2, []string{"demo"})
	defer l.stop()
	for version := 1; version <= swaps; version++ {
		build(version)
		mustRun(t, ccdev(dir, "reload"))
		l.delivered("demo", version)
		answers(t, dir, version)
	}
	l.stop()
	l.check(t, n)
	running := mustRun(t, exec.Command("docker", "ps", "--filter", "label=dev.ccdev.dir="+dir, "--format", "{{.Names}}"))
	if got := strings.Count(running, "-chaincode-demo-g"); got > 2 {
		t.Errorf("%d generations are left:\n%s", got, running)
	}
	images := mustRun(t, exec.Command("docker", "images", "-q", "--filter", "label=dev.ccdev.dir="+dir))
	if got := len(strings.Fields(images)); got > 2 {
		t.Errorf("%d images are left", got)
	}
}
