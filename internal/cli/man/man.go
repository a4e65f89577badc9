// Package man writes ccdev's manual pages and its completions, of its own help.
package man

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/ccdev/ccdev/internal/cli"
	"github.com/spf13/cobra/doc"
)

// Write writes a page for each command to dir/man1, and the completions of the usual shells to
// dir/completions, where package managers take them from.
func Write(dir string) error {
	root := cli.Commands()
	root.DisableAutoGenTag = true // it is the date, which would make each page another one every day
	pages, completions := filepath.Join(dir, "man1"), filepath.Join(dir, "completions")
	if err := errors.Join(os.MkdirAll(pages, 0o755), os.MkdirAll(completions, 0o755)); err != nil {
		return err
	}
	if err := doc.GenManTree(root, &doc.GenManHeader{Title: "CCDEV", Section: "1", Source: "ccdev"}, pages); err != nil {
		return err
	}
	return errors.Join(
		root.GenBashCompletionFileV2(filepath.Join(completions, "ccdev.bash"), true),
		root.GenZshCompletionFile(filepath.Join(completions, "_ccdev")),
		root.GenFishCompletionFile(filepath.Join(completions, "ccdev.fish"), true),
		root.GenPowerShellCompletionFileWithDesc(filepath.Join(completions, "ccdev.ps1")),
	)
}
