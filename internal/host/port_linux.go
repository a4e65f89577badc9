package host

import (
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
)

// reservePort finds a free port on 127.0.0.1 and keeps everybody off it but who asks for just
// that one: a socket that is bound, allows another at its address, and never listens. The system
// gives such a port to nobody who asks for any, and lets a server that allows reuse, as those of
// Go, Node and Java do, listen there (socket(7), SO_REUSEADDR).
func reservePort() (address string, reservation io.Closer, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, os.NewSyscallError("socket", err)
	}
	socket := os.NewFile(uintptr(fd), "reserved port")
	port, err := bind(fd)
	if err != nil {
		_ = socket.Close()
		return "", nil, err
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), socket, nil
}

func bind(fd int) (port int, err error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	address, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	four, ok := address.(*syscall.SockaddrInet4)
	if !ok {
		return 0, syscall.EAFNOSUPPORT
	}
	return four.Port, nil
}
