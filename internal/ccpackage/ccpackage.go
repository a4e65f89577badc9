// Package ccpackage builds byte-identical chaincode packages, and reads any package safely.
package ccpackage

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// The types of package for chaincode that runs as a service.
const (
	TypeCCAAS    = "ccaas"    // claimed by Fabric's own builder, and by ours
	TypeExternal = "external" // the type in Fabric's documentation
)

// The names inside a package. The peer looks for exactly these.
const (
	MetadataFile   = "metadata.json"
	CodeFile       = "code.tar.gz"
	ConnectionFile = "connection.json"
	MetaInfDir     = "META-INF"
)

// Spec is what a package is built from. The same Spec and META-INF give the same bytes, on any
// machine and with any release of Go.
type Spec struct {
	Label      string
	Type       string // TypeCCAAS or TypeExternal
	Connection Connection
	MetaInf    string // the folder whose META-INF goes in, if it has one; "" for none
}

// Metadata is a package's metadata.json.
type Metadata struct {
	Type  string `json:"type"`
	Path  string `json:"path,omitempty"`
	Label string `json:"label"`
}

// IsService says whether packages of this type hold the address of a service, as the builders
// do: whatever the case of the letters.
func IsService(packageType string) bool {
	return strings.EqualFold(packageType, TypeCCAAS) || strings.EqualFold(packageType, TypeExternal)
}

// Build makes the package. Values of the connection may be Go templates, which the peer's
// builder expands; the others are checked here. The error is a fault of the kind Usage.
func Build(spec Spec) ([]byte, error) {
	if err := ValidateLabel(spec.Label); err != nil {
		return nil, err
	}
	if spec.Type != TypeCCAAS && spec.Type != TypeExternal {
		return nil, fault.New(fault.Usage, "use ccaas, or external for a peer with the builder of Fabric's documentation",
			"the package type is %q, and only %s and %s hold the address of a service", spec.Type, TypeCCAAS, TypeExternal)
	}
	connection := spec.Connection.Canonical()
	if err := connection.validateFixed(); err != nil {
		return nil, err
	}
	files, err := metaInf(spec.MetaInf)
	if err != nil {
		return nil, err
	}
	code, err := tarGz(append([]file{{ConnectionFile, connection.Encode()}}, files...))
	if err != nil {
		return nil, err
	}
	pkg, err := tarGz([]file{
		{MetadataFile, encode(Metadata{Type: spec.Type, Label: spec.Label})},
		{CodeFile, code},
	})
	if err != nil {
		return nil, err
	}
	// What cannot be read back, because META-INF is huge, is not given to a peer either.
	if _, err := Read(pkg); err != nil {
		return nil, err
	}
	return pkg, nil
}

// ID is the package ID a peer gives to these bytes: label:sha256, in lower-case hex
// (core/chaincode/persistence, PackageID).
func ID(label string, pkg []byte) string {
	sum := sha256.Sum256(pkg)
	return label + ":" + hex.EncodeToString(sum[:])
}

// IDOf is the ID of a package, by the label in it. It fails as Read does.
func IDOf(pkg []byte) (string, error) {
	p, err := Read(pkg)
	return p.ID, err
}
