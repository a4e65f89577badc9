//go:build !linux

package process

import "net/netip"

// ServiceOf is not known on this system.
func ServiceOf(_, _ netip.AddrPort) string { return "" }
