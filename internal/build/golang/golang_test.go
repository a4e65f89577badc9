package golang_test

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/templates"
)

// names are folders that a shell, a pattern or the go command could take amiss.
var names = []string{"plain", "with space", "ünïcode 链码", "a*b?[c]", "$HOME", "-dash", "quote'd", "semi;colon"}

const module = "module example\n\ngo 1.24\n"

// source writes files, named in turn, into a new folder with this name.
func source(t *testing.T, name string, files ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	write(t, filepath.Join(dir, "keep"), "")
	for i := 0; i < len(files); i += 2 {
		write(t, filepath.Join(dir, files[i]), files[i+1])
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// compile builds for this machine, without a network to fetch anything from.
func compile(t *testing.T, dir, out string) error {
	t.Helper()
	offline(t)
	_, err := golang.Build(t.Context(), golang.Options{Source: dir, Out: out, OS: runtime.GOOS, Arch: runtime.GOARCH})
	return err
}

// offline leaves the go command without a network, and without what the machine's owner has set.
func offline(t *testing.T) {
	t.Helper()
	t.Setenv("GOENV", "off")
	t.Setenv("GOFLAGS", "")
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOWORK", "off")
}

func TestDetect(t *testing.T) {
	for _, name := range names {
		if dir := source(t, name, "main.go", "package main"); !golang.Detect(dir) {
			t.Errorf("no Go was found in %s", dir)
		}
		if dir := source(t, name, "main.js", ""); golang.Detect(dir) {
			t.Errorf("Go was found in %s", dir)
		}
	}
	if golang.Detect(filepath.Join(t.TempDir(), "none")) {
		t.Error("Go was found in a folder that is not there")
	}
}

func TestFaultsOfTheBuild(t *testing.T) {
	needGo(t)
	for name, tc := range map[string]struct {
		files []string
		kind  fault.Kind
		says  []string
		fix   string
	}{
		"a type error": {
			files: []string{"go.mod", module, "main.go", "package main\n\nfunc main() {\n\tvar n int = \"x\"\n\t_ = n\n}\n"},
			kind:  fault.Build, says: []string{"./main.go:4:14:", `"x"`}, fix: "correct the source",
		},
		"errors in two files": {
			files: []string{"go.mod", module, "main.go", "package main\n\nfunc main() { a() }\n", "b.go", "package main\n\nfunc b() { c() }\n"},
			kind:  fault.Build, says: []string{"./main.go:3:15:", "./b.go:3:12:"}, fix: "correct the source",
		},
		"no Go at all": {
			files: []string{"go.mod", module, "main.go", "packaje main\n"},
			kind:  fault.Build, says: []string{"main.go:1:1:"}, fix: "correct the source",
		},
		"a library": {
			files: []string{"go.mod", module, "lib.go", "package lib\n"},
			kind:  fault.Usage, says: []string{"library"}, fix: "func main",
		},
		"a program that is no chaincode": {
			files: []string{"go.mod", module, "main.go", "package main\n\nfunc main() {}\n"},
			kind:  fault.Usage, says: []string{"no chaincode"}, fix: "ccdev init",
		},
		"no go.mod": {
			files: []string{"main.go", "package main\n\nfunc main() {}\n"},
			kind:  fault.Usage, says: []string{"go.mod"}, fix: "go mod init",
		},
		"a module that go.mod does not name": {
			files: []string{"go.mod", module, "main.go", "package main\n\nimport _ \"example.com/not/there\"\n\nfunc main() {}\n"},
			kind:  fault.Build, says: []string{"main.go:3:8:", "example.com/not/there"}, fix: "go mod tidy",
		},
		"no go.sum": {
			files: []string{
				"go.mod", module + "\nrequire github.com/hyperledger/fabric-chaincode-go/v2 v2.3.0\n",
				"main.go", "package main\n\nimport _ \"github.com/hyperledger/fabric-chaincode-go/v2/shim\"\n\nfunc main() {}\n",
			},
			kind: fault.Build, says: []string{"go.sum"}, fix: "go mod tidy",
		},
		"tests only": {
			files: []string{"go.mod", module, "x_test.go", "package x\n"},
			kind:  fault.Usage, says: []string{"library"}, fix: "func main",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := source(t, "a [dir]", tc.files...)
			f := fault.From(compile(t, dir, filepath.Join(t.TempDir(), "out")))
			if f == nil || f.Kind != tc.kind || !strings.Contains(f.Fix, tc.fix) || f.Fix == "" {
				t.Fatalf("the fault is %#v", f)
			}
			for _, s := range append(tc.says, dir) {
				if !strings.Contains(f.What, s) {
					t.Errorf("it does not say %q:\n%s", s, f.What)
				}
			}
		})
	}
}

func TestNoGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := golang.Build(t.Context(), golang.Options{Source: t.TempDir(), Out: filepath.Join(t.TempDir(), "out"), OS: runtime.GOOS, Arch: runtime.GOARCH})
	if f := fault.From(err); f == nil || f.Kind != fault.Build || !strings.Contains(f.Fix, "install Go") || !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("the fault is %#v", f)
	}
}

// A debugger's client has to know how the sources are called, wherever the build was asked for.
func TestSourcesAreCalledWhatTheyAre(t *testing.T) {
	needGo(t)
	dir, err := filepath.EvalSymlinks(source(t, "cc", "go.mod", module, "main.go", "package main\n\nfunc main() {}\n"))
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PWD", link)
	out := filepath.Join(t.TempDir(), "chaincode")
	if f := fault.From(compile(t, dir, out)); f == nil || f.Kind != fault.Usage { // it builds: it is no chaincode
		t.Fatalf("the fault is %v", f)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(program, []byte(filepath.Join(dir, "main.go"))) || bytes.Contains(program, []byte(link)) {
		t.Error("the program does not call its source " + dir)
	}
}

func TestARepositoryThatGitRefusesIsNoFault(t *testing.T) {
	needGo(t)
	dir := source(t, "cc", "go.mod", module, "main.go", "package main\n\nfunc main() {}\n", ".git/HEAD", "damaged")
	f := fault.From(compile(t, dir, filepath.Join(t.TempDir(), "out")))
	if f == nil || f.Kind != fault.Usage { // it builds: it is no chaincode
		t.Errorf("the fault is %v", f)
	}
}

// TestARealChaincode builds what "ccdev init" starts from, and builds it again.
func TestARealChaincode(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a real chaincode")
	}
	needGo(t)
	dir := source(t, "my chain*code [1]")
	if err := os.Remove(filepath.Join(dir, "keep")); err != nil {
		t.Fatal(err)
	}
	if _, err := templates.Write("go-shim", dir, templates.Values{Name: "example"}); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "build [x]", "chaincode")
	make := func() []byte {
		t.Helper()
		built, err := build.Program(t.Context(), dir, out, build.Target{OS: "linux", Arch: "amd64"})
		if err == nil && (!built.Serves || built.Dials) {
			t.Errorf("it serves: %t, and dials: %t", built.Serves, built.Dials)
		}
		if err != nil {
			f := fault.From(err)
			if strings.Contains(f.What, "dial tcp") || strings.Contains(f.What, "lookup ") {
				t.Skip("the chaincode's modules cannot be fetched here: ", err)
			}
			t.Fatal(err)
		}
		program, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return program
	}
	first := make()
	isStaticAndStripped(t, out)
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.Link(out, kept); err != nil {
		t.Fatal(err)
	}

	before := stat(t, out)
	if again := make(); !bytes.Equal(first, again) || !os.SameFile(before, stat(t, out)) {
		t.Error("a second build of the same sources wrote the program anew")
	}

	// A change makes another file of it, and leaves the one that may be running as it is.
	write(t, filepath.Join(dir, "more.go"), "package main\n\nfunc init() { println(\"changed\") }\n")
	if changed := make(); bytes.Equal(first, changed) {
		t.Error("a change of the sources left the program as it was")
	}
	if was, err := os.ReadFile(kept); err != nil || !bytes.Equal(was, first) {
		t.Errorf("the program before was overwritten (%v)", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(out)); err != nil || len(entries) != 1 {
		t.Errorf("builds have left %v (%v)", entries, err)
	}
}

func TestAChaincodeThatCannotListen(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles a real chaincode")
	}
	needGo(t)
	dir := source(t, "cc")
	if _, err := templates.Write("go-shim", dir, templates.Values{Name: "example"}); err != nil {
		t.Fatal(err)
	}
	main := filepath.Join(dir, "main.go")
	text, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "// tlsProperties reads")
	write(t, main, strings.Replace(before, "\t\"os\"\n", "", 1)+"func main() {\n\tif err := shim.Start(new(Store)); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n")
	built, err := golang.Build(t.Context(), golang.Options{Source: dir, Out: filepath.Join(t.TempDir(), "out"), OS: "linux", Arch: "amd64"})
	f := fault.From(err)
	if f != nil && f.Kind == fault.Build && strings.Contains(f.What, "dial tcp") {
		t.Skip("the chaincode's modules cannot be fetched here")
	}
	if f != nil || built.Serves || !built.Dials {
		t.Errorf("it serves: %t, and dials: %t; the fault is %#v", built.Serves, built.Dials, f)
	}
}

func isStaticAndStripped(t *testing.T, program string) {
	t.Helper()
	f, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 {
		t.Errorf("it needs %v (%v)", libs, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("it needs a loader")
		}
	}
	if _, err := f.Symbols(); !errors.Is(err, elf.ErrNoSymbols) || f.Section(".debug_info") != nil {
		t.Errorf("it is not stripped (%v)", err)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs") {
			t.Errorf("it carries %s=%s, which changes without the sources", s.Key, s.Value)
		}
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func needGo(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command")
	}
}

func TestCancellationBeforeTheStart(t *testing.T) {
	needGo(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := source(t, "cc", "go.mod", module, "main.go", "package main\n")
	_, err := golang.Build(ctx, golang.Options{Source: dir, Out: filepath.Join(t.TempDir(), "out"), OS: runtime.GOOS, Arch: runtime.GOARCH})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}
