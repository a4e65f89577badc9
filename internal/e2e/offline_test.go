package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// noNetwork runs a command where there is no network but the loopback. A peer wants an address of
// the machine besides 127.0.0.1 to start: it is one that leads nowhere.
const noNetwork = `ip link set lo up && ip addr add 192.0.2.1/32 dev lo && [ -z "$(ip route)" ] && exec "$@"`

// What "images save" has written, and a machine that has never had a network: its caches are empty.
func TestOfflineOnProcesses(t *testing.T) {
	needNode(t)
	if !slices.Contains(shared.runtimes, "process") {
		t.Skip("it is for plain processes")
	}
	isolated := func(args ...string) *exec.Cmd {
		return exec.Command("unshare", append([]string{"-n", "sh", "-c", noNetwork, "sh"}, args...)...)
	}
	if out, err := isolated("true").CombinedOutput(); err != nil {
		t.Skipf("NOT RUN: a network namespace cannot be made here: %v %s", err, out)
	}
	home := t.TempDir()
	file := filepath.Join(home, "workshop.tar.gz")
	mustRun(t, ccdev(home, "images", "save", file, "--runtime", "process"))

	environ := append(os.Environ(), "HOME="+home, "CCDEV_CACHE="+filepath.Join(home, "cache"), "GOPATH="+filepath.Join(home, "go"),
		"GOMODCACHE="+filepath.Join(home, "modules"), "GOFLAGS=-modcacherw", "GOCACHE="+goCache(t))
	offline := func(dir string, args ...string) string {
		t.Helper()
		cmd := isolated(append([]string{filepath.Join(shared.bin, "ccdev")}, args...)...)
		cmd.Dir, cmd.Env = dir, environ
		return mustRun(t, cmd)
	}
	offline(home, "images", "load", file)
	offline(home, "images", "load", file) // once more changes nothing
	for _, template := range []string{"go", "javascript", "typescript"} {
		t.Run(template, func(t *testing.T) {
			dir := filepath.Join(home, "assets-"+template)
			offline(home, "init", dir, "--template", template)
			defer offline(dir, "down", "-v")
			// Each command has a namespace of its own: those that talk to the network share one.
			script := `"$0" up -d --runtime process && "$0" invoke CreateAsset a1 alice 100 && "$0" query GetAllAssets`
			cmd := isolated("sh", "-c", script, filepath.Join(shared.bin, "ccdev"))
			cmd.Dir, cmd.Env = dir, environ
			if got := mustRun(t, cmd); !strings.Contains(got, `[{"id":"a1","owner":"alice","value":100}]`) {
				t.Errorf("it answers %s", got)
			}
		})
	}
}

// The image that a Node chaincode runs in is carried, with the templates' packages: npm, which is not to
// ask anybody, finds them there.
func TestOfflineNodeOnDocker(t *testing.T) {
	needNode(t)
	if !slices.Contains(shared.runtimes, "docker") {
		t.Skip("it is for Docker")
	}
	dir := filepath.Join(t.TempDir(), "assets")
	mustRun(t, ccdev(t.TempDir(), "init", dir, "--template", "typescript"))
	config := "chaincodes: [{name: assets, path: ., image: \"" + nodeImage(t) + "\"}]\n"
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "workshop.tar.gz")
	mustRun(t, ccdev(dir, "images", "save", file, "--runtime", "docker"))
	forgetNodeImages(t)
	if err := exec.Command("docker", "rmi", testNodeImage).Run(); err != nil { // it is made again when the next test asks
		t.Fatal(err)
	}
	madeNodeImage = sync.OnceValue(makeNodeImage)
	mustRun(t, ccdev(dir, "images", "load", file))
	defer mustRun(t, ccdev(dir, "down", "-v"))
	up := ccdev(dir, "up", "-d", "--runtime", "docker")
	up.Env = append(up.Env, "npm_config_offline=true")
	mustRun(t, up)
	mustRun(t, ccdev(dir, "invoke", "CreateAsset", "a1", "alice", "100"))
	if got := mustRun(t, ccdev(dir, "query", "GetAllAssets")); !strings.Contains(got, `"owner":"alice"`) {
		t.Errorf("it answers %s", got)
	}
}

// forgetNodeImages removes the images that ccdev has made of the stand-in.
func forgetNodeImages(t *testing.T) {
	t.Helper()
	sum := sha256.Sum256([]byte(testNodeImage))
	for _, image := range strings.Fields(mustRun(t, exec.Command("docker", "images", "ccdev/chaincode-node", "--format", "{{.Repository}}:{{.Tag}}"))) {
		if strings.Contains(image, "-"+hex.EncodeToString(sum[:4])) {
			mustRun(t, exec.Command("docker", "rmi", image))
		}
	}
}

// goCache is this machine's: to have compiled a package before is no network.
func goCache(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(mustRun(t, exec.Command("go", "env", "GOCACHE")))
}

// A file that is none, or not whole, changes nothing.
func TestOfflineFilesAreChecked(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "none.tar.gz")
	if err := os.WriteFile(file, []byte("no archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, ccdev(dir, "images", "load", file), 2, "cannot be loaded", "ccdev images save FILE")
	fails(t, ccdev(dir, "images", "load", filepath.Join(dir, "nowhere")), 2, "no such file")
	fails(t, ccdev(dir, "images", "save", filepath.Join(dir, "nowhere", "x"), "--runtime", "floppy"), 2, "floppy")
	if left, _ := filepath.Glob(filepath.Join(shared.cache, "offline-*")); len(left) > 0 {
		t.Errorf("it has left %q", left)
	}
}
