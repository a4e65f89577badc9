//go:build !unix

package binaries

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup ends the command alone where there are no process groups. Its compilers end by
// themselves within seconds, and what they leave is removed by the next compilation.
func killGroup(cmd *exec.Cmd) error { return cmd.Process.Kill() }

func awaitGroup(*exec.Cmd) {}
