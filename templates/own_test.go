package templates_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/templates"
)

// Each template passes the tests that it gives its user, run as its README says.
func TestEveryTemplatesOwnTestsPass(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the chaincodes' modules")
	}
	for name, commands := range map[string][][]string{
		"go":         {{"go", "vet", "-mod=readonly", "."}, {"go", "test", "-mod=readonly", "."}},
		"go-shim":    {{"go", "vet", "-mod=readonly", "."}, {"go", "test", "-mod=readonly", "."}},
		"javascript": {{"npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"}, {"npm", "test"}},
		"typescript": {{"npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"}, {"npm", "test"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(commands[0][0]); err != nil {
				t.Skipf("NOT RUN: there is no %s on this machine", commands[0][0])
			}
			dir := t.TempDir()
			if _, err := templates.Write(name, dir, templates.Values{Name: "my-assets"}); err != nil {
				t.Fatal(err)
			}
			for _, command := range commands {
				cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
				out, err := cmd.CombinedOutput()
				if unreachable(string(out)) {
					t.Skipf("NOT RUN: what it needs cannot be fetched here: %s", out)
				}
				if err != nil {
					t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, out)
				}
			}
		})
	}
}

// A folder may be called as a package of Go's own is, or by a word that Go keeps for itself.
func TestGoTakesEveryName(t *testing.T) {
	if testing.Short() {
		t.Skip("it reads the chaincodes' modules")
	}
	for _, template := range []string{"go", "go-shim"} {
		for _, name := range []string{"go", "std", "cmd", "all", "tool", "fmt", "encoding", "internal", "vendor", "main", "2-assets"} {
			dir := t.TempDir()
			if _, err := templates.Write(template, dir, templates.Values{Name: name}); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "go", "list", "-mod=readonly", "-deps", ".")
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=")
			out, err := cmd.CombinedOutput()
			if unreachable(string(out)) {
				t.Skipf("NOT RUN: what it needs cannot be fetched here: %s", out)
			}
			if err != nil {
				t.Errorf("%s called %s: %v\n%s", template, name, err, out)
			}
		}
	}
}

// unreachable finds a module proxy or a registry that does not answer.
func unreachable(output string) bool {
	for _, sign := range []string{"dial tcp", "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED"} {
		if strings.Contains(output, sign) {
			return true
		}
	}
	return false
}

// A tag that a registry does not have, or a file that is not there, would be found by nobody but
// the user: images cannot be pulled in tests.
func TestEveryDockerfileCopiesWhatIsThere(t *testing.T) {
	for _, name := range templates.Names() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := templates.Write(name, dir, templates.Values{Name: "my-assets"}); err != nil {
				t.Fatal(err)
			}
			text := read(t, filepath.Join(dir, "Dockerfile"))
			for line := range strings.Lines(text) {
				words := strings.Fields(line)
				if len(words) < 3 || words[0] != "COPY" || strings.HasPrefix(words[1], "--from") {
					continue
				}
				for _, from := range words[1 : len(words)-1] {
					if found, _ := filepath.Glob(filepath.Join(dir, from)); len(found) == 0 { // the patterns are right
						t.Errorf("%s: there is no %s", strings.TrimSpace(line), from)
					}
				}
			}
			for _, want := range []string{"CHAINCODE_SERVER_ADDRESS=0.0.0.0:9999", "EXPOSE 9999", "USER 65532:65532"} {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %s", want)
				}
			}
		})
	}
}
