package ccpackage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestBuildRejectsMetaInf(t *testing.T) {
	const indexes = "META-INF/statedb/couchdb/indexes/"
	for _, tc := range []struct {
		name, path, content string
		says                string
	}{
		{"other place", "META-INF/notes.json", ownerIndex, "META-INF/notes.json"},
		{"other database", "META-INF/statedb/leveldb/indexes/a.json", ownerIndex, "leveldb"},
		{"other ending", indexes + "a.json.bak", ownerIndex, "a.json.bak"},
		{"collection's name", "META-INF/statedb/couchdb/collections/a.b/indexes/a.json", ownerIndex, "a.b"},
		{"no JSON", indexes + "a.json", "{", indexes + "a.json"},
		{"no object", indexes + "a.json", "[]", indexes + "a.json"},
		{"no index", indexes + "a.json", `{"name":"a"}`, `"index" is missing`},
		{"null index", indexes + "a.json", `{"index":null}`, `"index"`},
		{"null name", indexes + "a.json", `{"index":{"fields":["a"]},"name":null}`, `"name"`},
		{"no fields", indexes + "a.json", `{"index":{}}`, `"fields"`},
		{"bad order", indexes + "a.json", `{"index":{"fields":[{"a":"up"}]}}`, `"a"`},
		{"bad field", indexes + "a.json", `{"index":{"fields":[1]}}`, "field"},
		{"other type", indexes + "a.json", `{"index":{"fields":["a"]},"type":"text"}`, `"type"`},
		{"unknown entry", indexes + "a.json", `{"index":{"fields":["a"]},"Name":"a"}`, `"Name"`},
		{"unknown entry of the index", indexes + "a.json", `{"index":{"fields":["a"],"x":1}}`, `"x"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, tc.path, tc.content)
			_, err := Build(Spec{Label: "a", Type: TypeCCAAS, Connection: Connection{Address: "a:1"}, MetaInf: dir})
			isUsage(t, err, tc.says)
		})
	}
}

func TestBuildTakesFromMetaInfOnlyWhatIsAFile(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	put(t, outside, "statedb/couchdb/indexes/a.json", ownerIndex)
	const index = "META-INF/statedb/couchdb/indexes/a.json"
	for _, tc := range []struct {
		name string
		make func(t *testing.T, dir string) error
	}{
		{"link to a file", func(t *testing.T, dir string) error {
			put(t, dir, "META-INF/statedb/couchdb/indexes/b.json", ownerIndex)
			return os.Symlink("b.json", filepath.Join(dir, index))
		}},
		{"link out", func(t *testing.T, dir string) error {
			put(t, dir, "META-INF/statedb/couchdb/indexes/b.json", ownerIndex)
			return os.Symlink(filepath.Join(outside, "statedb/couchdb/indexes/a.json"), filepath.Join(dir, index))
		}},
		{"META-INF is a link", func(_ *testing.T, dir string) error {
			return os.Symlink(outside, filepath.Join(dir, "META-INF"))
		}},
		{"META-INF is a link to its neighbour", func(t *testing.T, dir string) error {
			put(t, dir, "other/statedb/couchdb/indexes/a.json", ownerIndex)
			return os.Symlink("other", filepath.Join(dir, "META-INF"))
		}},
		{"statedb is a link", func(_ *testing.T, dir string) error {
			return errors.Join(os.Mkdir(filepath.Join(dir, "META-INF"), 0o755),
				os.Symlink(filepath.Join(outside, "statedb"), filepath.Join(dir, "META-INF/statedb")))
		}},
		{"META-INF is a file", func(t *testing.T, dir string) error {
			put(t, dir, "META-INF", "")
			return nil
		}},
		{"file that cannot be read", func(t *testing.T, dir string) error {
			if os.Getuid() == 0 || runtime.GOOS == "windows" {
				t.Skip("this user can read everything")
			}
			put(t, dir, index, ownerIndex)
			return os.Chmod(filepath.Join(dir, index), 0)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := tc.make(t, dir); err != nil {
				t.Fatal(err)
			}
			_, err := Build(Spec{Label: "a", Type: TypeCCAAS, Connection: Connection{Address: "a:1"}, MetaInf: dir})
			isUsage(t, err, "META-INF")
		})
	}
}

func TestBuildMakesNothingThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	deep := "META-INF/statedb/couchdb/indexes/" + strings.Repeat("d/", maxDepth)
	put(t, dir, deep+"a.json", ownerIndex)
	_, err := Build(Spec{Label: "a", Type: TypeCCAAS, Connection: Connection{Address: "a:1"}, MetaInf: dir})
	isUsage(t, err, "deep")
}

func TestBuildNeedsNoMetaInfAndLeavesHiddenFilesOut(t *testing.T) {
	dir := t.TempDir()
	spec := Spec{Label: "a", Type: TypeCCAAS, Connection: Connection{Address: "a:1"}}
	without := build(t, spec)
	spec.MetaInf = dir
	if !bytes.Equal(without, build(t, spec)) {
		t.Error("a folder without META-INF changed the package")
	}
	put(t, dir, "META-INF/statedb/couchdb/indexes/.DS_Store", "x")
	if !bytes.Equal(without, build(t, spec)) {
		t.Error("a hidden file changed the package")
	}
}
