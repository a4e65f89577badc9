package extbuilder

import (
	"path/filepath"

	"github.com/ccdev/ccdev/internal/ccpackage"
)

// serverDir is where the peer looks for the connection in a release
// (core/container/externalbuilder/instance.go, CCServerReleaseDir).
const serverDir = "chaincode/server"

// Release gives the peer what Build made: the connection in chaincode/server, and the indexes in
// statedb. The error is a fault.
func Release(buildOutput, releaseOutput string) error {
	data, err := readFile(buildOutput, ccpackage.ConnectionFile)
	if err != nil {
		return err
	}
	if err := writeFile(releaseOutput, filepath.Join(serverDir, ccpackage.ConnectionFile), data); err != nil {
		return err
	}
	return copyTree(buildOutput, filepath.Join(ccpackage.MetaInfDir, "statedb"), releaseOutput, "statedb")
}
