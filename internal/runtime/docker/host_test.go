package docker

import (
	"net"
	"testing"
)

func TestWhichEnginesAreNear(t *testing.T) {
	for host, want := range map[string]bool{
		"unix:///var/run/docker.sock": true, "npipe:////./pipe/docker_engine": true, "tcp://localhost:2375": true,
		"tcp://127.0.0.1:2375": true, "tcp://[::1]:2375": true, "tcp://10.0.0.9:2376": false, "ssh://me@localhost": false,
		"https://docker.example:2376": false, "::": false,
	} {
		if got := (endpoint{host: host}).near(); got != want {
			t.Errorf("%s is near: %t, want %t", host, got, want)
		}
	}
}

// What containers reach is an address that a process can listen at, and not every one.
func TestHostAddress(t *testing.T) {
	address, err := connect(t).HostAddress(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ip := net.ParseIP(address); ip == nil || ip.IsUnspecified() {
		t.Errorf("the address is %q", address)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(address, "0"))
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
