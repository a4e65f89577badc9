package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// rig is a network with the rows of a group.
type rig struct {
	dir     string
	rows    []row
	started map[string]*exec.Cmd // chaincodes that the test runs itself, by name
}

func newRig(t *testing.T, rows []row) *rig {
	t.Helper()
	g := &rig{dir: project(t, "table"), rows: rows, started: map[string]*exec.Cmd{}}
	for _, r := range rows {
		r.style.write(t, g.dir, 1)
	}
	return g
}

func (g *rig) up(t *testing.T, rows ...row) *exec.Cmd {
	t.Helper()
	config := "chaincodes:\n"
	for _, r := range rows {
		config += r.config(t)
	}
	if err := os.WriteFile(filepath.Join(g.dir, "ccdev.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return ccdev(g.dir, "up", "-d", "--runtime", rows[0].runtime, "--fabric", rows[0].fabric)
}

// run takes those rows that are refused first: they leave nothing that is in the way of others.
func (g *rig) run(t *testing.T, said *verdicts) {
	var runs []row
	for _, r := range g.rows {
		if r.refused() == "" {
			runs = append(runs, r)
			continue
		}
		t.Run(r.name(), func(t *testing.T) {
			told(t, said, r, "refused: "+r.refused())
			fails(t, g.up(t, r), 2, "error: ", r.refused(), "fix: ")
		})
	}
	if len(runs) == 0 {
		return
	}
	mustRun(t, g.up(t, runs...))
	defer g.stop()
	for _, r := range runs {
		g.start(t, r)
	}
	for _, r := range runs {
		t.Run(r.name(), func(t *testing.T) {
			told(t, said, r, "runs")
			mustRun(t, ccdev(g.dir, "invoke", "-n", r.name(), "put", "key", "value of "+r.name()))
			g.answers(t, r, "value of "+r.name(), "get", "key")
			g.answers(t, r, "1", "version")
			r.style.write(t, g.dir, 2)
			g.reload(t, r)
			g.answers(t, r, "2", "version")
			g.answers(t, r, "value of "+r.name(), "get", "key")
		})
	}
}

// told notes what became of a row at the end of its test.
func told(t *testing.T, said *verdicts, r row, well string) {
	t.Cleanup(func() {
		if t.Failed() {
			well = "FAILED"
		}
		said.set(r, well)
	})
}

func (g *rig) answers(t *testing.T, r row, want string, args ...string) {
	t.Helper()
	args = append([]string{"query", "-n", r.name()}, args...)
	if got := strings.TrimSpace(mustRun(t, ccdev(g.dir, args...))); got != want {
		t.Errorf("%s: %q, want %q", args, got, want)
	}
}

func (g *rig) reload(t *testing.T, r row) {
	t.Helper()
	if r.style.lang != "external" {
		mustRun(t, ccdev(g.dir, "reload", r.name()))
		return
	}
	g.end(r.name())
	if err := externalComes(g.dir, r.name(), false); err != nil {
		t.Fatal(err)
	}
	g.start(t, r)
}

// start runs a chaincode that its author starts, as "ccdev env" says.
func (g *rig) start(t *testing.T, r row) {
	t.Helper()
	if r.style.lang != "external" {
		return
	}
	cc := exec.Command(filepath.Join(g.dir, r.style.name, "cc"))
	cc.Env = externalEnv(t, g.dir, r.name())
	if err := cc.Start(); err != nil {
		t.Fatal(err)
	}
	g.started[r.name()] = cc
	if err := externalComes(g.dir, r.name(), true); err != nil {
		t.Fatal(err)
	}
}

func (g *rig) end(name string) {
	if cc := g.started[name]; cc != nil {
		_ = cc.Process.Kill()
		_ = cc.Wait() // it was killed
		delete(g.started, name)
	}
}

func (g *rig) stop() {
	for name := range g.started {
		g.end(name)
	}
}
