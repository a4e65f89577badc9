// Package golden compares what a test has got with a file that a person has read.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Update says whether the golden files are to be written anew: for tests that keep theirs in
// another form than Check does.
func Update() bool { return *update }

// Check fails a test that has not got what a file of its testdata folder holds.
func Check(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("it differs from %s, which \"go test -update\" writes anew (-want +got):\n%s", file, diff)
	}
}
