package session

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/ccdev/ccdev/internal/build"
	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// intent is all that the chaincodes' definitions and services are made of, by chaincode, for
// comparison: what ccdev.yaml says of it, its collections, its META-INF. Its sources are no part.
type intent map[string]string

func intentOf(p project.Project) intent {
	all := intent{}
	for _, cc := range p.Chaincodes {
		said, _ := json.Marshal(cc) // it is made of text alone
		file, err := os.ReadFile(cc.Collections)
		_, id, metaInf := packageOf(network.Chaincode{
			Label: "any", Lang: cc.Lang, Path: cc.Path, Endpoint: network.Endpoint{Inside: "any:1"},
		}, ccpackage.TypeCCAAS)
		errs, _ := json.Marshal([]string{text(err), text(metaInf)}) // likewise
		all[cc.Name] = string(said) + string(file) + id + string(errs)
	}
	return all
}

func text(err error) string {
	if err == nil || errors.Is(err, os.ErrNotExist) {
		return ""
	}
	return err.Error()
}

// changed are the chaincodes, sorted, for which the two intents differ.
func (i intent) changed(other intent) []string {
	names := map[string]bool{}
	for _, one := range []intent{i, other} {
		for name := range one {
			if i[name] != other[name] {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// intentFiles are the files, and folders, that an intent is read from: their names by the folder
// they lie in.
func intentFiles(p project.Project) map[string][]string {
	files := map[string][]string{p.Dir: {project.FileName}}
	add := func(dir, name string) {
		if !slices.Contains(files[dir], name) {
			files[dir] = append(files[dir], name)
		}
	}
	for _, cc := range p.Chaincodes {
		lang, _ := build.Language(cc.Lang, cc.Path, cc.Build.Dockerfile) // a fault is told when it is built
		for _, dir := range metaInfFolders(lang, cc.Path) {
			add(dir, ccpackage.MetaInfDir)
		}
		add(cc.Path, project.CollectionsFile)
		if cc.Collections != "" {
			add(filepath.Dir(cc.Collections), filepath.Base(cc.Collections))
		}
	}
	return files
}
