package node

import (
	"bytes"
	"strings"
	"testing"
)

func TestWhoseLockCounts(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, call, says string }{
		"npm's":    {"npm-shrinkwrap.json", "{}", "ci", ""},
		"Yarn 1's": {"yarn.lock", "# yarn lockfile v1\n", "install", "that yarn.lock says"},
		"Yarn's":   {"yarn.lock", "__metadata:\n", "install --no-package-lock", "cannot read yarn.lock"},
		"pnpm's":   {"pnpm-lock.yaml", "", "install --no-package-lock", "cannot read pnpm-lock.yaml"},
		"nobody's": {"index.js", "", "install --no-package-lock", "no package-lock.json"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			var log bytes.Buffer
			p.options.Log = &log
			files := map[string]string{"package.json": packageJSON(""), tc.file: tc.text}
			_, _, calls, err := p.build(files)
			if err != nil || !strings.HasPrefix(calls[0], tc.call+" --omit=dev ") {
				t.Errorf("npm was called with %q (%v)", calls, err)
			}
			first, _, _ := strings.Cut(log.String(), "\n")
			if !strings.Contains(first, tc.says) || tc.says == "" && !strings.HasPrefix(first, "npm ci") {
				t.Errorf("it says %q", &log)
			}
			log.Reset()
			if _, _, _, err := p.build(files); err != nil || log.Len() > 0 {
				t.Errorf("it says again %q (%v)", &log, err)
			}
		})
	}
}

// The project's own scripts find no sources where its dependencies are installed; the files of
// those that lie in its folder are there.
func TestWhatIsThereWhenDependenciesAreInstalled(t *testing.T) {
	p := newPlace(t)
	p.program("npm", strings.Replace(npmScript, "#!/bin/sh\n", "#!/bin/sh\ngrep -q prepare package.json && exit 1\ncat lib/a/a.js >> $CALLS\n", 1))
	files := map[string]string{
		"package.json": `{"main": "package.json", "scripts": {"prepare": "husky", "start": "fabric-chaincode-node start"},
			"dependencies": {"fabric-shim": "2", "a": "file:lib/a"}}`,
		"lib/a/a.js": "one ",
	}
	var log bytes.Buffer
	p.options.Log = &log
	if _, _, calls, err := p.build(files); err != nil || !strings.HasPrefix(calls[0], "one install") {
		t.Errorf("npm was called with %q (%v)", calls, err)
	}
	if !strings.Contains(log.String(), "prepare is not run") {
		t.Errorf("it says %q", &log)
	}
	files["lib/a/a.js"] = "two "
	if _, _, calls, err := p.build(files); err != nil || !strings.HasPrefix(calls[0], "two install") {
		t.Errorf("with another file npm was called with %q (%v)", calls, err)
	}
}

// npm asks the registry only for what it has not asked before, unless that is too old.
func TestWhatNPMKnowsIsTooOld(t *testing.T) {
	p := newPlace(t)
	p.program("npm", strings.Replace(npmScript, "case \"$1\"", `case "$*" in
*--prefer-online) ;;
*) echo "npm error code ETARGET"; exit 1;;
esac
case "$1"`, 1))
	_, _, calls, err := p.build(map[string]string{"package.json": packageJSON("")})
	if err != nil || len(calls) != 2 || !strings.Contains(calls[0], "--prefer-offline") {
		t.Errorf("npm was called with %q (%v)", calls, err)
	}
}

func TestALibraryThatTheContractAPICannotWorkWith(t *testing.T) {
	for version, told := range map[string]bool{"0.4.0": false, "0.4.1": true, "0.5.1": false} {
		p := newPlace(t)
		var log bytes.Buffer
		p.options.Log = &log
		p.program("npm", strings.Replace(npmScript, "ci|install)", `ci|install)
	mkdir -p node_modules/class-transformer
	echo '{"version": "`+version+`"}' > node_modules/class-transformer/package.json`, 1))
		_, _, _, err := p.build(map[string]string{"package.json": packageJSON("")})
		if got := strings.Contains(log.String(), `"overrides": {"class-transformer": "0.4.0"}`); err != nil || got != told {
			t.Errorf("version %s is told of: %v (%v)", version, got, err)
		}
	}
}
