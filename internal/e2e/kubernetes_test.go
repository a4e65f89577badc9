package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/ccpackage"
)

// The files for a cluster are the same at every run, network or not, and the package has the ID that
// is shown.
func TestExportKubernetes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	mustRun(t, ccdev(filepath.Dir(dir), "init", "demo", "--template", "go-shim"))
	t.Cleanup(func() { mustRun(t, ccdev(dir, "down", "-v")) })
	config := "chaincodes: [{name: demo, tls: mutual}]\n"
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var made struct {
		Folder, PackageID, Address string
		Files                      []string
	}
	before := map[string]string{}
	for range 2 {
		out := mustRun(t, ccdev(dir, "export", "kubernetes", "--replicas", "2", "-o", "json"))
		if err := json.Unmarshal([]byte(out), &made); err != nil {
			t.Fatal(err)
		}
		if made.Folder != "kubernetes" || !slices.Contains(made.Files, "chaincode.yaml") || made.Address != "chaincode-demo.fabric.svc:7052" {
			t.Errorf("got %+v", made)
		}
		for _, name := range made.Files {
			text, err := os.ReadFile(filepath.Join(dir, made.Folder, name))
			if err != nil {
				t.Fatal(err)
			}
			if was, there := before[name]; there && was != string(text) {
				t.Errorf("%s is another one at the second run", name)
			}
			before[name] = string(text)
		}
	}
	pkg, err := ccpackage.Read([]byte(before["demo_1.0.tar.gz"]))
	if err != nil {
		t.Fatal(err)
	}
	if pkg.ID != made.PackageID || pkg.Connection.Address != made.Address || !pkg.Connection.ClientAuthRequired {
		t.Errorf("the package is %s with %+v, and %+v was told", pkg.ID, pkg.Connection, made)
	}
	fails(t, ccdev(dir, "export", "kubernetes", "-d", "."), 2, "not from an export", "-d")
	fails(t, ccdev(dir, "export", "kubernetes", "--namespace", "No"), 2, "namespace")
}

// A peer that is told of its builder as the export does it takes packages by the copy of the builder
// that an init container makes.
func TestExportedBuilder(t *testing.T) {
	if !slices.Contains(shared.runtimes, "process") {
		t.Skip("NOT RUN: it needs peers that are plain processes")
	}
	dir := project(t, "demo")
	mustRun(t, ccdev(dir, "export", "kubernetes", "-d", filepath.Join(dir, "cluster")))
	patch, err := os.ReadFile(filepath.Join(dir, "cluster", "peer-patch.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`value: '(.*)'`).FindStringSubmatch(string(patch))
	if told == nil {
		t.Fatalf("the peer is told nothing:\n%s", patch)
	}
	builder := filepath.Join(t.TempDir(), "builder")
	override := "services: {peer0.org1: {environment: {CORE_CHAINCODE_EXTERNALBUILDERS: '" +
		strings.ReplaceAll(told[1], "/opt/ccdev/builder", builder) + "'}}}\n"
	if err := os.WriteFile(filepath.Join(dir, "compose.override.yaml"), []byte(override), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, ccdev(dir, "up", "-d", "--runtime", "process"), 6, "install") // as there is no builder yet

	copier := filepath.Join(t.TempDir(), "copy")
	if err := os.Symlink(filepath.Join(shared.bin, "ccdev"), copier); err != nil {
		t.Fatal(err)
	}
	mustRun(t, exec.Command(copier, builder))
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", "process"))
	mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
}

// The image holds the builder and nothing else, and copies it where a peer of another user can run it.
func TestBuilderImage(t *testing.T) {
	if !slices.Contains(shared.runtimes, "docker") {
		t.Skip("NOT RUN: it needs Docker")
	}
	dir := filepath.Join(t.TempDir(), "demo")
	mustRun(t, ccdev(filepath.Dir(dir), "init", "demo", "--template", "go-shim"))
	const image = "ccdev/builder:dev"
	if exec.Command("docker", "image", "inspect", image).Run() != nil { // nobody's before
		t.Cleanup(func() { mustRun(t, exec.Command("docker", "rmi", image)) })
	}
	if made := strings.TrimSpace(mustRun(t, ccdev(dir, "images", "build", "--builder"))); made != image {
		t.Fatalf("the image is called %s", made)
	}
	volume := t.TempDir()
	mustRun(t, exec.Command("docker", "run", "--rm", "--read-only", "--user", strconv.Itoa(os.Getuid()), "-v", volume+":/builder", image, "/builder"))
	metadata := t.TempDir()
	if err := os.WriteFile(filepath.Join(metadata, "metadata.json"), []byte(`{"type":"ccaas"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	mustRun(t, exec.Command(filepath.Join(volume, "bin", "detect"), metadata, metadata))

	id := strings.TrimSpace(mustRun(t, exec.Command("docker", "create", image)))
	t.Cleanup(func() { mustRun(t, exec.Command("docker", "rm", id)) })
	list := exec.Command("sh", "-c", "docker export "+id+" | tar -t")
	for _, name := range strings.Fields(mustRun(t, list)) {
		ours := slices.Contains([]string{"detect", "build", "release", "copy"}, name)
		if !ours && !strings.HasPrefix(name, "dev/") && !strings.HasPrefix(name, "etc/") && !slices.Contains([]string{".dockerenv", "proc/", "sys/"}, name) {
			t.Errorf("the image has %s", name) // the others the engine puts into every container
		}
	}
	fails(t, ccdev(dir, "images", "build", "--builder", "--fabric", "2.5.9"), 2, "leave --fabric out")
}
