package node

import (
	"encoding/json"
	"os"
	"path/filepath"
)

// tellOfTransformer tells of the one version of class-transformer that fabric-contract-api allows
// and cannot work with: 0.4.1, the newest of ^0.4.0, has other names for what it calls.
func (b *builder) tellOfTransformer(modules string) {
	text, err := os.ReadFile(filepath.Join(modules, "node_modules", "class-transformer", manifestFile))
	var installed struct{ Version string }
	if err != nil || json.Unmarshal(text, &installed) != nil || installed.Version != "0.4.1" || b.manifest.Dependencies[contractPackage] == "" {
		return
	}
	b.say(`%s cannot return objects with class-transformer 0.4.1, which npm has taken for it ("classToPlain is not a function"): `+
		`add "overrides": {"class-transformer": "0.4.0"} to package.json`, contractPackage)
}
