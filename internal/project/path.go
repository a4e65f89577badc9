package project

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

var plainPath = regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./-]*$`)

// PathFix says what to write into the project file so that the chaincode is taken from one of
// these folders instead of from source.
func PathFix(source string, folders ...string) string {
	dir, err := Find(source)
	if err != nil {
		dir = source
	}
	var paths []string
	for _, folder := range folders {
		if rel, err := filepath.Rel(dir, folder); err == nil {
			folder = filepath.ToSlash(rel)
		}
		if !plainPath.MatchString(folder) {
			folder = strconv.Quote(folder)
		}
		paths = append(paths, folder)
	}
	fix := fmt.Sprintf("say which folder it is in %s:\nchaincodes:\n  - path: %s", filepath.Join(dir, FileName), paths[0])
	if len(paths) > 1 {
		fix += "\n(or " + strings.Join(paths[1:], ", ") + ")"
	}
	return fix
}
