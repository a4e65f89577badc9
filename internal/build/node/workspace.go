package node

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// siblings are the other packages, by name, of the workspace that the folder belongs to, if it
// belongs to one: npm takes them from there whatever version is asked for, and in the registry
// somebody else's may have the name (npm's workspaces; Yarn's are the same).
func siblings(source string) map[string]bool {
	source, err := filepath.Abs(source)
	if err != nil {
		return nil
	}
	for dir := filepath.Dir(source); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		m, err := readManifest(dir)
		if err != nil || m.Workspaces == nil {
			continue
		}
		names, belongs := map[string]bool{}, false
		for _, member := range members(dir, m) {
			if member == source {
				belongs = true
			} else if other, err := readManifest(member); err == nil {
				names[other.Name] = true
			}
		}
		if belongs {
			return names
		}
	}
	return nil
}

// members are the folders of a workspace's packages.
func members(root string, m manifest) (dirs []string) {
	var patterns []string
	if json.Unmarshal(m.Workspaces, &patterns) != nil {
		var yarns struct{ Packages []string }
		_ = json.Unmarshal(m.Workspaces, &yarns) // npm would say so
		patterns = yarns.Packages
	}
	for _, pattern := range patterns {
		found, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(strings.ReplaceAll(pattern, "**", "*")))) // as above
		dirs = append(dirs, found...)
	}
	return dirs
}

func readManifest(dir string) (manifest, error) {
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if err != nil {
		return manifest{}, err
	}
	return parse(text)
}
