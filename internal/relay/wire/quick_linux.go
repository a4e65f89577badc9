package wire

import (
	"io"
	"net"
	"runtime"
	"syscall"
	"unsafe"
)

// quickConn reads and writes without telling Go's runtime of its system calls (runtime/proc.go:
// entersyscall). The runtime would wake its monitor thread for each, in case it blocks, which none
// does on a socket of Go's; and on a machine with two cores that costs more than the call.
type quickConn struct {
	*net.TCPConn
	raw syscall.RawConn
}

// quick makes a TCP connection a quickConn, and gives any other as it is; and with it a write that
// does not wait, and may write less than it is given.
func quick(conn net.Conn) (net.Conn, func([]byte) (int, error)) {
	none := func([]byte) (int, error) { return 0, nil }
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return conn, none
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return conn, none
	}
	c := &quickConn{TCPConn: tcp, raw: raw}
	return c, func(b []byte) (int, error) { return c.write(b, false) }
}

// Read implements net.Conn.
func (c *quickConn) Read(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	// What was read last is passed on first, by one goroutine that receives it and another that sends it.
	// Mostly there is nothing to read yet.
	runtime.Gosched()
	runtime.Gosched()
	var errno syscall.Errno
	err = c.raw.Read(func(fd uintptr) bool {
		n, errno = unblocked(syscall.SYS_READ, fd, b)
		return errno != syscall.EAGAIN
	})
	switch {
	case err != nil:
		return 0, err
	case errno != 0:
		return 0, &net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: errno}
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (c *quickConn) Write(b []byte) (int, error) { return c.write(b, true) }

// write writes all of b, or what it can if it may not wait.
func (c *quickConn) write(b []byte, wait bool) (written int, err error) {
	var errno syscall.Errno
	err = c.raw.Write(func(fd uintptr) bool {
		for written < len(b) {
			var n int
			if n, errno = unblocked(syscall.SYS_WRITE, fd, b[written:]); errno != 0 {
				return errno != syscall.EAGAIN || !wait
			}
			written += n
		}
		return true
	})
	if err == nil && errno != 0 && (errno != syscall.EAGAIN || wait) {
		err = &net.OpError{Op: "write", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: errno}
	}
	return written, err
}

// unblocked makes a system call that does not block.
func unblocked(number, fd uintptr, b []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(number, fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b))) //nolint:gosec // b is there for as long as the call takes
		if errno == 0 {
			return int(n), 0
		}
		if errno != syscall.EINTR {
			return 0, errno
		}
	}
}
