package dockerfile_test

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/build/dockerfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/google/go-cmp/cmp"
)

// folder makes a folder with these files; a content that begins with "->" is a link.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := text[min(2, len(text)):], len(text) > 2 && text[:2] == "->"; link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text), 0o640)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func packed(t *testing.T, dir, file string) (names []string) {
	t.Helper()
	context, err := dockerfile.Context(dir, file)
	if err != nil {
		t.Fatal(err)
	}
	defer context.Close() //nolint:errcheck // it was only read
	for r := tar.NewReader(context); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Uname != "" {
			t.Errorf("%s is owned by %d (%s)", header.Name, header.Uid, header.Uname)
		}
		if header.Typeflag == tar.TypeSymlink {
			header.Name += "->" + header.Linkname
		}
		names = append(names, header.Name)
	}
}

func TestWhatIsPacked(t *testing.T) {
	for name, tc := range map[string]struct {
		files map[string]string
		file  string
		want  []string
	}{
		"all, but never ccdev's state": {
			map[string]string{"Dockerfile": "", "src/a": "a", "link": "->src/a", ".ccdev/key": "secret"}, "",
			[]string{"Dockerfile", "link->src/a", "src/", "src/a"},
		},
		"without what is ignored": {
			map[string]string{"Dockerfile": "", "a.log": "", "x/b.log": "", "node_modules/m/m.js": "", ".dockerignore": "**/*.log\nnode_modules\n"}, "",
			[]string{".dockerignore", "Dockerfile", "x/"},
		},
		"with exceptions, and the Dockerfile in any case": {
			map[string]string{"build/My.df": "", "cc": "", "other": "", ".ccdev/key": "secret", ".dockerignore": "*\n!cc\n!.ccdev\n"}, "build/My.df",
			[]string{".dockerignore", "build/My.df", "cc"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := packed(t, folder(t, tc.files), tc.file)
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAPatternThatIsNone(t *testing.T) {
	_, err := dockerfile.Context(folder(t, map[string]string{"Dockerfile": "", ".dockerignore": "a[\n"}), "")
	if f := fault.From(err); f == nil || f.Kind != fault.Build || f.Fix == "" {
		t.Errorf("the error is %v", err)
	}
}

func TestAReaderThatGoes(t *testing.T) {
	context, err := dockerfile.Context(folder(t, map[string]string{"Dockerfile": "x"}), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := context.Close(); err != nil {
		t.Error(err)
	}
}

func TestCheck(t *testing.T) {
	dir := folder(t, map[string]string{"Dockerfile": "", "sub/My.df": ""})
	for file, good := range map[string]bool{"": true, "Dockerfile": true, "sub/My.df": true, "sub": false, "other": false, "../x": false} {
		if err := dockerfile.Check(dir, file); (err == nil) != good {
			t.Errorf("%q gives %v", file, err)
		}
	}
}
