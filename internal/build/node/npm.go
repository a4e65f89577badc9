package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fault"
)

// yarnLock is Yarn's lock file, and pnpmLock that of pnpm.
const (
	yarnLock = "yarn.lock"
	pnpmLock = "pnpm-lock.yaml"
)

// locked tells whether npm's own lock file says which dependencies these are.
func (b *builder) locked() bool { return slices.ContainsFunc(lockFiles, b.has) }

// followsYarn tells whether npm takes the dependencies' versions from yarn.lock: it does where it
// has no lock file of its own, and reads what Yarn 1 writes (npm's @npmcli/arborist, yarn-lock.js).
func (b *builder) followsYarn() bool {
	text, err := os.ReadFile(filepath.Join(b.dir, yarnLock))
	return err == nil && !b.locked() && bytes.Contains(text, []byte("# yarn lockfile v1"))
}

// how is npm's command for these dependencies, and what the user should know of it. Other
// programs than npm are not used: images do not have them, and chaincodes are installed with npm on
// every other Fabric.
func (b *builder) how() (args []string, notice string) {
	switch {
	case b.locked():
		return []string{"ci"}, ""
	case b.followsYarn():
		return []string{"install"}, "npm installs the dependencies, in the versions that yarn.lock says"
	case b.has(yarnLock), b.has(pnpmLock):
		name := yarnLock
		if b.has(pnpmLock) {
			name = pnpmLock
		}
		notice = "npm installs the dependencies and cannot read " + name +
			": their versions are whatever fits today; \"npm install --package-lock-only\" would pin them"
	default:
		notice = "there is no package-lock.json: the dependencies' versions are whatever fits today"
	}
	return []string{"install", "--no-package-lock"}, notice
}

// quietly has npm say no more than what goes wrong, and not wait for a registry whose packages it
// has: without one its own settings have it wait for minutes, and then go on with what it has.
var quietly = []string{
	"--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
	"--prefer-offline", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000",
}

// outdated is npm's failure when the registry did not have a version when npm last asked.
const outdated = "ETARGET"

// npmCommand is npm's command, of which the user is told.
func (b *builder) npmCommand() []string {
	args, notice := b.how()
	if notice != "" {
		b.say("%s", notice)
	}
	if place, _ := b.place(); tooOld(b.version, b.manifest.Engines.Node) {
		b.say("package.json asks for Node %s, and %s has %s", b.manifest.Engines.Node, place, b.version)
	}
	if b.compiles() {
		args = append(args, "--include=dev") // the compiler, even if NODE_ENV says production
	} else {
		args = append(args, "--omit=dev")
	}
	b.say("npm %s", strings.Join(args, " "))
	return args
}

// CarriedCache is the folder of an image with what npm's cache is to begin with, where there is no
// network.
const CarriedCache = "/opt/ccdev/npm"

// takeCarried begins npm's cache with what the image carries.
func (b *builder) takeCarried() error {
	cache := filepath.Join(b.Dir, ".npm", "_cacache") // HOME is b.Dir (see run)
	if _, err := os.Stat(CarriedCache); b.Image == "" || err != nil {
		return nil //nolint:nilerr // it carries none
	}
	if _, err := os.Stat(cache); err == nil {
		return nil
	}
	unfinished := cache + ".unfinished"
	return errors.Join(os.RemoveAll(unfinished), os.CopyFS(unfinished, os.DirFS(CarriedCache)), os.Rename(unfinished, cache))
}

// npm installs into a folder that is only given its name once it is whole.
func (b *builder) npm(ctx context.Context, target string, needs []string) error {
	if err := b.takeCarried(); err != nil {
		return cannotBuild(err)
	}
	unfinished := target + ".unfinished"
	if err := b.lay(needs, unfinished); err != nil {
		return cannotBuild(err)
	}
	variables, remove, err := b.own.lay(b.Dir)
	if err != nil {
		return cannotBuild(err)
	}
	defer remove()
	args := b.npmCommand()
	output, err := b.run(ctx, unfinished, variables, "npm", append(args, quietly...)...)
	if err != nil && failureOf(output) == outdated {
		output, err = b.run(ctx, unfinished, variables, "npm", append(append(args, quietly...), "--prefer-online")...)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return notInstalled(args[0], cmp.Or(output, err.Error()))
	}
	b.tellOfTransformer(unfinished)
	err = errors.Join(os.MkdirAll(filepath.Join(unfinished, "node_modules"), 0o700), os.Rename(unfinished, target))
	if err != nil {
		return cannotBuild(err)
	}
	return nil
}

// withoutScripts leaves out what npm would run without its sources.
func (b *builder) withoutScripts(text []byte) ([]byte, error) {
	text, left, err := withoutScripts(text)
	if left != nil {
		b.say("package.json's %s is not run: dependencies are installed apart from the sources", strings.Join(left, " and "))
	}
	return text, err
}

// failure is how npm names what went wrong; older ones shout.
var failure = regexp.MustCompile(`(?m)^npm (?:error|ERR!) code (\S+)`)

// failureOf finds it in what npm said; it is empty where npm named none.
func failureOf(output string) string {
	if found := failure.FindStringSubmatch(output); found != nil {
		return found[1]
	}
	return ""
}

const reachRegistry = "see that the registry can be reached: npm's settings are those of your ~/.npmrc, the project's .npmrc, " +
	"and npm_config_… and …_PROXY variables; in a container, localhost is the container itself"

// fixes help against what npm names.
var fixes = map[string]string{
	"E404":                              "correct its name in package.json; where it is in a registry of your own, name that in .npmrc",
	outdated:                            "correct its version in package.json",
	"EUSAGE":                            `bring the lock file up to date: "npm install"`,
	"ERESOLVE":                          `make the dependencies' versions agree: "npm install" in the chaincode's folder says which do not`,
	"EINTEGRITY":                        `somebody has published something else under the same version; if that is right, "npm install" makes a new lock file`,
	"E401":                              `log in, "npm login", or put the registry's token into your ~/.npmrc`,
	"E403":                              `log in, "npm login", or put the registry's token into your ~/.npmrc`,
	"ENEEDAUTH":                         `log in, "npm login", or put the registry's token into your ~/.npmrc`,
	"EBADENGINE":                        "take a Node of the version it asks for, by the image in ccdev.yaml on Docker",
	"ENOTFOUND":                         reachRegistry,
	"EAI_AGAIN":                         reachRegistry,
	"ECONNREFUSED":                      reachRegistry,
	"ECONNRESET":                        reachRegistry,
	"ETIMEDOUT":                         reachRegistry,
	"ERR_SOCKET_TIMEOUT":                reachRegistry,
	"SELF_SIGNED_CERT_IN_CHAIN":         "name the authority's certificate: cafile in your ~/.npmrc, or NODE_EXTRA_CA_CERTS",
	"UNABLE_TO_GET_ISSUER_CERT_LOCALLY": "name the authority's certificate: cafile in your ~/.npmrc, or NODE_EXTRA_CA_CERTS",
	"UNABLE_TO_VERIFY_LEAF_SIGNATURE":   "name the authority's certificate: cafile in your ~/.npmrc, or NODE_EXTRA_CA_CERTS",
}

// notInstalled is the fault of an npm that failed.
func notInstalled(command, output string) error {
	fix := cmp.Or(fixes[failureOf(output)], `see that "npm `+command+`" works in the chaincode's folder`)
	return fault.New(fault.Build, fix, "the chaincode's dependencies cannot be installed (npm %s):\n%s", command, told(output))
}

// told is what npm says of a failure, without the lines that only belong to it: its usage, and where
// its log lies, which may be a container.
func told(output string) string {
	var lines []string
	for line := range strings.Lines(output) {
		if strings.HasSuffix(strings.TrimSpace(line), "Clean install a project") {
			break
		}
		if !strings.Contains(line, "A complete log of this run") {
			lines = append(lines, strings.TrimRight(line, "\n"))
		}
	}
	return lastLines(strings.Join(lines, "\n"), 20)
}
