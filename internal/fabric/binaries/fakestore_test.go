package binaries

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Of the agent of these tests, which holds "ccdev".
const (
	testHash    = "79dbd1559665"
	testPeer    = "ccdev/fabric-peer:3.1.1-" + testHash
	testOrderer = "ccdev/fabric-orderer:3.1.1"

	officialPeer    = "docker.io/hyperledger/fabric-peer:3.1.1"
	officialOrderer = "docker.io/hyperledger/fabric-orderer:3.1.1"
)

// madeImage is an image that the fake store was given.
type madeImage struct {
	base  string // empty when imported
	cfg   ImageConfig
	files map[string]*tar.Header
	texts map[string]string
}

// fakeStore is an engine without one. A pull of an image in none of its lists fails.
type fakeStore struct {
	local    []string
	pullable []string
	pull     func(ctx context.Context, ref string, progress Progress) error // instead of pullable
	importIs error

	pulled []string
	made   map[string]madeImage
}

func (s *fakeStore) Platform(context.Context) (string, string, error) { return "linux", "s390x", nil }

func (s *fakeStore) HasImage(_ context.Context, ref string) (bool, error) {
	return slices.Contains(s.local, ref), nil
}

func (s *fakeStore) Pull(ctx context.Context, ref string, progress Progress) error {
	s.pulled = append(s.pulled, ref)
	if s.pull != nil {
		return s.pull(ctx, ref, progress)
	}
	if !slices.Contains(s.pullable, ref) {
		return errors.New("manifest unknown")
	}
	s.local = append(s.local, ref)
	return nil
}

func (s *fakeStore) Import(_ context.Context, ref string, files io.Reader, cfg ImageConfig) error {
	if s.importIs != nil {
		return s.importIs
	}
	return s.keep(ref, "", files, cfg)
}

func (s *fakeStore) Extend(_ context.Context, base, ref string, files io.Reader, cfg ImageConfig) error {
	if !slices.Contains(s.local, base) {
		return fmt.Errorf("no image %s", base)
	}
	return s.keep(ref, base, files, cfg)
}

func (s *fakeStore) keep(ref, base string, files io.Reader, cfg ImageConfig) error {
	image := madeImage{base: base, cfg: cfg, files: map[string]*tar.Header{}, texts: map[string]string{}}
	for r := tar.NewReader(files); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		image.files[header.Name], image.texts[header.Name] = header, string(text)
	}
	if s.made == nil {
		s.made = map[string]madeImage{}
	}
	s.made[ref] = image
	s.local = append(s.local, ref)
	return nil
}

// fakeCompile counts, and gives programs that can be read.
type fakeCompile struct {
	dir   string
	err   error
	calls []Target
}

func (c *fakeCompile) compile(_ context.Context, target Target, _ Progress) (Programs, error) {
	c.calls = append(c.calls, target)
	programs := Programs{Dir: c.dir, Peer: filepath.Join(c.dir, "peer"), Orderer: filepath.Join(c.dir, "orderer")}
	return programs, errors.Join(c.err, os.WriteFile(programs.Peer, []byte("the peer"), 0o755),
		os.WriteFile(programs.Orderer, []byte("the orderer"), 0o755))
}

func testAgent(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "agent")
	if err := os.WriteFile(path, []byte("ccdev"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}
