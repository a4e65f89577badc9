package control

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ccdev/ccdev/internal/relay"
)

func TestRestore(t *testing.T) {
	noted := func(program, sum string) string {
		return fmt.Sprintf(`{"generation": 7, "program": %q, "mode": "client", "sha256": %q}`, program, sum)
	}
	for name, tc := range map[string]struct {
		files map[string]string
		found bool
		err   string // what it says; "" for none
	}{
		"nothing was live":           {},
		"one was":                    {files: map[string]string{liveFile: noted("generation-7-x", checksum("seven")), "generation-7-x": "seven"}, found: true},
		"its program is gone":        {files: map[string]string{liveFile: noted("generation-7-x", checksum("seven"))}, err: "generation 7"},
		"its program is damaged":     {files: map[string]string{liveFile: noted("generation-7-x", checksum("seven")), "generation-7-x": "sev"}, err: "damaged"},
		"the note is damaged":        {files: map[string]string{liveFile: `{"generation": 7, "pro`}, err: liveFile},
		"the note names none":        {files: map[string]string{liveFile: `{}`}, err: "damaged"},
		"the note names one outside": {files: map[string]string{liveFile: noted("../generation-7-x", checksum("seven"))}, err: "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tc.files {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			p, found, err := Restore(dir)
			if found != tc.found || (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("it is %+v, %v (%v)", p, found, err)
			}
			want := relay.Program{Generation: 7, Path: filepath.Join(dir, "generation-7-x"), Mode: relay.Client}
			if found && p != want {
				t.Errorf("it is %+v, want %+v", p, want)
			}
			if _, err := openStore(dir); err != nil {
				t.Errorf("the store does not open: %v", err)
			}
		})
	}
}

func TestUploadsThatAKillCutOffGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.receive(strings.NewReader("one"), 1, checksum("one")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, uploadPrefix+"1"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openStore(dir); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, dir); !slices.Equal(got, []string{"one"}) {
		t.Errorf("%q are stored", got)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is %v (%v)", info.Mode(), err)
	}
}

// TestOneProgramForTwo has the same program delivered twice at once, as the same generation.
func TestOneProgramForTwo(t *testing.T) {
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	nothing := func() map[int]bool { return nil }
	for range 2 {
		if _, err := s.receive(strings.NewReader("one"), 1, checksum("one")); err != nil {
			t.Fatal(err)
		}
	}
	name := programPrefix + "1-" + checksum("one")
	for _, want := range [][]string{{"one"}, nil} {
		s.release(name, nothing)
		if got := stored(t, s.dir); !slices.Equal(got, want) {
			t.Errorf("%q are stored, want %q", got, want)
		}
	}
}

// TestTheLiveOneIsNoted has a delivery end after that of a newer one, which took its place.
func TestTheLiveOneIsNoted(t *testing.T) {
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	live := func() int { return 2 }
	for _, n := range []int{2, 1} {
		content := fmt.Sprint("g", n)
		name, err := s.receive(strings.NewReader(content), n, checksum(content))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.remember(record{Generation: n, Program: name, Mode: relay.Server, SHA256: checksum(content)}, live); err != nil {
			t.Fatal(err)
		}
	}
	if p, found, err := Restore(s.dir); err != nil || !found || p.Generation != 2 {
		t.Errorf("restored is %+v (%v)", p, err)
	}
}

func TestWhoseFaultAFailedUploadIs(t *testing.T) {
	s, err := openStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var own storageError
	if _, err := s.receive(iotest.ErrReader(io.ErrUnexpectedEOF), 1, checksum("")); !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &own) {
		t.Errorf("of a body that ends early it is %v", err)
	}
	s.dir = filepath.Join(s.dir, "nowhere")
	if _, err := s.receive(strings.NewReader("one"), 1, checksum("one")); !errors.As(err, &own) {
		t.Errorf("of a folder that is not there it is %v", err)
	}
}
