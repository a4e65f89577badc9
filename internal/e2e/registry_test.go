package e2e

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Images pulled from a company's mirror run the network, with our builder added to the peer's.
// Like Fabric's official ones they have folders of their own and volumes over them.
func TestPulledImages(t *testing.T) {
	if !slices.Contains(shared.runtimes, "docker") {
		t.Skip("no Docker: said at the start, and a failure where CCDEV_TEST_RUNTIMES asks for it")
	}
	server := httptest.NewServer(registry.New())
	t.Cleanup(server.Close)
	mirror := strings.TrimPrefix(server.URL, "http://") + "/mirror"
	programs, err := binaries.Compile(t.Context(), binaries.Target{CacheDir: shared.cache}, nil)
	if err != nil {
		t.Fatal(err)
	}
	peer, orderer := mirror+"/fabric-peer:3.1.1", mirror+"/fabric-orderer:3.1.1"
	push(t, peer, programs.Peer, []string{"peer", "node", "start"})
	push(t, orderer, programs.Orderer, []string{"orderer"})

	t.Cleanup(func() { removePulled(t, peer, orderer) }) // after the network is down
	dir := project(t, "demo")
	// Whole names: an image of ours that is there for the version would be taken before a pull.
	config := fmt.Sprintf("images: {source: pull, peer: %q, orderer: %q}\n", peer, orderer)
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, ccdev(dir, "up", "-d", "--runtime", "docker"))
	mustRun(t, ccdev(dir, "invoke", "put", "a", "1"))
	out := mustRun(t, ccdev(dir, "config"))
	if !strings.Contains(out, "image: "+orderer) {
		t.Errorf("the network does not run the pulled orderer:\n%s", out)
	}
}

// push makes an image of one program, laid out as Fabric's, and puts it into the registry.
func push(t *testing.T, ref, program string, command []string) {
	t.Helper()
	content := layer(t, program, "usr/local/bin/"+command[0])
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
	if err != nil {
		t.Fatal(err)
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err == nil {
		image, err = mutate.ConfigFile(image, &v1.ConfigFile{
			OS: "linux", Architecture: "amd64", RootFS: rootFS(t, image),
			Config: v1.Config{
				Cmd: command, Env: []string{"PATH=/usr/local/bin", "FABRIC_CFG_PATH=/etc/hyperledger/fabric"},
				Volumes: map[string]struct{}{"/etc/hyperledger/fabric": {}, "/var/hyperledger": {}},
			},
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	target, err := name.ParseReference(ref)
	if err == nil {
		err = remote.Write(target, image)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func rootFS(t *testing.T, image v1.Image) v1.RootFS {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	return config.RootFS
}

func layer(t *testing.T, program, target string) []byte {
	t.Helper()
	code, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, e := range []tar.Header{
		{Name: "tmp/", Mode: 0o1777, Typeflag: tar.TypeDir},
		{Name: "etc/hyperledger/fabric/msp/signcerts/sample.pem", Mode: 0o644, Typeflag: tar.TypeReg, Size: 0},
		{Name: target, Mode: 0o755, Typeflag: tar.TypeReg, Size: int64(len(code))},
	} {
		err := w.WriteHeader(&e)
		if err == nil && e.Size > 0 {
			_, err = w.Write(code)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// removePulled removes what the pull has left on the engine: the images by these names, and what
// was made of them.
func removePulled(t *testing.T, refs ...string) {
	t.Helper()
	for _, ref := range refs {
		mustRun(t, exec.Command("docker", "rmi", ref))
	}
}
