package node

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// elsewhere are the protocols of dependencies that only a whole workspace can resolve, or other
// programs than npm.
var elsewhere = []string{"workspace:", "link:", "portal:", "catalog:"}

// dependencies are all of them, by name.
func (m manifest) dependencies() map[string]string {
	all := map[string]string{}
	for _, some := range []map[string]string{m.DevDependencies, m.OptionalDependencies, m.Dependencies} {
		maps.Copy(all, some)
	}
	return all
}

// checkLocal finds the dependencies that lie where the build does not see them: it has nothing but
// the chaincode's own folder.
func checkLocal(source string, m manifest) error {
	all, others := m.dependencies(), siblings(source)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !others[name] && !outside(all[name]) {
			continue
		}
		return fault.New(fault.Usage, `put a copy into the chaincode's folder, "npm pack" makes one, and depend on "file:NAME.tgz";
or give it a Dockerfile, and set lang: dockerfile`,
			"%s depends on %s as %q, which is outside of the chaincode's folder: only that is built", source, name, all[name])
	}
	return nil
}

func outside(spec string) bool {
	dir, local := localDir(spec)
	foreign := slices.ContainsFunc(elsewhere, func(protocol string) bool { return strings.HasPrefix(spec, protocol) })
	return foreign || local && !filepath.IsLocal(dir)
}

// localDir is the file or folder that a dependency is, if it is one (npm's package.json, "Local
// Paths"), and not to be had from a registry.
func localDir(spec string) (dir string, local bool) {
	if rest, is := strings.CutPrefix(spec, "file:"); is {
		return filepath.FromSlash(rest), true
	}
	for _, prefix := range []string{"./", "../", "~/", "/"} {
		if strings.HasPrefix(spec, prefix) {
			return filepath.FromSlash(spec), true
		}
	}
	return "", false
}

// localFiles are the files of the dependencies that lie among the sources.
func (b *builder) localFiles() ([]string, error) {
	var files []string
	root := os.DirFS(b.dir)
	for _, spec := range b.manifest.dependencies() {
		dir, local := localDir(spec)
		if !local || !filepath.IsLocal(dir) {
			continue
		}
		err := fs.WalkDir(root, filepath.ToSlash(filepath.Clean(dir)), func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && Skipped(e.Name()):
				return fs.SkipDir
			case e.Type().IsRegular():
				files = append(files, name)
			}
			return nil
		})
		if err != nil {
			return nil, fault.New(fault.Build, "correct package.json", "the chaincode depends on %q, which cannot be read: %w", spec, err)
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// installScripts are those that npm runs when it installs: the project's own find no sources where
// the dependencies are installed, and are left out.
var installScripts = []string{"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"}

// withoutScripts is a package.json without the scripts that npm would run, and which those are.
func withoutScripts(text []byte) (without []byte, left []string, err error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, nil, err
	}
	var scripts map[string]json.RawMessage
	if all["scripts"] != nil {
		if err := json.Unmarshal(all["scripts"], &scripts); err != nil {
			return nil, nil, err
		}
	}
	for _, name := range installScripts {
		if scripts[name] != nil {
			left = append(left, name)
			delete(scripts, name)
		}
	}
	if left == nil {
		return text, nil, nil
	}
	if all["scripts"], err = json.Marshal(scripts); err != nil {
		return nil, nil, err
	}
	without, err = json.Marshal(all)
	return without, left, err
}
