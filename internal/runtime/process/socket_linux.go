package process

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// ServiceOf is the service, of this user's, a process of which has this end of a connection within this
// machine. It is "" for others, and on systems that do not tell.
func ServiceOf(local, remote netip.AddrPort) string {
	inode := inodeOf(local, remote)
	if inode == "" {
		return ""
	}
	all, _ := pids() // none has it then
	for _, pid := range all {
		if service := serviceOf(pid); service != "" && hasSocket(pid, inode) {
			return service
		}
	}
	return ""
}

// inodeOf finds an end of a connection in the kernel's tables (proc(5), /proc/net/tcp).
func inodeOf(local, remote netip.AddrPort) string {
	const inode = 9 // its column
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, _ := os.ReadFile(table) // nothing is in it then
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) > inode && sameEnd(fields[1], local) && sameEnd(fields[2], remote) {
				return fields[inode]
			}
		}
	}
	return ""
}

// sameEnd compares with an address as the kernel writes it: in words of the machine's byte order.
func sameEnd(written string, a netip.AddrPort) bool {
	hex := func(bytes []byte) (text string) {
		for ; len(bytes) > 0; bytes = bytes[4:] {
			text += fmt.Sprintf("%08X", binary.NativeEndian.Uint32(bytes))
		}
		return fmt.Sprintf("%s:%04X", text, a.Port())
	}
	sixteen := a.Addr().As16()
	return written == hex(sixteen[:]) || a.Addr().Unmap().Is4() && written == hex(sixteen[12:])
}

// serviceOf is the service whose mark a process has.
func serviceOf(pid string) string {
	environ, _ := os.ReadFile("/proc/" + pid + "/environ") // others' cannot be read
	for variable := range strings.SplitSeq(string(environ), "\x00") {
		if start, marked := strings.CutPrefix(variable, markVariable+"="); marked {
			service, _, _ := strings.Cut(start, "@")
			return service
		}
	}
	return ""
}

func hasSocket(pid, inode string) bool {
	files, _ := os.ReadDir("/proc/" + pid + "/fd") // it has ended then
	for _, f := range files {
		if to, err := os.Readlink("/proc/" + pid + "/fd/" + f.Name()); err == nil && to == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}
