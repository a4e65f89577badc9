package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// standInCouchDB, a name of this run alone, stands for CouchDB's official image.
var standInCouchDB = fmt.Sprintf("ccdev-test/couchdb:%d", os.Getpid())

var madeCouchDB = sync.OnceValue(makeCouchDB)

// couchDB adds to a ccdev.yaml which image of CouchDB to use: couchdb FILE. That is the stand-in, or
// the one that CCDEV_TEST_COUCHDB names, where one can be pulled.
func couchDB(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: couchdb FILE")
	}
	image := os.Getenv("CCDEV_TEST_COUCHDB")
	if image == "" {
		ts.Check(madeCouchDB())
		image = standInCouchDB
	}
	config := ts.ReadFile(args[0]) + fmt.Sprintf("images: {couchdb: %q}\n", image)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(config), 0o600))
}

// removeCouchDB removes the stand-in where a test has made it.
func removeCouchDB() { _ = exec.Command("docker", "rmi", standInCouchDB).Run() }

func makeCouchDB() error {
	root, err := os.MkdirTemp("", "ccdev-couchdb")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(root) }()
	build := exec.Command("go", "build", "-o", filepath.Join(root, "couchdb"), "./couchdb")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the stand-in for CouchDB: %w\n%s", err, out)
	}
	archive := exec.Command("tar", "-C", root, "-c", "couchdb")
	load := exec.Command("docker", "import", "--change", `ENTRYPOINT ["/couchdb"]`, "-", standInCouchDB)
	if load.Stdin, err = archive.StdoutPipe(); err != nil {
		return err
	}
	var said bytes.Buffer
	load.Stderr, archive.Stderr = &said, &said
	if err := errors.Join(archive.Start(), load.Run(), archive.Wait()); err != nil {
		return fmt.Errorf("import the stand-in for CouchDB: %w\n%s", err, said.String())
	}
	return nil
}
