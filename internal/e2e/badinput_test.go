package e2e

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ccdev/ccdev/internal/golden"
)

// badInput is something that ccdev cannot do, in the folder of a Go chaincode.
type badInput struct {
	name   string
	config string            // ccdev.yaml; none if it is empty. DIR stands for the folder, PORT for a port that is taken
	files  map[string]string // in place of the chaincode's, and beside them
	bare   bool              // the folder has those files only
	first  string            // arguments of a ccdev that succeeds
	args   string            // of the one that does not; "up -d" if it is empty
	needs  string            // "docker" or "node": it is left out where that is missing
}

const badInputGolden = "testdata/badinput.golden"

// sectionMark begins a section of the golden file; the input's name comes next.
const sectionMark = "==== "

// What each bad input gives: the message, the way out, and the exit code. Read the golden file as
// somebody who has never seen Fabric.
func TestBadInput(t *testing.T) {
	chaincode := filepath.Join(t.TempDir(), "demo")
	mustRun(t, ccdev(filepath.Dir(chaincode), "init", "demo", "--template", "go-shim"))
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close() //nolint:errcheck // nobody dials it
	_, number, _ := net.SplitHostPort(port.Addr().String())
	want := goldenSections(t)
	inputs := badInputs()
	got := make([]string, len(inputs))
	t.Run("each", func(t *testing.T) {
		for i, in := range inputs {
			in.config = strings.ReplaceAll(in.config, "PORT", number)
			got[i] = want[in.name]
			t.Run(in.name, func(t *testing.T) {
				in.check(t, chaincode, number, &got[i])
			})
		}
	})
	if golden.Update() {
		if err := os.WriteFile(badInputGolden, []byte(strings.Join(got, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if len(want) != len(inputs) {
		t.Errorf("%s has %d inputs, and there are %d: write it with -update", badInputGolden, len(want), len(inputs))
	}
}

// goldenSections are what the golden file has, by the inputs' names.
func goldenSections(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(badInputGolden)
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for _, section := range strings.Split("\n"+string(text), "\n"+sectionMark)[1:] {
		name, _, _ := strings.Cut(section, "\n")
		sections[name] = sectionMark + strings.TrimRight(section, "\n") + "\n\n"
	}
	return sections
}

// check compares what the input gives with its section, which it leaves as it is now.
func (in badInput) check(t *testing.T, chaincode, port string, section *string) {
	t.Parallel()
	switch {
	case in.needs == "docker" && !slices.Contains(shared.runtimes, "docker"):
		t.Skip("NOT RUN: it takes Docker")
	case in.needs == "node":
		needNode(t)
	}
	said := strings.ReplaceAll(in.run(t, chaincode), port, "PORT")
	if !strings.Contains(said, "\nfix:   ") {
		t.Errorf("it has no way out:\n%s", said)
	}
	if said != *section && !golden.Update() {
		t.Errorf("%s has\n%s\nand now it is (keep it with -update)\n%s", badInputGolden, *section, said)
	}
	*section = said
}

// run gives the input, and what ccdev makes of it.
func (in badInput) run(t *testing.T, chaincode string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	if in.bare {
		chaincode = t.TempDir()
	}
	if err := os.CopyFS(dir, os.DirFS(chaincode)); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(in.config, "certs/") {
		writeCertificates(t, filepath.Join(dir, "certs"))
	}
	in.config = strings.ReplaceAll(in.config, "DIR", dir)
	in.write(t, dir)
	t.Cleanup(func() { mustRun(t, ccdev(dir, "down", "-v")) })
	var commands string
	for _, args := range []string{in.first, cmp.Or(in.args, "up -d")} {
		if args == "" {
			continue
		}
		cmd := ccdev(dir, append(strings.Fields(args), "--quiet")...)
		if in.needs != "docker" {
			cmd.Env = append(cmd.Env, "DOCKER_HOST=unix:///nowhere/docker.sock")
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		_ = cmd.Run() // the exit code is in the golden file
		commands += fmt.Sprintf("$ ccdev %s\n%sexit code %d\n", args, sameEverywhere(stderr.String()), cmd.ProcessState.ExitCode())
	}
	said := sectionMark + in.name + "\n" + in.shown() + commands + "\n"
	return strings.NewReplacer(dir, "/home/you/demo", filepath.Dir(dir), "/home/you").Replace(said)
}

// sameEverywhere takes out of a message what is another at every run, or on another machine.
func sameEverywhere(said string) string {
	for pattern, stands := range map[string]string{
		`pid \d+ \([^)]*\)`:                          "pid PID (PROGRAM)",
		`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `:            "",
		`127\.0\.0\.1:\d+`:                           "127.0.0.1:PORT",
		`[0-9a-f]{64}`:                               "0123…",
		`(?m)^ *npm error A complete log.*\n`:        "",
		`(?m)^( *npm error) +\n`:                     "",
		`(?m)^ *\| (\d{4}/\S+ \S+ )?rpc error: .*\n`: "", // what a chaincode says that ends soon enough
	} {
		said = regexp.MustCompile(pattern).ReplaceAllString(said, stands)
	}
	return said
}

// shown is the input as the golden file has it.
func (in badInput) shown() string {
	text := ""
	if in.config != "" {
		text = "-- ccdev.yaml --\n" + in.config
	}
	for _, name := range slices.Sorted(maps.Keys(in.files)) {
		text += "-- " + name + " --\n"
		if file := in.files[name]; len(file) < 300 && utf8.ValidString(file) {
			text += strings.TrimSuffix(file, "\n") + "\n"
		}
	}
	return text
}

func (in badInput) write(t *testing.T, dir string) {
	t.Helper()
	files := maps.Clone(in.files)
	if files == nil {
		files = map[string]string{}
	}
	if in.config != "" {
		files["ccdev.yaml"] = in.config
	}
	nodeChaincode{files: files}.write(t, dir, 1)
}
