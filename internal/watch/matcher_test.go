package watch

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestIgnored(t *testing.T) {
	for name, tc := range map[string]struct {
		extra           []string
		git             map[string]string // by folder
		docker          string
		ignored, wanted []string // a folder ends in a slash
	}{
		"what tools keep for themselves": {
			ignored: []string{
				".git/", "a/.git", ".ccdev/", "node_modules/", "node_modules/x/index.js", "a/node_modules/x", ".idea/", ".vscode/settings.json",
				"a/.#main.go", "main.go~", ".main.go.swp", "4913", "a/4913", "main.go___jb_tmp___", "main.go___jb_old___", "#main.go#", ".DS_Store", "run.log", "logs/npm-debug.log",
			},
			wanted: []string{"main.go", "vendor/", "vendor/x/y.go", "14913", ".gitignore", "git", "go.mod", "META-INF/", "#x", "swp"},
		},
		"patterns of the caller": {
			extra: []string{"/build/", "*.out", "!keep.out"}, git: map[string]string{".": "keep.out\n*.md"},
			ignored: []string{"build/", "build/x", "a.out", "a/b.out", "README.md"},
			wanted:  []string{"keep.out", "a/build/", "build"},
		},
		"a nested .gitignore": {
			git:     map[string]string{".": "*.txt\n/out/", "a": "!b.txt\n/c", "out": "!x"},
			ignored: []string{"b.txt", "a/a.txt", "a/c", "out/x"},
			wanted:  []string{"a/b.txt", "c", "b/c", "a/b/c", "a/b/b.txt"},
		},
		"docker's syntax": {
			docker:  "# no\n*.md\n**/*.tmp\n/docs\nsub/deep\n[\n",
			ignored: []string{"a.md", "x.tmp", "a/b/x.tmp", "docs/", "docs/x", "sub/deep/y"},
			wanted:  []string{"a/b.md", "a/docs/", "sub/", "sub/x"},
		},
		"docker's exceptions below what is ignored": {
			docker:  "*\n!src/keep\n",
			ignored: []string{"main.go", "src/x.go"},
			wanted:  []string{"src/", "src/keep/", "src/keep/a.go"},
		},
		"an empty .dockerignore": {docker: "# nothing\n", wanted: []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMatcher(tc.extra)
			for dir, text := range tc.git {
				m.SetGitignore(dir, text)
			}
			m.SetDockerignore(tc.docker)
			for want, paths := range map[bool][]string{true: tc.ignored, false: tc.wanted} {
				for _, p := range paths {
					rel, isDir := strings.CutSuffix(p, "/")
					if got := m.Ignored(rel, isDir); got != want {
						t.Errorf("%s: ignored is %t", p, got)
					}
				}
			}
			if m.Ignored(".", true) {
				t.Error("it ignores the folder itself")
			}
		})
	}
}

// TestPatternsMeanWhatTheyMeanToGit compares with git itself, path by path.
func TestPatternsMeanWhatTheyMeanToGit(t *testing.T) {
	paths := []string{
		"a", "b", "a/b", "a/b/c", "a/x/b", "a/x/y/b", "x/a/b", "foo", "foo.go", "dir/foo.go", "dir/sub/foo.go", "f[o]o", "a*b", "acb", "a-b", "a]b", "a^b",
		"!x", "#x", "sp ", "sp", "tab.é", "é", "build/out", "x/build/out", "build.go", "1", "a.1", "A", "a/A.TXT", "a\\b", "x.tar.gz", "dir/x.tar", "..x", "...",
	}
	for _, text := range []string{
		"a", "/a", "a/", "a/b", "/a/b", "a/*", "a/**", "**/b", "a/**/b", "**", "*", "*\n!foo.go", "/*\n!/dir/\n/dir/*\n!/dir/sub", "foo.*", "*.go\n!foo.go",
		"dir/*.go", "dir/**/*.go", "f[[]o]o", "a[*]b", "a\\*b", "a[!c]b", "a[^c]b", "a[a-c]b", "a[]-]b", "a[]b", "a[", "[[:digit:]]", "*.[[:digit:]]", "[[:upper:]]",
		"\\!x", "\\#x", "#x", "sp\\ ", "sp ", "é", "*.é", "f?o", "a?b", "?-b", "build/", "/build", "**/build/", "build/out", "!a", "a\n!a", "a\n!a/b", "a/*\n!a/b",
		"a\\\\b", "\\a", "a\\", "x.*", "*.tar.*", "/", "//", "a//b", "**/", "/**", "/**/b", "a**b", "a/**b", "**a/b", "!", "foo.go\r", "\ufefffoo", "...", "a[\\]]b", "a[\\-]b",
	} {
		t.Run(text, func(t *testing.T) {
			m := NewMatcher(nil)
			m.SetGitignore(".", text)
			want := gitIgnored(t, text, paths)
			for _, p := range paths {
				if got := m.Ignored(p, false); got != want[p] {
					t.Errorf("%q: ignored is %t, to git it is %t", p, got, want[p])
				}
			}
		})
	}
}

func gitIgnored(t *testing.T, text string, paths []string) map[string]bool {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q")
	put(t, filepath.Join(dir, ".gitignore"), text)
	cmd := exec.Command("git", "check-ignore", "--no-index", "--stdin", "-z")
	cmd.Dir, cmd.Env = dir, gitEnv()
	cmd.Stdin = strings.NewReader(strings.Join(paths, "\x00"))
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 1 { // 1: none is
		t.Fatal(err)
	}
	ignored := map[string]bool{}
	for _, p := range strings.Split(string(out), "\x00") {
		ignored[p] = true
	}
	return ignored
}

// gitEnv keeps the user's own settings out.
func gitEnv() []string {
	return append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull, "GIT_CEILING_DIRECTORIES=",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b")
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git")
	}
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, gitEnv()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestPatternsAboveTheFolder(t *testing.T) {
	for name, tc := range map[string]struct {
		files           map[string]string // of the repository
		dir             string
		ignored, wanted []string
	}{
		"of the repository": {
			files: map[string]string{".git/HEAD": "", ".gitignore": "*.out\n/cc/x\n", "cc/.gitignore": "!y.out"}, dir: "cc/go",
			ignored: []string{"a.out"}, wanted: []string{"y.out", "x"},
		},
		"info/exclude": {
			files: map[string]string{".git/info/exclude": "/cc/go/mine", "cc/go/main.go": ""}, dir: "cc/go",
			ignored: []string{"mine"}, wanted: []string{"main.go"},
		},
		"no repository": {files: map[string]string{".gitignore": "*", "cc/main.go": ""}, dir: "cc", wanted: []string{"main.go"}},
		"the folder is ignored itself": {
			files: map[string]string{".git/HEAD": "", ".gitignore": "/build/**\n*.md", "build/cc/main.go": ""}, dir: "build/cc",
			wanted: []string{"main.go", "a.md"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			top := t.TempDir()
			for file, text := range tc.files {
				put(t, filepath.Join(top, file), text)
			}
			if err := os.MkdirAll(filepath.Join(top, tc.dir), 0o755); err != nil {
				t.Fatal(err)
			}
			m := newTree(filepath.Join(top, tc.dir), Options{}).match
			for _, p := range slices.Concat(tc.ignored, tc.wanted) {
				if got, want := m.Ignored(p, false), slices.Contains(tc.ignored, p); got != want {
					t.Errorf("%s: ignored is %t", p, got)
				}
			}
		})
	}
}
