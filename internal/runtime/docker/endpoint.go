package docker

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/connhelper"
	"github.com/moby/moby/client"

	"github.com/ccdev/ccdev/internal/fault"
)

// defaultContext is the context that stands for the usual socket. It has no files.
const defaultContext = "default"

// endpoint is where a daemon is.
type endpoint struct {
	host       string // URL
	origin     string // how it was found, in words
	tlsDir     string // of ca.pem, cert.pem and key.pem; each may be missing, so may the folder
	needTLS    bool   // even when tlsDir holds nothing
	skipVerify bool   // of the server's certificate
}

// resolve finds the daemon's address in the order the docker command does.
func resolve(getenv func(string) string) (endpoint, error) {
	if host := getenv(client.EnvOverrideHost); host != "" {
		return endpointFromEnv(host, getenv), nil
	}
	dir, err := configDir(getenv)
	if err != nil {
		return endpoint{}, err
	}
	name, origin := getenv("DOCKER_CONTEXT"), "DOCKER_CONTEXT"
	if name == "" {
		if name, err = currentContext(dir); err != nil {
			return endpoint{}, err
		}
		origin = "the current context"
	}
	if name == "" || name == defaultContext {
		return endpoint{host: client.DefaultDockerHost, origin: "the default context"}, nil
	}
	return endpointOfContext(dir, name, origin)
}

// endpointFromEnv reads the variables that go with DOCKER_HOST.
func endpointFromEnv(host string, getenv func(string) string) endpoint {
	e := endpoint{host: host, origin: "DOCKER_HOST"}
	verify, certs := getenv(client.EnvTLSVerify) != "", getenv(client.EnvOverrideCertPath)
	if !verify && certs == "" {
		return e
	}
	e.tlsDir, e.needTLS, e.skipVerify = certs, true, !verify
	if certs == "" {
		e.tlsDir, _ = configDir(getenv) // without a home there are no certificates either
	}
	return e
}

// configDir is where the docker command keeps its settings.
func configDir(getenv func(string) string) (string, error) {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir, nil
	}
	home := getenv("HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", fault.New(fault.Runtime, "set DOCKER_HOST or DOCKER_CONFIG",
				"the settings of Docker cannot be found: %w", err)
		}
	}
	return filepath.Join(home, ".docker"), nil
}

// currentContext is the name in config.json; empty when there is none.
func currentContext(dir string) (string, error) {
	var config struct {
		CurrentContext string `json:"currentContext"`
	}
	path := filepath.Join(dir, "config.json")
	err := readJSON(path, &config)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fault.New(fault.Runtime, "mend or remove "+path, "the settings of Docker cannot be read: %w", err)
	}
	return config.CurrentContext, nil
}

// endpointOfContext reads a context as the docker command stores it: a folder named by the
// SHA-256 of its name under contexts/meta, and one under contexts/tls.
func endpointOfContext(dir, name, origin string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	folder := hex.EncodeToString(sum[:])
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	err := readJSON(filepath.Join(dir, "contexts", "meta", folder, "meta.json"), &meta)
	if errors.Is(err, fs.ErrNotExist) {
		return endpoint{}, fault.New(fault.Runtime, `choose one of "docker context ls" with "docker context use"`,
			"the Docker context %q (%s) does not exist", name, origin)
	}
	if err != nil {
		return endpoint{}, fault.New(fault.Runtime, `choose another one with "docker context use"`,
			"the Docker context %q (%s) cannot be read: %w", name, origin, err)
	}
	docker := meta.Endpoints["docker"]
	if docker.Host == "" {
		return endpoint{}, fault.New(fault.Runtime, `choose another one with "docker context use"`,
			"the Docker context %q (%s) names no Docker host", name, origin)
	}
	return endpoint{
		host: docker.Host, origin: fmt.Sprintf("context %s, %s", name, origin),
		tlsDir:     filepath.Join(dir, "contexts", "tls", folder, "docker"),
		skipVerify: docker.SkipTLSVerify,
	}, nil
}

func readJSON(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// options make a client that talks to this endpoint.
func (e endpoint) options() ([]client.Opt, error) {
	helper, err := connhelper.GetConnectionHelper(e.host)
	if err != nil {
		return nil, e.unusable(err)
	}
	if helper != nil {
		transport := &http.Transport{DialContext: helper.Dialer}
		return []client.Opt{
			client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
			client.WithHost(helper.Host), client.WithDialContext(helper.Dialer),
		}, nil
	}
	if !strings.HasPrefix(e.host, "tcp://") && !strings.HasPrefix(e.host, "https://") {
		return []client.Opt{client.WithHost(e.host)}, nil
	}
	config, err := e.tlsConfig()
	if err != nil {
		return nil, e.unusable(err)
	}
	if config == nil {
		return []client.Opt{client.WithHost(e.host)}, nil
	}
	transport := &http.Transport{TLSClientConfig: config}
	return []client.Opt{
		client.WithHTTPClient(&http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}),
		client.WithHost(e.host),
	}, nil
}

// tlsConfig is nil for an endpoint that has no TLS material and asks for none.
func (e endpoint) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	config.InsecureSkipVerify = e.skipVerify // #nosec G402 -- the user's own setting of that context
	wanted := e.needTLS || e.skipVerify
	if e.tlsDir != "" {
		pool, err := certPool(filepath.Join(e.tlsDir, "ca.pem"))
		if err != nil {
			return nil, err
		}
		pairs, err := keyPairs(filepath.Join(e.tlsDir, "cert.pem"), filepath.Join(e.tlsDir, "key.pem"))
		if err != nil {
			return nil, err
		}
		config.RootCAs, config.Certificates = pool, pairs
		wanted = wanted || pool != nil || len(pairs) > 0
	}
	if !wanted {
		return nil, nil
	}
	return config, nil
}

// certPool is nil, which means the system's, when there is no such file.
func certPool(path string) (*x509.CertPool, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate", path)
	}
	return pool, nil
}

// keyPairs is empty when there are no such files.
func keyPairs(cert, key string) ([]tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []tls.Certificate{pair}, nil
}
