package process

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"testing"
	"time"
)

// dialTo makes the test binary a program that dials an address, and holds the connection.
const dialTo = "CCDEV_TEST_DIAL"

func init() {
	address := os.Getenv(dialTo)
	if address == "" {
		return
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		os.Exit(1)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	_ = conn.Close()
	os.Exit(0)
}

func TestWhoseAConnectionIs(t *testing.T) {
	for name, listen := range map[string]string{"IPv4": "127.0.0.1:0", "IPv6": "[::1]:0", "both": "localhost:0"} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "")
			l, err := net.Listen("tcp", listen)
			if err != nil {
				t.Skip(err)
			}
			defer l.Close() //nolint:errcheck // nothing is served
			for _, service := range []string{"peer0.org1", "peer1.org1", ""} {
				dialler := exec.CommandContext(t.Context(), os.Args[0])
				dialler.Env = append(os.Environ(), dialTo+"="+l.Addr().String())
				if service != "" {
					dialler.Env = append(dialler.Env, record{Service: service, StartedAt: time.Now()}.mark())
				}
				stdin, err := dialler.StdinPipe()
				b.must(err)
				b.must(dialler.Start())
				conn, err := l.Accept()
				b.must(err)
				local, remote := netip.MustParseAddrPort(conn.RemoteAddr().String()), netip.MustParseAddrPort(conn.LocalAddr().String())
				if got := ServiceOf(local, remote); got != service {
					t.Errorf("%s dials, and it is told to be %q", service, got)
				}
				if got := ServiceOf(remote, local); got != "" {
					t.Errorf("this test's end is told to be %q", got)
				}
				if got := ServiceOf(local, netip.AddrPortFrom(remote.Addr(), 1)); got != "" {
					t.Errorf("an end that nobody has is told to be %q", got)
				}
				b.must(stdin.Close())
				b.must(dialler.Wait())
				b.must(conn.Close())
			}
		})
	}
}
