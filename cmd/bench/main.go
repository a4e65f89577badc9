// Command bench measures ccdev against its budgets, and prints a table.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ccdev/ccdev/internal/bench"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program, cleaning up or not
	os.Exit(bench.Main(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
