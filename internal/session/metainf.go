package session

import (
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/build/golang"
	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
)

// metaInf is the folder that holds the chaincode's META-INF, if it has one.
func metaInf(cc network.Chaincode) string {
	if cc.External() {
		return "" // its folder need not be there
	}
	for _, dir := range metaInfFolders(cc.Lang, cc.Path) {
		if _, err := os.Lstat(filepath.Join(dir, ccpackage.MetaInfDir)); err == nil {
			return dir
		}
	}
	return cc.Path
}

// metaInfFolders are those in which the META-INF of a chaincode in the folder source is looked for,
// the first first. That of a Go chaincode's main package, which may be below source, is where
// "peer lifecycle chaincode package" takes it from.
func metaInfFolders(lang, source string) []string {
	if lang != project.LangGo {
		return []string{source}
	}
	place, err := golang.Find(source)
	if real, _ := filepath.EvalSymlinks(source); err != nil || place.Main == real {
		return []string{source}
	}
	return []string{place.Main, source}
}
