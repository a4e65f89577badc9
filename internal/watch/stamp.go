package watch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
)

// Stamp gives a text that is another one once a file has come, gone or been written that Watch would
// tell of with these options. It reads names, sizes and times only, and no contents.
func Stamp(o Options) string {
	root, err := filepath.Abs(o.Dir)
	if err != nil {
		return err.Error()
	}
	seen := sha256.New()
	newTree(root, o).walk(".", func(rel string, entry fs.DirEntry) {
		var now stamp // stays that of no file when it has gone meanwhile
		if info, err := entry.Info(); err == nil {
			now = stampOf(info)
		}
		_, _ = fmt.Fprintf(seen, "%q %v\n", rel, now) // a hash takes everything
	})
	return hex.EncodeToString(seen.Sum(nil))
}
