//go:build !unix

package procgroup

import "os/exec"

// own leaves the command as it is: there are no process groups. What it started ends by itself.
func own(*exec.Cmd) {}

// Interrupt ends the command: there is no asking.
func Interrupt(cmd *exec.Cmd) error { return cmd.Process.Kill() }

// Kill ends the command, if it runs still.
func Kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// Gone does nothing where there are no process groups.
func Gone(*exec.Cmd) {}
