package node

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUserSettings(t *testing.T) {
	home, source := t.TempDir(), t.TempDir()
	put := func(file, text string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	put(filepath.Join(home, "ca.pem"), "of the file\n\n")
	extra := put(filepath.Join(home, "extra.pem"), "extra")
	npmrc := "//r.example.com/:_authToken=${TOKEN}\ncafile = ${HOME}/ca.pem\n"
	put(filepath.Join(home, ".npmrc"), "cache=/home/a/cache\n"+npmrc+"prefix = \"/home/a\"")
	put(filepath.Join(source, ".npmrc"), "registry=${REGISTRY?}\n")
	environ := []string{
		"TOKEN=t", "REGISTRY=r", "HOME=" + home, "AWS_SECRET_ACCESS_KEY=no", "NODE_EXTRA_CA_CERTS=" + extra,
		"HTTPS_PROXY=http://p:1", "no_proxy=x", "npm_config_registry=y", "NPM_CONFIG_CACHE=/home/a/.npm",
	}
	got, err := UserSettings(home, source, environ)
	if err != nil {
		t.Fatal(err)
	}
	want := Settings{
		Config: npmrc, Authorities: "extra\nof the file\n", Only: true,
		Variables: []string{"TOKEN=t", "REGISTRY=r", "HTTPS_PROXY=http://p:1", "no_proxy=x", "npm_config_registry=y"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	elsewhere := put(filepath.Join(home, "other"), "a=b")
	got, err = UserSettings(home, t.TempDir(), []string{"npm_config_userconfig=" + elsewhere})
	if diff := cmp.Diff(Settings{Config: "a=b"}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if got, err = UserSettings("", t.TempDir(), nil); err != nil || cmp.Diff(Settings{}, got) != "" {
		t.Errorf("nobody's settings are %+v (%v)", got, err)
	}
}

// npm has the user's settings while it runs, for the user only; then they are nowhere.
func TestSettingsReachNPM(t *testing.T) {
	p := newPlace(t)
	p.own = Settings{Config: "token=secret", Authorities: "authority", Only: true, Variables: []string{"TOKEN=secret"}}
	p.program("npm", strings.Replace(npmScript, "#!/bin/sh\n", `#!/bin/sh
for file in "$npm_config_userconfig" "$NODE_EXTRA_CA_CERTS" "$npm_config_cafile"; do
	stat -c %a "$file" && cat "$file" && echo
done >> "$CALLS"
echo "$TOKEN" >> "$CALLS"
`, 1))
	var log bytes.Buffer
	p.options.Log = &log
	_, names, calls, err := p.build(map[string]string{"package.json": packageJSON(`"build": "make"`)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"600", "token=secret", "600", "authority", "600", "authority", "secret"}
	if diff := cmp.Diff(want, calls[:min(len(calls), len(want))]); diff != "" {
		t.Error(diff)
	}
	if got := strings.Join(calls, "\n"); strings.Count(got, "secret") != 2 {
		t.Errorf("the project's own scripts have the settings too: %s", got)
	}
	if diff := cmp.Diff([]string{"built.js", "package.json"}, names); diff != "" || strings.Contains(log.String(), "secret") {
		t.Errorf("%s\n%s", diff, &log)
	}
	err = filepath.WalkDir(p.dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if text, err := os.ReadFile(name); err != nil || bytes.Contains(text, []byte("secret")) {
			t.Errorf("%s has the settings (%v)", name, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
