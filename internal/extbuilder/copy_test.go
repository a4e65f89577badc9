package extbuilder

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCopyPutsThePeersProgramsInPlace(t *testing.T) {
	dir := t.TempDir()
	for range 2 { // a pod that is started again has its volume
		if err := Run(CopyProgram, []string{dir}, noEnv); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.Stat(self)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Programs() {
		info, err := os.Stat(filepath.Join(dir, "bin", name)) // follows the link
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() != want.Size() || info.Mode().Perm() != 0o755 {
			t.Errorf("%s has %d bytes and the mode %v", name, info.Size(), info.Mode())
		}
	}
	if entries, err := os.ReadDir(filepath.Join(dir, "bin")); err != nil || len(entries) != len(Programs()) {
		t.Errorf("there is more than the programs: %v, %v", entries, err)
	}
}

func TestCopyToWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	isFault(t, Copy(file), "bin")
}
