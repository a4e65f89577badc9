package bundle

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestCompleteNeedsNothingBesideIt(t *testing.T) {
	modules := t.TempDir()
	module := filepath.Join(modules, "key", "node_modules", "shim", "index.js")
	if err := os.MkdirAll(filepath.Dir(module), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(module, []byte("shim"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := []Entry{{Name: "index.js", Mode: 0o600, Data: []byte("own")}}
	for name, m := range map[string]Manifest{"with modules": {Server: []string{"node", "."}, Modules: "key"}, "without": {Server: []string{"node", "."}}} {
		var in, out bytes.Buffer
		if err := Write(&in, m, own); err != nil {
			t.Fatal(err)
		}
		if err := Complete(&in, modules, &out); err != nil {
			t.Fatal(err)
		}
		file, dir := filepath.Join(t.TempDir(), "bundle"), t.TempDir()
		if err := os.WriteFile(file, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Unpack(file, dir)
		if err != nil || got.Modules != "" || len(got.Server) != 2 {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "index.js")); string(text) != "own" {
			t.Errorf("%s: its own file holds %q, %v", name, text, err)
		}
		text, err := os.ReadFile(filepath.Join(dir, "node_modules", "shim", "index.js"))
		if (string(text) == "shim") != (m.Modules != "") {
			t.Errorf("%s: the module holds %q, %v", name, text, err)
		}
	}
	var in bytes.Buffer
	if err := Write(&in, Manifest{Modules: "gone"}, own); err != nil {
		t.Fatal(err)
	}
	if err := Complete(&in, modules, &bytes.Buffer{}); err == nil {
		t.Error("modules that are gone are no error")
	}
}
