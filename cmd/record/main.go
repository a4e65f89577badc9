// Command record films ccdev up in a terminal, for the README.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/binaries"
	"github.com/ccdev/ccdev/internal/recording"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	program := flag.String("ccdev", "bin/ccdev", "the program to film")
	out := flag.String("o", ".readme/up.svg", "the picture to write")
	flag.Parse()
	err := film(ctx, *program, *out)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func film(ctx context.Context, program, out string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	env, err := environ()
	if err != nil {
		return err
	}
	var picture bytes.Buffer
	if err := recording.Up(ctx, recording.Options{Program: program, Env: env}, &picture); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	return os.WriteFile(out, picture.Bytes(), 0o644)
}

// environ says where Go and ccdev have their caches, whatever the home is in the film.
func environ() ([]string, error) {
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOSUMDB", "GOFLAGS"}
	values, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		return nil, err
	}
	var env []string
	for i, value := range strings.Split(strings.TrimRight(string(values), "\n"), "\n") {
		env = append(env, names[i]+"="+value)
	}
	cache := os.Getenv("CCDEV_CACHE")
	if cache == "" {
		cache, err = binaries.DefaultCacheDir()
	}
	return append(env, "CCDEV_CACHE="+cache), err
}
