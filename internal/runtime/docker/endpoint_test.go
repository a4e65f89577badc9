package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// dockerConfig is a docker config folder with the context "colima".
func dockerConfig(t *testing.T, config, meta string) string {
	t.Helper()
	dir := t.TempDir()
	if config != "" {
		write(t, filepath.Join(dir, "config.json"), config)
	}
	if meta != "" {
		write(t, filepath.Join(dir, "contexts", "meta", folderOf("colima"), "meta.json"), meta)
	}
	return dir
}

func folderOf(context string) string {
	sum := sha256.Sum256([]byte(context))
	return hex.EncodeToString(sum[:])
}

func TestResolve(t *testing.T) {
	const colima = `{"Name":"colima","Endpoints":{"docker":{"Host":"unix:///colima.sock","SkipTLSVerify":false}}}`
	const current = `{"auths":{},"currentContext":"colima"}`
	for name, c := range map[string]struct {
		config, meta string
		env          []string
		host, origin string
		fault        string
	}{
		"nothing set":                {host: client.DefaultDockerHost, origin: "the default context"},
		"no current context":         {config: `{"auths":{}}`, host: client.DefaultDockerHost, origin: "the default context"},
		"the default context":        {config: `{"currentContext":"default"}`, host: client.DefaultDockerHost, origin: "the default context"},
		"the current context":        {config: current, meta: colima, host: "unix:///colima.sock", origin: "context colima, the current context"},
		"DOCKER_HOST wins":           {config: current, meta: colima, env: []string{"DOCKER_HOST", "tcp://a:1", "DOCKER_CONTEXT", "b"}, host: "tcp://a:1", origin: "DOCKER_HOST"},
		"DOCKER_CONTEXT wins":        {config: `{"currentContext":"other"}`, meta: colima, env: []string{"DOCKER_CONTEXT", "colima"}, host: "unix:///colima.sock", origin: "context colima, DOCKER_CONTEXT"},
		"DOCKER_CONTEXT of default":  {config: current, meta: colima, env: []string{"DOCKER_CONTEXT", "default"}, host: client.DefaultDockerHost, origin: "the default context"},
		"an unknown context":         {env: []string{"DOCKER_CONTEXT", "nope"}, fault: `"nope" (DOCKER_CONTEXT) does not exist`},
		"an unknown current context": {config: current, fault: `"colima" (the current context) does not exist`},
		"a context without a host":   {config: current, meta: `{"Endpoints":{}}`, fault: "names no Docker host"},
		"a broken context":           {config: current, meta: `{`, fault: "cannot be read"},
		"a broken config":            {config: `{`, fault: "config.json"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := dockerConfig(t, c.config, c.meta)
			got, err := resolve(env(append(c.env, "DOCKER_CONFIG", dir)...))
			if c.fault != "" {
				isFault(t, err, fault.Runtime, c.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.host != c.host || got.origin != c.origin {
				t.Errorf("got %s from %s, want %s from %s", got.host, got.origin, c.host, c.origin)
			}
		})
	}
}

func TestResolveUsesHome(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".docker", "config.json"), `{"currentContext":"x"}`)
	write(t, filepath.Join(home, ".docker", "contexts", "meta", folderOf("x"), "meta.json"),
		`{"Endpoints":{"docker":{"Host":"tcp://x:2376","SkipTLSVerify":true}}}`)
	got, err := resolve(env("HOME", home))
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(home, ".docker", "contexts", "tls", folderOf("x"), "docker")
	if got.host != "tcp://x:2376" || !got.skipVerify || got.tlsDir != want {
		t.Errorf("got %+v, want TLS material from %s", got, want)
	}
}

// isFault fails the test unless err is a fault of this kind with a fix that has all these parts.
func isFault(t *testing.T, err error, kind fault.Kind, parts ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) {
		t.Fatalf("not a fault: %v", err)
	}
	if f.Kind != kind || f.Fix == "" {
		t.Errorf("kind %s with fix %q, want kind %s with a fix: %v", f.Kind, f.Fix, kind, err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the fault does not say %q: %v", part, err)
		}
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(daemon("1.41"))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	host := "tcp://" + server.Listener.Addr().String()
	ca := `-----BEGIN CERTIFICATE-----` // no certificate at all
	good, bad, none := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(good, "ca.pem"), pemOf(server))
	write(t, filepath.Join(bad, "ca.pem"), ca)
	for name, c := range map[string]struct {
		env   []string
		fault string
	}{
		"the server's own CA":    {env: []string{"DOCKER_CERT_PATH", good, "DOCKER_TLS_VERIFY", "1"}},
		"unverified":             {env: []string{"DOCKER_CERT_PATH", none}},
		"a CA it is not from":    {env: []string{"DOCKER_CERT_PATH", none, "DOCKER_TLS_VERIFY", "1"}, fault: "certificate"},
		"a CA that is none":      {env: []string{"DOCKER_CERT_PATH", bad, "DOCKER_TLS_VERIFY", "1"}, fault: "holds no certificate"},
		"plain to a TLS server":  {fault: "HTTP"},
		"certificates by config": {env: []string{"DOCKER_CONFIG", good, "DOCKER_TLS_VERIFY", "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Connect(t.Context(), env(append(c.env, "DOCKER_HOST", host)...))
			if c.fault != "" {
				isFault(t, err, fault.Runtime, c.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			_ = e.Close()
		})
	}
}

func pemOf(server *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

// daemon answers what Connect asks.
func daemon(api string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", api)
		if strings.HasSuffix(r.URL.Path, "/version") {
			_, _ = w.Write([]byte(`{"Version":"99.1","Os":"linux","Arch":"arm64"}`))
		}
	})
}

func TestConnectDescribes(t *testing.T) {
	server := httptest.NewServer(daemon("1.99"))
	defer server.Close()
	host := "tcp://" + server.Listener.Addr().String()
	e, err := Connect(t.Context(), env("DOCKER_HOST", host))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = e.Close() }()
	if want := "Docker 99.1 at " + host + " (DOCKER_HOST)"; e.Describe() != want {
		t.Errorf("it is described as %q, want %q", e.Describe(), want)
	}
	if os, arch, err := e.Platform(t.Context()); os != "linux" || arch != "arm64" || err != nil {
		t.Errorf("its platform is %s/%s, %v", os, arch, err)
	}
}

func TestConnectFaults(t *testing.T) {
	old := httptest.NewServer(daemon("1.39"))
	defer old.Close()
	broken := httptest.NewServer(http.NotFoundHandler())
	defer broken.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = silent.Close() }()
	for name, c := range map[string]struct {
		host  string
		parts []string
	}{
		"no daemon":           {"unix://" + filepath.Join(t.TempDir(), "none.sock"), []string{"no Docker daemon answers", "none.sock"}},
		"an old daemon":       {"tcp://" + old.Listener.Addr().String(), []string{"1.39", "1.40"}},
		"something else":      {"tcp://" + broken.Listener.Addr().String(), []string{"refused", "404"}},
		"a silent daemon":     {"tcp://" + silent.Addr().String(), []string{"did not answer within 3s"}},
		"no address at all":   {"nonsense", []string{"nonsense", "DOCKER_HOST"}},
		"a broken ssh target": {"ssh://me:secret@host", []string{"ssh"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Connect(t.Context(), env("DOCKER_HOST", c.host))
			isFault(t, err, fault.Runtime, c.parts...)
		})
	}
}

func TestConnectForbidden(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may use every socket")
	}
	path := filepath.Join(t.TempDir(), "docker.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, err = Connect(t.Context(), env("DOCKER_HOST", "unix://"+path))
	isFault(t, err, fault.Runtime, "may not use", path)
}

func TestConnectCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, env("DOCKER_HOST", "tcp://127.0.0.1:9")); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
