package binaries

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/extbuilder"
	"github.com/ccdev/ccdev/internal/fault"
)

func TestAgentPath(t *testing.T) {
	dir := t.TempDir()
	exe, other, link := filepath.Join(dir, "ccdev"), filepath.Join(dir, "ccdev-linux-mips"), filepath.Join(t.TempDir(), "ccdev")
	err := errors.Join(os.WriteFile(exe, nil, 0o755), os.WriteFile(other, nil, 0o755), os.Symlink(exe, link))
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := filepath.EvalSymlinks(other)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, exe, os, arch, want string }{
		{"this platform", exe, runtime.GOOS, runtime.GOARCH, exe},
		{"another, beside it", exe, "linux", "mips", resolved},
		{"another, beside what is linked", link, "linux", "mips", resolved},
		{"missing", exe, "plan9", "386", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := agentPath(tt.exe, tt.os, tt.arch)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("path = %q, %v, want %q", got, err, tt.want)
			}
			if f := fault.From(err); f != nil && (f.Kind != fault.Boot || !strings.Contains(f.Fix, "ccdev-plan9-386")) {
				t.Errorf("fault = %+v", f)
			}
		})
	}
	if path, err := AgentPath(runtime.GOOS, runtime.GOARCH); err != nil || !isProgram(path) {
		t.Errorf("this program: %q, %v", path, err)
	}
}

func TestInstallAgent(t *testing.T) {
	cache, agent := t.TempDir(), testAgent(t)
	// A copy that was broken off, and one that lost a file.
	for _, left := range []string{testHash + ".tmp-1/out/ccdev", testHash + "/ccdev"} {
		path := filepath.Join(cache, "agent", left)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("half"), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	want := filepath.Join(cache, "agent", testHash, "builder")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if got, err := InstallAgent(cache, agent); got != want || err != nil {
				t.Errorf("builder = %q, %v, want %q", got, err, want)
			}
		})
	}
	group.Wait()
	for _, name := range extbuilder.Programs() {
		path := filepath.Join(want, "bin", name)
		text, err := os.ReadFile(path)
		info, serr := os.Stat(path)
		if string(text) != "ccdev" || errors.Join(err, serr) != nil || info.Mode().Perm()&0o111 == 0 {
			t.Errorf("%s is %q, %v, %v", name, text, err, serr)
		}
	}
	if got := names(t, filepath.Join(cache, "agent")); len(got) != 2 {
		t.Errorf("the cache holds %v, want the agent and its lock", got)
	}
}

func TestInstallAgentKeepsEachVersion(t *testing.T) {
	cache, agent := t.TempDir(), testAgent(t)
	first, err := InstallAgent(cache, agent)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(agent, []byte("a newer ccdev"), 0o755); err != nil {
		t.Fatal(err)
	}
	second, err := InstallAgent(cache, agent)
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Fatal("a newer ccdev took the place of the older one")
	}
	if text, err := os.ReadFile(filepath.Join(first, "bin", "detect")); string(text) != "ccdev" {
		t.Errorf("the older one is %q, %v", text, err)
	}
}

func TestInstallAgentFaults(t *testing.T) {
	_, err := InstallAgent(t.TempDir(), filepath.Join(t.TempDir(), "gone"))
	if f := fault.From(err); f == nil || f.Kind != fault.Boot || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v, want a fault of kind %s", err, fault.Boot)
	}
}

// TestDynamicAgentIsRefused uses a program that is dynamically linked wherever there is one.
func TestDynamicAgentIsRefused(t *testing.T) {
	const program = "/bin/sh"
	err := checkStatic(program)
	if err == nil {
		t.Skipf("%s is static here, or no ELF program", program)
	}
	if f := fault.From(err); f.Kind != fault.Boot || !strings.Contains(f.Fix, "CGO_ENABLED=0") {
		t.Errorf("fault = %+v", f)
	}
}
