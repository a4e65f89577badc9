package golang

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var goLine = regexp.MustCompile(`(?m)^go[ \t]+1\.(\d+)`)

// oldVendor tells whether the module has a vendor folder that the go command would pass over, as it
// does where the go.mod is of a time before 1.14. A peer that builds a chaincode takes it all the same
// (fabric's core/chaincode/platforms/golang).
func (p Place) oldVendor() bool {
	const counts = 14 // from 1.14 on
	if _, err := os.Stat(filepath.Join(p.Module, "vendor", "modules.txt")); err != nil {
		return false
	}
	text, err := os.ReadFile(filepath.Join(p.Module, moduleFile))
	line := goLine.FindSubmatch(text)
	if err != nil || line == nil {
		return err == nil // none is the oldest
	}
	minor, err := strconv.Atoi(string(line[1]))
	return err == nil && minor < counts
}

// inWorkspace tells whether there is a go.work for the module, which has a vendor folder of its own.
func (p Place) inWorkspace() bool {
	switch os.Getenv("GOWORK") {
	case "off":
		return false
	case "":
		for dir := p.Module; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, WorkFile)); err == nil || dir == filepath.Dir(dir) {
				return err == nil
			}
		}
	}
	return true
}

// modFlag is what to tell the go command about modules, if it has to be told.
func (p Place) modFlag() []string {
	if strings.Contains(os.Getenv("GOFLAGS"), "-mod") || p.inWorkspace() || !p.oldVendor() {
		return nil
	}
	return []string{"-mod=vendor"}
}
