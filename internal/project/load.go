package project

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/yamlerror"
	"github.com/goccy/go-yaml"
)

// Find gives the folder of the project that dir is in: the nearest one, from dir upwards, with a
// project file, or with a network's state; dir itself when there is none. A module that dir is in
// belongs to a network further up only if a project file says so.
func Find(dir string) (string, error) {
	start, err := realFolder(dir)
	if err != nil {
		return "", fault.New(fault.Usage, "give the folder of a chaincode project", "%s is no folder of a project: %w", dir, err)
	}
	module := false
	for d := start; ; d = filepath.Dir(d) {
		if exists(filepath.Join(d, FileName)) || !module && exists(filepath.Join(d, ".ccdev", "network.json")) {
			return d, nil
		}
		module = module || exists(filepath.Join(d, "go.mod"))
		if d == filepath.Dir(d) {
			return start, nil
		}
	}
}

// realFolder is the folder's real path: one folder must not be two projects because one came
// through a link.
func realFolder(dir string) (string, error) {
	real, err := filepath.Abs(dir)
	if err == nil {
		real, err = filepath.EvalSymlinks(real)
	}
	if err != nil {
		return "", err
	}
	info, err := os.Stat(real)
	if err == nil && !info.IsDir() {
		err = errors.New("it is a file")
	}
	return real, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Overrides are what the command line asks for over the project file. A zero field asks for nothing.
type Overrides struct {
	Fabric  string
	Runtime string
	Orgs    int
}

func (o Overrides) apply(p *Project) {
	if o.Fabric != "" {
		p.Fabric = o.Fabric
	}
	if o.Runtime != "" {
		p.Runtime = o.Runtime
	}
	if o.Orgs != 0 { // those that the file describes first
		described := p.Orgs
		p.Orgs = countedOrgs(o.Orgs)
		copy(p.Orgs, described)
	}
}

// Load reads the project in dir, which Find has given. A missing project file means a project
// of one chaincode, the one in dir. Faults are of the kind Usage and show the line they mean.
func Load(dir string, over Overrides) (Project, error) {
	file := filepath.Join(dir, FileName)
	source, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Project{}, fault.New(fault.Usage, "make the file readable", "cannot read %s: %w", file, err)
	}
	source = bytes.TrimPrefix(source, []byte("\ufeff")) // some editors begin a file with it
	p, err := parse(source)
	if err != nil {
		return p, err
	}
	p.Dir = dir
	fillIn(&p)
	if err := validate(p, source); err != nil {
		return p, err
	}
	over.apply(&p)
	if err := validate(p, nil); err != nil {
		return p, err
	}
	for i, cc := range p.Chaincodes {
		if !filepath.IsAbs(cc.Path) {
			p.Chaincodes[i].Path = filepath.Join(dir, cc.Path)
		}
		p.Chaincodes[i].TLS = cc.TLS.in(dir)
		p.Chaincodes[i].Collections = collections(dir, p.Chaincodes[i])
	}
	return p, nil
}

// CollectionsFile is what the collections of a chaincode are read from where the project names no
// file and the chaincode's folder has this one.
const CollectionsFile = "collections_config.json"

func collections(dir string, cc Chaincode) string {
	own := filepath.Join(cc.Path, CollectionsFile)
	switch {
	case filepath.IsAbs(cc.Collections):
		return cc.Collections
	case cc.Collections != "":
		return filepath.Join(dir, cc.Collections)
	case exists(own):
		return own
	default:
		return ""
	}
}

// document is the project file. What YAML has no type for is text in it.
type document struct {
	Project      `yaml:",inline"`
	BatchTimeout string `yaml:"batchTimeout"`
}

func parse(source []byte) (Project, error) {
	var doc document
	file := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict())
	if err := file.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		fix := "correct " + FileName
		if unknown := (*yaml.UnknownFieldError)(nil); errors.As(err, &unknown) {
			fix = mistyped(unknown.GetToken().Value)
		}
		return doc.Project, fault.New(fault.Usage, fix, "%s does not say what ccdev understands:\n%s", FileName, yamlerror.Text(err))
	}
	if err := file.Decode(new(any)); !errors.Is(err, io.EOF) {
		return doc.Project, fault.New(fault.Usage, "take out the line \"---\" and what follows it",
			"%s holds more than one YAML document, and only the first would count", FileName)
	}
	if doc.BatchTimeout == "" {
		return doc.Project, nil
	}
	var err error
	if doc.Project.BatchTimeout, err = time.ParseDuration(doc.BatchTimeout); err != nil {
		return doc.Project, at(source, "$.batchTimeout", fmt.Errorf("batchTimeout %q is not a duration, such as 10ms or 2s", doc.BatchTimeout))
	}
	return doc.Project, nil
}

// fillIn sets what a recorded network never overrides.
func fillIn(p *Project) {
	if p.Name == "" {
		p.Name = NameOf(p.Dir)
	}
	if p.Chaincodes == nil { // an empty list asks for none
		p.Chaincodes = []Chaincode{{}}
	}
	for i := range p.Chaincodes {
		cc := &p.Chaincodes[i]
		cc.Path = filepath.Clean(cc.Path) // "." for none
		if cc.Name == "" {
			cc.Name = p.Name
			if cc.Path != "." {
				cc.Name = NameOf(cc.Path)
			}
		}
		if cc.Version == "" {
			cc.Version = "1.0"
		}
		if cc.Label == "" {
			cc.Label = cc.Name + "_" + cc.Version
		}
	}
}

// UnmarshalYAML takes a word (auto, pull, build) or the whole mapping.
func (i *Images) UnmarshalYAML(unmarshal func(any) error) error {
	var word string
	if unmarshal(&word) == nil {
		i.Source = word
		return nil
	}
	type plain Images
	return unmarshal((*plain)(i))
}

// Orgs are the peer organisations asked for: a count (orgs without a name), or a list.
type Orgs []Org

// UnmarshalYAML takes a count or a list.
func (o *Orgs) UnmarshalYAML(unmarshal func(any) error) error {
	var value any
	if err := unmarshal(&value); err != nil {
		return err
	}
	switch count := value.(type) { // not by trying an int: 1.5 and "2" would do for one
	case uint64:
		*o = countedOrgs(int(min(count, maxOrgs+1)))
		return nil
	case int64:
		*o = countedOrgs(int(max(count, 0)))
		return nil
	}
	var list []Org
	err := unmarshal(&list)
	if wrong := (*yaml.UnexpectedNodeTypeError)(nil); errors.As(err, &wrong) && reflect.TypeOf(value).Kind() != reflect.Slice {
		return &yaml.SyntaxError{Message: "a count of orgs, such as 2, or a list of them is expected here", Token: wrong.Token}
	}
	if err != nil {
		return err
	}
	*o = list
	return nil
}

// countedOrgs are orgs without a name: none where the count is below, and at most one too many,
// as validation needs to see no more to refuse them.
func countedOrgs(count int) Orgs { return make(Orgs, min(max(count, 0), maxOrgs+1)) }
