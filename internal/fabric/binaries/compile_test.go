package binaries

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

const compilingText = "compiling Fabric 3.1.1"

func testTarget(t *testing.T) Target {
	return Target{Version: "3.1.1", OS: "linux", Arch: "arm64", CacheDir: t.TempDir()}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

// wantCache checks that the cache holds these names beside the lock, and nothing half done.
func wantCache(t *testing.T, target Target, want ...string) {
	t.Helper()
	want = append(want, "3.1.1-linux-arm64.lock")
	slices.Sort(want)
	if got := names(t, filepath.Join(target.CacheDir, "fabric")); !slices.Equal(got, want) {
		t.Errorf("the cache holds %v, want %v", got, want)
	}
}

func wantCalls(t *testing.T, dir, command string, want int) []fakeCall {
	t.Helper()
	calls := fakeCalls(t, dir, command)
	if len(calls) != want {
		t.Errorf("go %s ran %d times, want %d", command, len(calls), want)
	}
	return calls
}

func TestVersions(t *testing.T) {
	if got, want := Versions(), []string{"2.5.9", "3.1.1"}; !slices.Equal(got, want) {
		t.Errorf("Versions() = %v, want %v", got, want)
	}
	for version, want := range map[string]struct {
		goNeeded string
		requires int
	}{"2.5.9": {"1.22", 104}, "3.1.1": {"1.24.2", 94}} {
		m, err := moduleOf(version)
		if err != nil {
			t.Fatal(err)
		}
		if m.goNeeded != want.goNeeded || len(m.requires) != want.requires {
			t.Errorf("%s needs Go %s and %d modules, want %+v", version, m.goNeeded, len(m.requires), want)
		}
		if !slices.Contains(m.requires, fabricModule) || !slices.Contains(m.requires, "rsc.io/tmplfunc") {
			t.Errorf("%s: modules are missing: %v", version, m.requires)
		}
	}
}

func TestCompileOnceAndKeep(t *testing.T) {
	dir := useFakeGo(t, "plain")
	t.Setenv("GOPROXY", "https://proxy.invalid")
	t.Setenv("GOFLAGS", "-mod=vendor")
	t.Setenv("GOWORK", "/elsewhere/go.work")
	target := testTarget(t)
	last := map[string][2]int{}
	var programs Programs
	for range 2 {
		var err error
		programs, err = Compile(t.Context(), target, func(text string, done, total int) { last[text] = [2]int{done, total} })
		if err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{programs.Peer: "program peer", programs.Orderer: "program orderer"} {
		if got, err := os.ReadFile(path); string(got) != want || filepath.Dir(path) != programs.Dir {
			t.Errorf("%s holds %q (%v), want %q", path, got, err, want)
		}
	}
	wantCache(t, target, "3.1.1-linux-arm64")
	wantCalls(t, dir, "mod", 94)
	build := wantCalls(t, dir, "build", 1)[0]
	for name, want := range map[string]string{
		"GOOS": "linux", "GOARCH": "arm64", "CGO_ENABLED": "0", "GOWORK": "off",
		"GOFLAGS": "-mod=readonly", "GOPROXY": "https://proxy.invalid",
	} {
		if build.Env[name] != want {
			t.Errorf("%s=%s, want %s", name, build.Env[name], want)
		}
	}
	for _, want := range []string{"-trimpath", "-mod=readonly", "-s -w -X " + versionVar + "=3.1.1"} {
		if !slices.Contains(build.Args, want) {
			t.Errorf("go %q lacks %q", build.Args, want)
		}
	}
	if last["downloading Go modules"] != [2]int{94, 94} || last[compilingText] != [2]int{3, 3} {
		t.Errorf("progress ended at %v", last)
	}
}

func TestCompileFaults(t *testing.T) {
	tests := []struct {
		name, mode, goVersion, version string
		kind                           fault.Kind
		what, fix, log                 string
	}{
		{name: "unknown version", mode: "plain", version: "1.4.0", kind: fault.Usage, what: "2.5.9, 3.1.1", fix: "one of these"},
		{name: "path as version", mode: "plain", version: "../3.1.1", kind: fault.Usage, what: "../3.1.1"},
		{name: "no go", mode: "missing", kind: fault.Boot, what: "not installed", fix: "install Go 1.24.2"},
		{name: "old go", mode: "plain", goVersion: "go1.23.9", kind: fault.Boot, what: "needs Go 1.24.2 or newer, and this is go1.23.9", fix: "install Go 1.24.2"},
		{name: "offline", mode: "offline", kind: fault.Boot, what: "could not be downloaded", fix: "GOPROXY", log: "dial tcp: no such host"},
		{name: "disk full", mode: "diskfull", kind: fault.Boot, what: "no space left on device", log: "write b.o: no space left on device"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			useFakeGo(t, tt.mode)
			if tt.mode == "missing" {
				t.Setenv("PATH", t.TempDir())
			}
			if tt.goVersion != "" {
				t.Setenv(fakeVersion, tt.goVersion)
			}
			target := testTarget(t)
			if tt.version != "" {
				target.Version = tt.version
			}
			_, err := Compile(t.Context(), target, nil)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != tt.kind {
				t.Fatalf("err = %v, want a fault of kind %s", err, tt.kind)
			}
			if !strings.Contains(err.Error(), tt.what) || !strings.Contains(f.Fix, tt.fix) {
				t.Errorf("fault says %q with the fix %q, want %q and %q", err, f.Fix, tt.what, tt.fix)
			}
			if tt.log != "" && !slices.Contains(f.Log, tt.log) {
				t.Errorf("log = %q, want %q in it", f.Log, tt.log)
			}
			if slices.Contains(f.Log, "example.org/a") {
				t.Errorf("log = %q has progress in it", f.Log)
			}
			if tt.kind != fault.Usage {
				wantCache(t, target)
			}
		})
	}
}

func TestCompileReplacesWhatAKilledOneLeft(t *testing.T) {
	useFakeGo(t, "plain")
	target := testTarget(t)
	for _, left := range []string{"3.1.1-linux-arm64.tmp-17/out/peer", "3.1.1-linux-arm64/peer", "2.5.9-linux-arm64/peer"} {
		path := filepath.Join(target.CacheDir, "fabric", left)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("old"), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	programs, err := Compile(t.Context(), target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(programs.Peer); string(got) != "program peer" {
		t.Errorf("peer holds %q", got)
	}
	wantCache(t, target, "2.5.9-linux-arm64", "3.1.1-linux-arm64")
}

func TestCompileCancelled(t *testing.T) {
	dir := useFakeGo(t, "endless")
	target := testTarget(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := Compile(ctx, target, func(text string, done, _ int) {
		if text == compilingText && done == 1 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v, want %v", err, context.Canceled)
	}
	wantCalls(t, dir, "build", 1)
	take(t, filepath.Join(dir, "compiler.lock")) // the compiler that go started is gone
	wantCache(t, target)
}

// TestCompileTwoAtOnce starts a second and a third compilation while the first is held at a
// gate. The third is cancelled while it waits.
func TestCompileTwoAtOnce(t *testing.T) {
	dir := useFakeGo(t, "gated")
	target := testTarget(t)
	gate := take(t, filepath.Join(dir, "gate.lock"))
	thirdCtx, cancelThird := context.WithCancel(t.Context())
	defer cancelThird()

	inBuild, secondWaits := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	var first, second, third error
	group.Go(func() {
		_, first = Compile(t.Context(), target, func(text string, done, _ int) {
			if text == compilingText && done == 1 {
				close(inBuild)
			}
		})
	})
	<-inBuild
	group.Go(func() {
		_, second = Compile(t.Context(), target, func(text string, _, _ int) {
			if text == "another ccdev is compiling Fabric 3.1.1" {
				close(secondWaits)
			}
		})
	})
	<-secondWaits
	_, third = Compile(thirdCtx, target, func(string, int, int) { cancelThird() })
	if err := gate.Unlock(); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	if first != nil || second != nil {
		t.Errorf("errors: %v and %v", first, second)
	}
	if !errors.Is(third, context.Canceled) {
		t.Errorf("the cancelled one says %v", third)
	}
	wantCalls(t, dir, "build", 1)
	wantCache(t, target, "3.1.1-linux-arm64")
}
