// Command ccdev runs a local Hyperledger Fabric network for chaincode developers.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ccdev/ccdev/internal/cli"
	"github.com/ccdev/ccdev/internal/fault"
)

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signal.Notify(signals, syscall.SIGHUP) // its terminal is gone
	}
	go func() {
		s := <-signals
		signal.Stop(signals) // a second one ends the program, cleaning up or not
		if s == os.Interrupt {
			cancel(fault.New(fault.Interrupted, "", "interrupted"))
		} else {
			cancel(fault.New(fault.Terminated, "", "terminated"))
		}
	}()
	os.Exit(cli.Main(ctx, os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
