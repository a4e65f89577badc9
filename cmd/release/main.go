// Command release makes the archives of a version of ccdev, without publishing them, or lists what
// one program is made of, for GoReleaser.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/ccdev/ccdev/internal/release"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	o := release.Options{Go: "go", Source: ".", Progress: os.Stderr, Platforms: release.Platforms()}
	flag.StringVar(&o.Version, "version", "dev", "of this release")
	flag.StringVar(&o.Dir, "o", "dist", "folder of the archives, which is made anew; with -bom, the file to write")
	program := flag.String("bom", "", "only list the modules that this program was built of")
	flag.Parse()
	var err error
	if *program != "" {
		err = list(*program, o)
	} else {
		err = release.Make(ctx, o)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func list(program string, o release.Options) error {
	var bom bytes.Buffer
	if err := release.WriteBOM(&bom, program, o.Version); err != nil {
		return err
	}
	return os.WriteFile(o.Dir, bom.Bytes(), 0o644)
}
