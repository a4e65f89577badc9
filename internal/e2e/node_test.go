package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// nodeChaincode is one of the kinds of Node chaincodes there are.
type nodeChaincode struct {
	files  map[string]string // VERSION stands for what it answers to "version"
	source string            // the one of files that has VERSION
}

const contractJS = `'use strict';
const { Contract } = require('fabric-contract-api');
class Store extends Contract {
	async version() { return 'VERSION'; }
	async put(ctx, key, value) { await ctx.stub.putState(key, Buffer.from(value)); }
	async get(ctx, key) { return (await ctx.stub.getState(key)).toString(); }
}
module.exports.contracts = [Store];
`

const contractTS = `import { Context, Contract } from 'fabric-contract-api';
class Store extends Contract {
	public async version(_: Context): Promise<string> { return 'VERSION'; }
	public async put(ctx: Context, key: string, value: string): Promise<void> { await ctx.stub.putState(key, Buffer.from(value)); }
	public async get(ctx: Context, key: string): Promise<string> { return (await ctx.stub.getState(key)).toString(); }
}
export const contracts = [Store];
`

const shimJS = `'use strict';
const shim = require('fabric-shim');
class Store {
	async Init() { return shim.success(); }
	async Invoke(stub) {
		const { fcn, params } = stub.getFunctionAndParameters();
		switch (fcn) {
		case 'version': return shim.success(Buffer.from('VERSION'));
		case 'put': await stub.putState(params[0], Buffer.from(params[1])); return shim.success();
		case 'get': return shim.success(await stub.getState(params[0]));
		}
		return shim.error('no function ' + fcn);
	}
}
`

const serverJS = `const { readFileSync } = require('fs');
const { CHAINCODE_TLS_KEY: key, CHAINCODE_TLS_CERT: cert, CHAINCODE_CLIENT_CA_CERT: ca } = process.env;
shim.server(new Store(), {
	ccid: process.env.CHAINCODE_ID, address: process.env.CHAINCODE_SERVER_ADDRESS,
	tlsProps: key && { key: readFileSync(key), cert: readFileSync(cert), clientCACerts: ca && readFileSync(ca) },
}).start();
`

const (
	nodeDependencies = `"dependencies": {"fabric-contract-api": "~2.5.0", "fabric-shim": "~2.5.0"}`
	contractPackage  = `{"name": "store", "version": "1.0.0", "main": "index.js",
	"scripts": {"start": "fabric-chaincode-node start"}, ` + nodeDependencies + `}`
	typescriptPackage = `{"name": "store", "version": "1.0.0", "main": "dist/index.js",
	"scripts": {"build": "tsc", "start": "fabric-chaincode-node start"},
	"devDependencies": {"typescript": "~5.4.0", "@types/node": "~20.11.0"}, ` + nodeDependencies + `}`
	shimPackage = `{"name": "store", "version": "1.0.0", "scripts": {"start": "node store.js"}, ` + nodeDependencies + `}`
	tsconfig    = `{"compilerOptions": {"outDir": "dist", "rootDir": "src", "target": "es2021", "module": "commonjs",
	"strict": true, "skipLibCheck": true, "moduleResolution": "node"}, "include": ["src"]}`
)

var nodeChaincodes = map[string]nodeChaincode{
	"js": {source: "index.js", files: map[string]string{"package.json": contractPackage, "index.js": contractJS}},
	"ts": {source: "src/index.ts", files: map[string]string{
		"package.json": typescriptPackage, "tsconfig.json": tsconfig, "src/index.ts": contractTS, ".gitignore": "dist\nnode_modules\n",
		"dist/index.js": "throw new Error('the user has compiled this long ago');\n",
	}},
	"module": {source: "store.js", files: map[string]string{
		"package.json": strings.Replace(shimPackage, "{", `{"type": "module", `, 1),
		"store.js":     strings.Replace(shimJS, "const shim = require('fabric-shim')", "import shim from 'fabric-shim'", 1) + "shim.start(new Store());\n",
	}},
	"dials": {source: "store.js", files: map[string]string{
		"package.json": shimPackage, "store.js": shimJS + "shim.start(new Store());\n",
	}},
	"listens": {source: "store.js", files: map[string]string{
		"package.json": shimPackage,
		"store.js":     shimJS + serverJS,
	}},
}

func (c nodeChaincode) write(t *testing.T, dir string, version int) {
	t.Helper()
	for name, text := range c.files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "VERSION", fmt.Sprint(version))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// A Node chaincode that cannot be built: the error says where, and the code before goes on.
func TestNode(t *testing.T) {
	needNode(t)
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		names := []string{"js", "module", "ts"}
		writeNodeProject(t, dir, runtime, names...)
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
		for _, name := range names {
			nodeChaincodes[name].write(t, filepath.Join(dir, name), 2)
			mustRun(t, ccdev(dir, "reload", name))
			if name == "ts" { // once more, with nothing to compile
				mustRun(t, ccdev(dir, "reload", name))
			}
			if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "-n", name, "version"))); got != "2" {
				t.Errorf("version %s of %s answers after a reload", got, name)
			}
		}
		ts := nodeChaincodes["ts"]
		ts.files = map[string]string{"src/index.ts": strings.Replace(contractTS, "'VERSION'", "12", 1)}
		ts.write(t, filepath.Join(dir, "ts"), 3)
		fails(t, ccdev(dir, "reload", "ts"), 5, "src/index.ts:3:", "error TS2322")
		ts.files = map[string]string{"package.json": strings.Replace(typescriptPackage, "fabric-shim", "fabric-shim-that-is-not-there", 1)}
		ts.write(t, filepath.Join(dir, "ts"), 3)
		fails(t, ccdev(dir, "reload", "ts"), 5, "dependencies cannot be installed (npm install)", "fabric-shim-that-is-not-there", "correct its name in package.json")
		js := nodeChaincodes["js"]
		js.files = map[string]string{"index.js": contractJS + "module.exports = {\n"}
		js.write(t, filepath.Join(dir, "js"), 3)
		fails(t, ccdev(dir, "reload", "js"), 5, "index.js:", "SyntaxError")
		if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "-n", "ts", "version"))); got != "2" {
			t.Errorf("version %s answers after builds that failed", got)
		}
	})
}

// fails runs a command that must exit with a code, and say so in words that contain all of says.
func fails(t *testing.T, cmd *exec.Cmd, code int, says ...string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); err == nil || got != code {
		t.Errorf("%v: exit code %d, want %d\n%s", cmd.Args, got, code, out)
	}
	for _, want := range says {
		if !strings.Contains(string(out), want) {
			t.Errorf("%v does not say %q:\n%s", cmd.Args, want, out)
		}
	}
}
