package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ccdev/ccdev/"

// layers are the packages of internal, by their first folder, from the top down. A package
// imports those of its own layer and of the ones below it.
var layers = []struct {
	what     string
	packages []string
}{
	{"commands and views: they decide nothing that a script could not have", []string{"cli", "tui", "scrollback", "bench", "release", "recording", "e2e"}},
	{"work on a whole network", []string{"scenario", "devloop", "session", "printer"}},
	{"parts, each of which knows one thing", []string{
		"runtime", "topology", "export", "fabric", "ccpackage", "cctls", "extbuilder", "relay", "host", "build", "watch", "ports", "steps", "doctor",
		"offline",
	}},
	{"what the user wants, and what it comes to", []string{"network", "project"}},
	{"values and tools that everything speaks in", []string{
		"fault", "event", "atomicfile", "wait", "procgroup", "bundle", "contract", "yamlerror", "yamltemplate", "golden", "shell", "terminal",
	}},
}

// upward are the imports that break the order of the layers, each with its reason.
var upward = map[string]string{
	"project → ccpackage": "Fabric's rules for names are written once, where packages are made",
}

// only says who alone may import what, and why.
var only = []struct {
	what, by []string // prefixes of import paths, and folders
	why      string
}{
	{[]string{"charm.land/", "github.com/charmbracelet/bubbletea", "github.com/charmbracelet/bubbles", "github.com/charmbracelet/lipgloss"},
		[]string{"internal/tui"}, "the views are fed by events: everything else works without a terminal"},
	{[]string{"github.com/spf13/cobra", "github.com/spf13/pflag"},
		[]string{"internal/cli"}, "how commands are parsed is nobody else's business"},
	{[]string{"github.com/moby/moby/", "github.com/docker/docker", "github.com/docker/cli"},
		[]string{"internal/runtime/docker"}, "everything else speaks to a runtime.Runtime, which may be plain processes"},
	{[]string{"testing"},
		[]string{"internal/runtime/runtimetest", "internal/golden"}, "production code that imports testing carries its flags and its weight"},
	{[]string{module + "internal/runtime/runtimetest", module + "internal/golden"},
		[]string{"internal/runtime/runtimetest"}, "what helps tests is for tests"},
	{[]string{module + "internal/cli"},
		[]string{"cmd/ccdev", "cmd/man", "internal/cli/man"}, "a library that imports the command line cannot be used without it"},
	{[]string{module + "internal/tui", module + "internal/printer"},
		[]string{"internal/cli", "internal/tui", "internal/scrollback"}, "logic emits events, and does not know how they are shown"},
}

// speakers may write to the standard streams.
var speakers = []string{"internal/cli", "internal/printer", "internal/tui", "internal/bench", "internal/runtime/runtimetest/testservice"}

// forbidden are the calls and variables that nobody in internal but their exceptions may use.
var forbidden = []struct {
	names  []string
	except []string
	why    string
}{
	{[]string{"os.Stdout", "os.Stderr", "fmt.Print", "fmt.Printf", "fmt.Println", "log.Print", "log.Printf", "log.Println", "print", "println"},
		speakers, "logic emits events; the printer and the command line alone write to the streams, so that -o json is one document"},
	{[]string{"os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"},
		[]string{"internal/runtime/runtimetest/testservice"}, "main alone ends the process: elsewhere it skips what is deferred, and what must be removed"},
}

// source is one Go file that is no test.
type source struct {
	dir     string // from the root of the module, with slashes
	name    string
	syntax  *ast.File
	imports []string
}

func TestImportsGoDownward(t *testing.T) {
	for _, f := range sources(t) {
		from, inside := strings.CutPrefix(f.dir, "internal/")
		if !inside {
			continue
		}
		for _, imported := range f.imports {
			to, ours := strings.CutPrefix(imported, module+"internal/")
			if !ours || top(to) == top(from) {
				continue
			}
			edge := top(from) + " → " + top(to)
			if layerOf(t, from) > layerOf(t, to) && upward[edge] == "" {
				t.Errorf("%s/%s imports internal/%s, which lies above it: imports go downward only, from %q to what lies below",
					f.dir, f.name, to, layers[layerOf(t, from)].what)
			}
		}
	}
}

func TestEveryPackageHasItsLayer(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range sources(t) {
		if from, inside := strings.CutPrefix(f.dir, "internal/"); inside && !seen[top(from)] {
			seen[top(from)] = true
			layerOf(t, from)
		}
	}
}

func TestWhoMayImportWhat(t *testing.T) {
	for _, f := range sources(t) {
		for _, rule := range only {
			if within(f.dir, rule.by) {
				continue
			}
			for _, imported := range f.imports {
				if slices.ContainsFunc(rule.what, func(w string) bool { return under(imported, w) }) {
					t.Errorf("%s/%s imports %s, and only %s may: %s", f.dir, f.name, imported, strings.Join(rule.by, ", "), rule.why)
				}
			}
		}
	}
}

func TestWhatNobodyCalls(t *testing.T) {
	for _, f := range sources(t) {
		if !strings.HasPrefix(f.dir, "internal/") {
			continue
		}
		for _, rule := range forbidden {
			if within(f.dir, rule.except) {
				continue
			}
			for _, used := range uses(f.syntax) {
				if slices.Contains(rule.names, used) {
					t.Errorf("%s/%s uses %s: %s", f.dir, f.name, used, rule.why)
				}
			}
		}
	}
}

// TestTheRulesCanFail guards against a rule that would let everything pass.
func TestTheRulesCanFail(t *testing.T) {
	for name, told := range map[string]bool{
		"a prefix of a path":     under("charm.land/bubbletea/v2", "charm.land/"),
		"a package itself":       under("testing", "testing"),
		"a package below":        under("testing/fstest", "testing"),
		"a name that goes on":    !under("testingtools", "testing"),
		"a folder below":         within("internal/runtime/docker/x", []string{"internal/runtime/docker"}),
		"another of that start":  !within("internal/runtime/dockerish", []string{"internal/runtime/docker"}),
		"a use of a package":     slices.Contains(uses(parse(t, "package x\nimport \"os\"\nvar w = os.Stdout")), "os.Stdout"),
		"a use by another name":  slices.Contains(uses(parse(t, "package x\nimport o \"os\"\nvar w = o.Stdout")), "os.Stdout"),
		"a builtin":              slices.Contains(uses(parse(t, "package x\nfunc f() { println() }")), "println"),
		"a field of that name":   !slices.Contains(uses(parse(t, "package x\nvar os struct{ Stdout int }\nvar w = os.Stdout")), "os.Stdout"),
		"cli lies above session": layerOf(t, "cli") < layerOf(t, "session/x"),
	} {
		if !told {
			t.Errorf("it is not told: %s", name)
		}
	}
}

func parse(t *testing.T, text string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// sources reads every Go file of the module that is no test, for whatever system it is.
func sources(t *testing.T) []source {
	t.Helper()
	var files []source
	err := filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if name == "testdata" || name != ".." && strings.HasPrefix(name, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel("..", filepath.Dir(file))
		files = append(files, source{dir: filepath.ToSlash(dir), name: name, syntax: syntax, imports: importsOf(syntax)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("only %d files were found", len(files))
	}
	return files
}

func importsOf(f *ast.File) []string {
	var paths []string
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// uses are the names a file uses: of packages as "os.Stdout", and those it calls as they are.
func uses(f *ast.File) []string {
	packages := map[string]string{}
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		local := path.Base(p)
		if i.Name != nil {
			local = i.Name.Name
		}
		packages[local] = p
	}
	var names []string
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && packages[x.Name] != "" {
				names = append(names, packages[x.Name]+"."+n.Sel.Name)
			}
		case *ast.CallExpr:
			if x, ok := n.Fun.(*ast.Ident); ok {
				names = append(names, x.Name)
			}
		}
		return true
	})
	return names
}

// top is the first folder of a path below internal.
func top(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}

// layerOf is the layer of a package below internal: 0 is the top.
func layerOf(t *testing.T, p string) int {
	t.Helper()
	for i, l := range layers {
		if slices.Contains(l.packages, top(p)) {
			return i
		}
	}
	t.Fatalf("internal/%s has no layer: give it one in this test, and in the design", top(p))
	return 0
}

// under tells whether an import path is the one of a rule, or below it.
func under(imported, rule string) bool {
	return imported == rule || strings.HasPrefix(imported, strings.TrimSuffix(rule, "/")+"/")
}

func within(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return under(dir, f) })
}
