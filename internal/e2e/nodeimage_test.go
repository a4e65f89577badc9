package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// needNode leaves a test out where this machine has no Node.
func needNode(t *testing.T) {
	t.Helper()
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("NOT RUN: there is no %s on this machine", name)
		}
	}
}

// testNodeImage, a name of this run alone, stands for an image from a registry, which tests cannot count on: it holds this
// machine's Node, npm and shell.
var testNodeImage = fmt.Sprintf("ccdev-test/node:%d", os.Getpid())

var madeNodeImage = sync.OnceValue(makeNodeImage)

func nodeImage(t *testing.T) string {
	t.Helper()
	if err := madeNodeImage(); err != nil {
		t.Fatal(err)
	}
	return testNodeImage
}

// removeNodeImage removes it where a test has made it.
func removeNodeImage() { _ = exec.Command("docker", "rmi", testNodeImage).Run() }

const authorities = "/etc/ssl/certs/ca-certificates.crt"

func makeNodeImage() error {
	root, err := os.MkdirTemp("", "ccdev-node")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	node, err := exec.LookPath("node")
	if err != nil {
		return err
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return err
	}
	if npm, err = filepath.EvalSymlinks(npm); err != nil { // …/npm/bin/npm-cli.js
		return err
	}
	files := []string{"/bin/sh", "/usr/bin/env", authorities}
	for _, program := range []string{node, "/bin/sh", "/usr/bin/env"} {
		libraries, err := exec.Command("ldd", program).Output()
		if err != nil {
			return err
		}
		files = append(files, regexp.MustCompile(`/[^ ]+`).FindAllString(string(libraries), -1)...)
	}
	// What a program loads only to look up names.
	resolvers, _ := filepath.Glob("/lib/*-linux-gnu/libnss_dns.so.2") // the pattern is right
	files = append(files, resolvers...)
	for _, file := range files {
		if err := copyFile(file, filepath.Join(root, file)); err != nil {
			return err
		}
	}
	module := filepath.Dir(filepath.Dir(npm))
	err = errors.Join(
		copyFile(node, filepath.Join(root, "usr/bin/node")),
		os.MkdirAll(filepath.Join(root, "tmp"), 0o700),
		os.CopyFS(filepath.Join(root, "usr/lib/node_modules/npm"), os.DirFS(module)),
		os.Symlink("../lib/node_modules/npm/bin/npm-cli.js", filepath.Join(root, "usr/bin/npm")),
	)
	if err != nil {
		return err
	}
	archive := exec.Command("tar", "-C", root, "-c", ".")
	load := exec.Command("docker", "import", "--change", "ENV PATH=/usr/bin:/bin",
		"--change", "ENV npm_config_cafile="+authorities, "-", testNodeImage)
	if load.Stdin, err = archive.StdoutPipe(); err != nil {
		return err
	}
	var said bytes.Buffer
	load.Stderr, archive.Stderr = &said, &said
	if err := errors.Join(archive.Start(), load.Run(), archive.Wait()); err != nil {
		return errors.Join(err, errors.New(strings.TrimSpace(said.String())))
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read from
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
