package ccpackage

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// Package is what a package holds. Type, Path and the names of files are as whoever made it
// wrote them: a terminal must not be given them raw.
type Package struct {
	Metadata
	ID         string      `json:"id"`
	Size       int         `json:"size"`                 // of the package, in bytes
	Connection *Connection `json:"connection,omitempty"` // as it stands in the package; nil when there is none
	Files      []File      `json:"files"`                // of the code, in the archive's order, without folders
}

// File is a file in the code of a package.
type File struct {
	Name string `json:"name"` // with forward slashes, relative, without dots
	Size int64  `json:"size"` // in bytes
}

// MetaInf are the package's files under META-INF.
func (p Package) MetaInf() []File {
	var files []File
	for _, f := range p.Files {
		if strings.HasPrefix(f.Name, MetaInfDir+"/") {
			files = append(files, f)
		}
	}
	return files
}

const readFix = `make the package again, with "ccdev package" or "peer lifecycle chaincode package"`

// Read reads a package of any type, with nothing written anywhere and a bound on what it costs.
// It takes no package that a peer with external builders would refuse on installing it
// (core/chaincode/persistence, ParseChaincodePackage; core/container/externalbuilder/tar.go),
// nor one that can be read in two ways: an entry twice, data after the end. The error is a
// fault of the kind Usage.
func Read(pkg []byte) (Package, error) {
	p, err := read(pkg, limits{bytes: maxBytes, entries: maxEntries})
	if err != nil {
		fix := readFix
		if inner := (*fault.Fault)(nil); errors.As(err, &inner) {
			fix = inner.Fix
		}
		return Package{}, fault.New(fault.Usage, fix, "this is not a package the peer takes: %w", err)
	}
	return p, nil
}

func read(pkg []byte, most limits) (Package, error) {
	outer := outerReader{most: most, found: make(map[string]bool), code: codeReader{most: most, files: []File{}}}
	if err := scan("package", bytes.NewReader(pkg), most, outer.visit); err != nil {
		return Package{}, err
	}
	if err := outer.complete(); err != nil {
		return Package{}, err
	}
	p := outer.pkg
	if err := ValidateLabel(p.Label); err != nil {
		return Package{}, fmt.Errorf("%s: %w", MetadataFile, err)
	}
	p.ID = ID(p.Label, pkg)
	p.Size = len(pkg)
	connection, err := parsePackaged(p.Type, outer.code.connection)
	if err != nil {
		return Package{}, err
	}
	p.Connection = connection
	p.Files = outer.code.files
	return p, nil
}

// parsePackaged reads the connection of a package. Only for the types that our builder claims is
// it known what connection.json means, so only there can it be wrong.
func parsePackaged(packageType string, data []byte) (*Connection, error) {
	if data == nil {
		if IsService(packageType) {
			return nil, fmt.Errorf("%s has no %s, which a package of the type %s needs", CodeFile, ConnectionFile, packageType)
		}
		return nil, nil
	}
	connection, err := ParseConnection(data)
	if err == nil {
		return &connection, nil
	}
	if IsService(packageType) {
		return nil, err
	}
	return nil, nil
}

// outerReader takes in the outer archive.
type outerReader struct {
	most    limits
	pkg     Package
	code    codeReader
	found   map[string]bool
	similar string // an entry that only looks like one of the two
}

func (o *outerReader) visit(header *tar.Header, name string, content io.Reader) error {
	if header.Typeflag != tar.TypeReg {
		return fmt.Errorf("the package has the entry %q, and the peer takes nothing but files at the top of a package", header.Name)
	}
	if header.Name != MetadataFile && header.Name != CodeFile {
		// The peer ignores other files.
		if base := path.Base(name); base == MetadataFile || base == CodeFile {
			o.similar = header.Name
		}
		return nil
	}
	o.found[header.Name] = true
	if header.Name == CodeFile {
		return scan(CodeFile, content, o.most, o.code.visit)
	}
	data, err := readSmall(MetadataFile, content)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &o.pkg.Metadata); err != nil {
		return fmt.Errorf("%s is not the JSON object it should be%s: %w", MetadataFile, placeOf(err, data), err)
	}
	return nil
}

func (o *outerReader) complete() error {
	for _, name := range []string{MetadataFile, CodeFile} {
		if o.found[name] {
			continue
		}
		if o.similar != "" {
			return fmt.Errorf("it has no %s; it has %q, but the peer wants that name without a folder", name, o.similar)
		}
		return fmt.Errorf("it has no %s", name)
	}
	return nil
}

// codeReader takes in the archive of the code.
type codeReader struct {
	most       limits
	files      []File
	size       int64
	connection []byte
}

func (c *codeReader) visit(header *tar.Header, name string, content io.Reader) error {
	if strings.HasPrefix(header.Name, "META-INF/statedb/") {
		// The peer copies these into an archive of its own (core/common/ccprovider,
		// MetadataAsTarEntries), which not every header can be written to.
		if err := tar.NewWriter(io.Discard).WriteHeader(header); err != nil {
			return fmt.Errorf("%s has the entry %q, which the peer cannot copy: %w", CodeFile, header.Name, err)
		}
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return nil
	case tar.TypeReg:
	default:
		return fmt.Errorf("%s has the entry %q, which is neither a file nor a folder", CodeFile, header.Name)
	}
	// The archive can say more than it holds: the holes of a sparse file take no room in it.
	if c.size += header.Size; c.size > c.most.bytes {
		return tooLarge(CodeFile, c.most)
	}
	c.files = append(c.files, File{Name: name, Size: header.Size})
	if name != ConnectionFile {
		return nil
	}
	data, err := readSmall(ConnectionFile, content)
	c.connection = data
	return err
}
