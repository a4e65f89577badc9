package wire

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"
)

// A quickConn has to be like any other connection: deadlines, closing, many readers and writers.
func TestQuickConn(t *testing.T) {
	nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, nil, err
		}
		defer l.Close() //nolint:errcheck // it is of no more use
		accepted := make(chan net.Conn, 1)
		go func() {
			c, _ := l.Accept()
			accepted <- c
		}()
		c1, err = net.Dial("tcp", l.Addr().String())
		if err != nil {
			return nil, nil, nil, err
		}
		c2 = <-accepted
		c1, _ = quick(c1)
		c2, _ = quick(c2)
		return c1, c2, func() { _, _ = c1.Close(), c2.Close() }, nil
	})
}
