//go:build !unix

package host

import (
	"fmt"
	"runtime"
)

// Become cannot be done here.
func Become(file, _, _ string) error {
	return fmt.Errorf("%s cannot run on %s: use Docker", file, runtime.GOOS)
}
