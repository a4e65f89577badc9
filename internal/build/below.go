package build

import (
	"path/filepath"
	"strings"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/build/node"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// noChaincode is the fault of a folder that speaks of no language. It points at the chaincodes in
// the folders below, of a project that has its chaincode beside other things.
func noChaincode(source string) error {
	below := chaincodesBelow(source)
	if len(below) == 0 {
		return fault.New(fault.Usage, startOne, "%s is not a chaincode folder: it has neither Go files, nor a package.json, nor a Dockerfile", source)
	}
	var names []string
	for _, dir := range below {
		name, err := filepath.Rel(source, dir)
		if err != nil {
			name = dir
		}
		names = append(names, name)
	}
	return fault.New(fault.Usage, project.PathFix(source, below...),
		"%s is not a chaincode folder itself, but there is a chaincode in %s", source, strings.Join(names, ", "))
}

// chaincodesBelow are folders right below source, or a few levels down for Go modules, that hold a
// chaincode without doubt.
func chaincodesBelow(source string) []string {
	found := golang.Modules(source)
	packages, _ := filepath.Glob(filepath.Join(golang.EscapePattern(source), "*", "package.json")) // the pattern is right
	for _, file := range packages {
		if dir := filepath.Dir(file); node.Check(dir) == nil {
			found = append(found, dir)
		}
	}
	return found
}
