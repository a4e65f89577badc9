// Command man writes ccdev's manual pages and completions into a folder.
package main

import (
	"fmt"
	"os"

	"github.com/ccdev/ccdev/internal/cli/man"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: man DIR")
		os.Exit(2)
	}
	if err := man.Write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
