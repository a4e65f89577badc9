package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/session"
	"github.com/google/go-cmp/cmp"
)

func TestLaunch(t *testing.T) {
	for name, tc := range map[string]struct {
		debugging session.Debugging
		want      string
		says      []string
	}{
		"Go is built where the editor is": {
			debugging: session.Debugging{Chaincode: "basic", Lang: "go", Address: "127.0.0.1:2345", LocalRoot: "/cc", RemoteRoot: "/cc"},
			want:      `{"name": "ccdev: basic", "type": "go", "request": "attach", "mode": "remote", "host": "127.0.0.1", "port": 2345}`,
			says:      []string{"Go Remote, host 127.0.0.1, port 2345", "dlv connect 127.0.0.1:2345"},
		},
		"Go through a link": {
			debugging: session.Debugging{Chaincode: "basic", Lang: "go", Address: "127.0.0.1:2345", LocalRoot: "/link", RemoteRoot: "/cc"},
			want: `{"name": "ccdev: basic", "type": "go", "request": "attach", "mode": "remote", "host": "127.0.0.1", "port": 2345,
				"substitutePath": [{"from": "/link", "to": "/cc"}]}`,
			says: []string{"open the folder as /cc"},
		},
		"Node is run elsewhere": {
			debugging: session.Debugging{
				Chaincode: "basic", Lang: "node", Address: "127.0.0.1:9229", LocalRoot: "/cc", RemoteRoot: "/work/debug", TypeScript: true,
			},
			want: `{"name": "ccdev: basic", "type": "node", "request": "attach", "address": "127.0.0.1", "port": 9229,
				"localRoot": "/cc", "remoteRoot": "/work/debug"}`,
			says: []string{"Attach to Node.js/Chrome, host 127.0.0.1, port 9229", "Remote URL of /cc: /work/debug", "inlineSourceMap"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			launch, err := launchOf(tc.debugging)
			if err != nil {
				t.Fatal(err)
			}
			plain := func(text string) string { return strings.Join(strings.Fields(text), "") }
			if diff := cmp.Diff(plain(tc.want), plain(string(launch))); diff != "" {
				t.Error(diff)
			}
			text := debugText(tc.debugging, launch)
			for _, want := range append(tc.says, string(launch)) {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
			if !tc.debugging.TypeScript && strings.Contains(text, "TypeScript") {
				t.Errorf("it is not TypeScript:\n%s", text)
			}
		})
	}
}

func TestAsNamed(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	for _, folder := range []string{"cc/src", "other"} {
		if err := os.MkdirAll(filepath.Join(real, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{link: real, filepath.Join(dir, "short"): filepath.Join(real, "cc", "src")} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct{ dir, folder, want string }{
		"no link":                    {real, "real/cc", "real/cc"},
		"through a link":             {link, "real/cc", "link/cc"},
		"from below":                 {filepath.Join(link, "cc", "src"), "real/cc", "link/cc"},
		"beside it":                  {filepath.Join(link, "cc"), "real/other", "link/other"},
		"a link that leaves it":      {filepath.Join(dir, "short"), "real/cc", "real/cc"},
		"a folder that is not there": {filepath.Join(dir, "none"), "real/cc", "real/cc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := asNamed(tc.dir, filepath.Join(dir, tc.folder)), filepath.Join(dir, tc.want); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}
