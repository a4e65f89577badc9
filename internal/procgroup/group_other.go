//go:build !unix

package procgroup

import "os/exec"

// own leaves the command as it is: there are no process groups. What it started ends by itself.
func own(*exec.Cmd) {}

// Gone does nothing where there are no process groups.
func Gone(*exec.Cmd) {}
