package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/docker"
	"github.com/ccdev/ccdev/internal/runtime/process"
	"github.com/ccdev/ccdev/internal/topology"
	"github.com/ccdev/ccdev/internal/wait"
)

// A package made with tar, as Fabric's documentation makes it, of the type external and with a
// string for a boolean, goes through our builder and runs. So does one with TLS, whose certificates
// are inline.
func TestHandmadePackage(t *testing.T) {
	forRuntimes(t, func(t *testing.T, name string) {
		dir := project(t, "demo")
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", name))
		n, _, err := network.Recorded(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, tls := range []string{"", "server", "mutual"} {
			cc := network.Chaincode{Name: "hand" + tls, Version: "1.0", Service: "chaincode-hand" + tls}
			cc.Endpoint = handmadeEndpoint(t, name, cc.Service)
			if tls != "" {
				cc.TLS = network.TLS{Mode: tls, Dir: filepath.Join(t.TempDir(), "tls")}
				if err := msp.EnsureChaincode(cc.TLS.Dir, cc.Host()); err != nil {
					t.Fatal(err)
				}
			}
			runHandmade(t, n, cc)
		}
	})
}

func runHandmade(t *testing.T, n network.Network, cc network.Chaincode) {
	t.Helper()
	pkg := handmade(t, cc)
	id, err := ccpackage.IDOf(pkg)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), cc.Name+".tgz")
	if err := os.WriteFile(file, pkg, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"install", file}, {"approve", "-n", cc.Name, "--package-id", id}, {"commit", "-n", cc.Name}} {
		mustRun(t, ccdev(n.Dir, args...))
	}
	start(t, n, cc, topology.Generation{
		Number: 1, PackageID: id, Program: filepath.Join(n.StateDir(), "chaincodes", "demo", "1", "chaincode"),
	})
	err = wait.For(t.Context(), patience, func(context.Context) error { // nobody but the peer can tell when it listens
		out, err := ccdev(n.Dir, "invoke", "-n", cc.Name, "put", "made", "by hand").CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, out)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRun(t, ccdev(n.Dir, "query", "-n", cc.Name, "get", "made")); got != "by hand\n" {
		t.Errorf("%s answers %q", cc.Name, got)
	}
	if out := mustRun(t, ccdev(n.Dir, "queryinstalled")); !strings.Contains(out, id) {
		t.Errorf("queryinstalled has no %s:\n%s", id, out)
	}
}

func handmadeEndpoint(t *testing.T, runtime, service string) network.Endpoint {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	_ = l.Close() // the port is not given away again at once
	if runtime == network.RuntimeDocker {
		return network.Endpoint{Listen: "0.0.0.0:9999", Inside: service + ":9999", Host: host}
	}
	return network.Endpoint{Listen: host, Inside: host, Host: host}
}

func handmade(t *testing.T, cc network.Chaincode) []byte {
	t.Helper()
	dir := t.TempDir()
	connection := map[string]string{"address": cc.Endpoint.Inside, "dial_timeout": "10s", "tls_required": "false"}
	pem := map[string]string{}
	switch cc.TLS.Mode {
	case "mutual":
		connection["client_auth_required"] = "true"
		pem["client_cert"], pem["client_key"] = cctls.ClientCertFile, cctls.ClientKeyFile
		fallthrough
	case "server":
		connection["tls_required"] = "true"
		pem["root_cert"] = cctls.CAFile
	}
	for field, file := range pem {
		text, err := os.ReadFile(filepath.Join(cc.TLS.Dir, file))
		if err != nil {
			t.Fatal(err)
		}
		connection[field] = string(text)
	}
	text, err := json.Marshal(connection)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"connection.json": string(text),
		"metadata.json":   `{"type": "external", "label": "hand_1.0"}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"cfz", "code.tar.gz", "connection.json"},
		{"cfz", "hand.tgz", "metadata.json", "code.tar.gz"},
	} {
		tar := exec.Command("tar", args...)
		tar.Dir = dir
		mustRun(t, tar)
	}
	pkg, err := os.ReadFile(filepath.Join(dir, "hand.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// start runs a chaincode in the network's own runtime, so that ccdev takes it down as well.
func start(t *testing.T, n network.Network, cc network.Chaincode, g topology.Generation) {
	t.Helper()
	model, err := topology.Nodes(n)
	if err == nil {
		err = topology.AddChaincode(model, n, cc, g)
	}
	if err != nil {
		t.Fatal(err)
	}
	var rt runtime.Runtime
	if n.Runtime == network.RuntimeDocker {
		engine, err := docker.Connect(context.Background(), os.Getenv)
		if err != nil {
			t.Fatal(err)
		}
		rt = engine.Runtime(n.ID, n.Name, n.Dir)
	} else if rt, err = process.New(n.StateDir()); err != nil {
		t.Fatal(err)
	}
	if err := rt.Start(t.Context(), model, cc.Service); err != nil {
		t.Fatal(err)
	}
}
