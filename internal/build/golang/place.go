package golang

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

const moduleFile = "go.mod"

// Place is what a build of a chaincode's sources is about.
type Place struct {
	Module string // folder of the go.mod
	Main   string // folder of the main package; Module, or below it
	C      bool   // the main package imports "C"
}

// Detect tells whether the folder holds Go sources, or a module of them.
func Detect(source string) bool {
	files, err := filepath.Glob(filepath.Join(EscapePattern(source), "*.go"))
	return err == nil && len(files) > 0 || isModule(source)
}

// EscapePattern keeps a folder's name from being read as a pattern.
func EscapePattern(path string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `*`, `\*`, `?`, `\?`).Replace(path)
}

func isModule(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, moduleFile))
	return err == nil && info.Mode().IsRegular()
}

// Find gives the module that the folder source is in, and its main package: source itself, or else
// the one below it. Faults are of the kind Usage.
func Find(source string) (Place, error) {
	real, err := filepath.EvalSymlinks(source)
	if err != nil {
		return Place{}, fault.New(fault.Usage, "correct the path in ccdev.yaml", "the chaincode's folder cannot be read: %w", err)
	}
	module, err := moduleOf(real)
	if err != nil {
		return Place{}, err
	}
	main := real
	if isMain, _ := mainPackage(real); !isMain {
		main, err = mainBelow(source, real)
	}
	return Place{Module: module, Main: main, C: err == nil && importsC(main)}, err
}

// moduleOf is the nearest folder with a go.mod, from source upwards: upwards from where source
// really is, as the go command sees it, if who came was led by a link.
func moduleOf(source string) (string, error) {
	real, err := filepath.EvalSymlinks(source)
	for dir := real; err == nil; dir = filepath.Dir(dir) {
		if isModule(dir) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return "", noModule(source)
}

// target is the main package as the go command is asked for it, from the module's folder.
func (p Place) target() string {
	rel, err := filepath.Rel(p.Module, p.Main)
	if err != nil || rel == "." {
		return "."
	}
	return "./" + filepath.ToSlash(rel)
}

// String is the place in a message.
func (p Place) String() string {
	if p.Main == p.Module {
		return p.Module
	}
	return fmt.Sprintf("%s (%s of the module %s)", p.Main, p.target(), p.Module)
}

// mainPackage tells whether the Go files in a folder, for this machine, are a program, and whether
// that speaks of Fabric. Files that cannot be read as Go are one: their compiler says what is wrong.
func mainPackage(dir string) (isMain, usesShim bool) {
	pkg, err := packages().ImportDir(dir, 0)
	none := (*build.NoGoError)(nil)
	if errors.As(err, &none) || os.IsNotExist(err) {
		return false, false
	}
	return pkg.Name == "main" || err != nil, slices.ContainsFunc(pkg.Imports, isShim)
}

var shims = []string{
	"github.com/hyperledger/fabric-chaincode-go", "github.com/hyperledger/fabric-contract-api-go",
}

// isShim tells whether a module or a package is of those that a chaincode is written with.
func isShim(path string) bool {
	return slices.ContainsFunc(shims, func(shim string) bool { return path == shim || strings.HasPrefix(path, shim+"/") })
}

// mainBelow finds the one main package below a folder: the only one, or the only one that
// imports what chaincodes are written with.
func mainBelow(source, dir string) (string, error) {
	mains, chaincodes := mainPackages(dir)
	if len(mains) > 1 && len(chaincodes) > 0 {
		mains = chaincodes
	}
	if len(mains) == 1 {
		return mains[0], nil
	}
	if len(mains) > 1 {
		return "", fault.New(fault.Usage, project.PathFix(source, mains...),
			"there are several programs in %s: package main is in %s", source, list(dir, mains))
	}
	if modules := Modules(dir); len(modules) > 0 {
		return "", fault.New(fault.Usage, project.PathFix(source, modules...),
			"%s has no package main; a chaincode's module of its own is in %s", source, list(dir, modules))
	}
	return "", fault.New(fault.Usage, "give the program a func main in package main, there or in a folder below, such as cmd/NAME",
		"%s holds a library, not a program: no Go file in it or below is in package main", source)
}

// mainPackages are the folders at and below dir that hold programs of the same module, and those of
// them that speak of Fabric.
func mainPackages(dir string) (mains, chaincodes []string) {
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return nil // what cannot be read is nothing to build
		case path != dir && (skipped(entry.Name()) || isModule(path)):
			return filepath.SkipDir
		}
		isMain, usesShim := mainPackage(path)
		if isMain {
			mains = append(mains, path)
		}
		if isMain && usesShim {
			chaincodes = append(chaincodes, path)
		}
		return nil
	})
	return mains, chaincodes
}

// skipped are the names of folders that the go command passes over, or that hold others' sources.
func skipped(name string) bool {
	return name[0] == '.' || name[0] == '_' || name == "testdata" || name == "vendor" || name == "node_modules"
}

// list names folders as they are found from dir.
func list(dir string, folders []string) string {
	var names []string
	for _, folder := range folders {
		if rel, err := filepath.Rel(dir, folder); err == nil {
			folder = rel
		}
		names = append(names, folder)
	}
	return strings.Join(names, ", ")
}

func noModule(source string) error {
	fix := fmt.Sprintf(`run "go mod init NAME" and "go mod tidy" in %s`, source)
	if info, err := os.Stat(filepath.Join(source, "vendor")); err == nil && info.IsDir() {
		fix += `; then "go mod vendor", as its vendor folder is of no use without a go.mod`
	}
	return fault.New(fault.Usage, fix, "%s is in no module: there is no go.mod in it or above, and Go builds nothing without one "+
		"(a chaincode that was written for GOPATH needs it too)", source)
}

// Modules are the folders below dir with a module that requires what chaincodes are written with.
func Modules(dir string) []string {
	const deep = 3 // folders, below which nobody keeps a chaincode without saying so
	var found []string
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() || path == dir {
			return nil // what cannot be read is nothing to point at
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil || skipped(entry.Name()) || strings.Count(filepath.ToSlash(rel), "/") >= deep {
			return filepath.SkipDir
		}
		text, err := os.ReadFile(filepath.Join(path, moduleFile))
		if err == nil && slices.ContainsFunc(shims, func(shim string) bool { return strings.Contains(string(text), shim) }) {
			found = append(found, path)
		}
		return nil
	})
	return found
}
