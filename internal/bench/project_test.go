package bench

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/templates"
)

// TestEditTheTemplate keeps the rows of a reload in step with the template's words.
func TestEditTheTemplate(t *testing.T) {
	dir := t.TempDir()
	if _, err := templates.Write("go", dir, templates.Values{Name: "assets"}); err != nil {
		t.Fatal(err)
	}
	p := &project{dir: dir}
	marks := map[string]bool{}
	for range 3 {
		mark, err := p.edit()
		if err != nil {
			t.Fatal(err)
		}
		source, err := os.ReadFile(filepath.Join(dir, "asset.go"))
		if err != nil {
			t.Fatal(err)
		}
		if marks[mark] || strings.Count(string(source), mark) != 1 || strings.Count(string(source), "says edit") != 1 {
			t.Errorf("edit %q is not the only one in:\n%s", mark, source)
		}
		marks[mark] = true
	}
}

func TestEditedRefuses(t *testing.T) {
	for name, source := range map[string]string{"no such words": "package main", "twice": "exists already, exists already"} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := edited([]byte(source), 1); err == nil {
				t.Error("no error")
			}
		})
	}
}

func TestFails(t *testing.T) {
	tests := []struct {
		name, does string
		ok         bool
	}{
		{"as it should", "echo edit 7 >&2; exit 8", true},
		{"for another reason", "echo edit 6 >&2; exit 8", false},
		{"not at all", "echo edit 7 >&2", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			program, _ := fakeCCDev(t, tt.does)
			p := &project{program: program, dir: t.TempDir()}
			if err := p.fails(t.Context(), "edit 7", "query"); (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestCloseAfterTheEnd stands for Ctrl-C.
func TestCloseAfterTheEnd(t *testing.T) {
	program, calls := fakeCCDev(t, inits)
	left := isolated(t)
	ctx, cancel := context.WithCancel(t.Context())
	p, err := bench{ccdev: program}.newProject(ctx, row{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := p.ccdev(ctx, "up"); !errors.Is(err, context.Canceled) {
		t.Fatalf("a command ran after the end: %v", err)
	}
	if err := p.close(ctx); err != nil {
		t.Fatal(err)
	}
	if all := calls(); all[len(all)-1] != "down -v" || len(left()) > 0 {
		t.Errorf("calls %q, left %v", all, left())
	}
}
