package bundle

import (
	"encoding/json"
	"io"
	"path/filepath"
)

// Complete writes a bundle that needs nothing beside it: what is in the one that it reads, and the
// modules of that, from the folder below which its manifest names them. Links are left out.
func Complete(in io.Reader, modules string, out io.Writer) error {
	var m Manifest
	var entries []Entry
	err := read(in, func(e Entry) error {
		if e.Name == manifestName {
			return json.Unmarshal(e.Data, &m)
		}
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return err
	}
	if m.Modules != "" {
		const folder = "node_modules"
		needed, err := Files(filepath.Join(modules, m.Modules, folder), func(string, bool) bool { return false })
		if err != nil {
			return err
		}
		for _, e := range needed {
			e.Name = folder + "/" + filepath.ToSlash(e.Name)
			entries = append(entries, e)
		}
		m.Modules = ""
	}
	return Write(out, m, entries)
}
