package extbuilder

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

func noEnv(string) string { return "" }

func config(value string) func(string) string {
	return func(name string) string {
		if name == ConfigVariable {
			return value
		}
		return ""
	}
}

// folder makes a folder with these files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// content is every file in dir.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func meta(t *testing.T, packageType string) string {
	t.Helper()
	return folder(t, map[string]string{"metadata.json": `{"type":"` + packageType + `","label":"basic_1.0"}`})
}

func source(t *testing.T, connection string) string {
	t.Helper()
	return folder(t, map[string]string{"connection.json": connection})
}

// isFault wants a fault that has a fix and says all of texts.
func isFault(t *testing.T, err error, texts ...string) {
	t.Helper()
	var f *fault.Fault
	if !errors.As(err, &f) || f.Fix == "" {
		t.Fatalf("got %v, want a fault with a fix", err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
}

func TestDetect(t *testing.T) {
	for _, tc := range []struct {
		packageType string
		ours        bool
	}{
		{"ccaas", true}, {"CCaaS", true}, {"external", true}, {"External", true},
		{"golang", false}, {"node", false}, {"remote", false}, {"", false},
	} {
		t.Run(tc.packageType, func(t *testing.T) {
			err := Run("detect", []string{t.TempDir(), meta(t, tc.packageType)}, noEnv)
			if tc.ours && err != nil {
				t.Error(err)
			}
			if !tc.ours && !errors.Is(err, ErrNotOurs) {
				t.Errorf("got %v, want ErrNotOurs", err)
			}
		})
	}
}

func TestDetectOfWhatCannotBeKnown(t *testing.T) {
	for name, dir := range map[string]string{
		"no metadata.json": t.TempDir(),
		"no folder":        filepath.Join(t.TempDir(), "missing"),
		"broken":           folder(t, map[string]string{"metadata.json": "{"}),
		"a folder":         folder(t, map[string]string{"metadata.json/x": ""}),
		"huge":             folder(t, map[string]string{"metadata.json": `{"type":"ccaas"}` + strings.Repeat(" ", maxFile)}),
	} {
		t.Run(name, func(t *testing.T) {
			err := Detect("", dir)
			isFault(t, err)
			if errors.Is(err, ErrNotOurs) {
				t.Error("the peer would be told that the package is not ours")
			}
		})
	}
}

func TestRunRejectsOtherCalls(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
	}{
		{"run", []string{"a", "b"}}, {"", nil},
		{"detect", []string{"a"}}, {"build", []string{"a", "b"}}, {"release", []string{"a", "b", "c"}},
	} {
		isFault(t, Run(tc.name, tc.args, noEnv), tc.name)
	}
}

// keyPair makes a certificate and its key, as PEM.
func keyPair(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}))
}
