// Command release makes the archives of a version of ccdev, without publishing them.
package main

import (
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
	flag.StringVar(&o.Dir, "o", "dist", "folder of the archives, which is made anew")
	flag.Parse()
	err := release.Make(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}
