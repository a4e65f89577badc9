package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const mappedConfig = `{"compilerOptions": {"outDir": "dist", "rootDir": "src", "target": "es2021", "module": "commonjs",
	"strict": true, "skipLibCheck": true, "moduleResolution": "node", "sourceMap": true}, "include": ["src"]}`

// nodeFaults are the ways in which a Node chaincode's new code is no good: what the user is told,
// the fix with it, and the exit code.
var nodeFaults = map[string]struct {
	files map[string]string
	npmrc string // the user's own
	code  int
	says  []string
}{
	"a slip": {files: map[string]string{"package.json": contractPackage, "index.js": "const a = ;\n"},
		code: 5, says: []string{"index.js:1", "SyntaxError: Unexpected token ';'", "correct the source"}},
	"an error in TypeScript": {files: map[string]string{
		"package.json": typescriptPackage, "tsconfig.json": tsconfig, "src/index.ts": "export const contracts: string = 1;\n",
	}, code: 5, says: []string{"src/index.ts:1:14: error TS2322", "correct the source"}},
	"no main": {files: map[string]string{"package.json": strings.Replace(contractPackage, `"main": "index.js",`, "", 1), "index.js": contractJS},
		code: 5, says: []string{"package.json has no main", `"main": "index.js"`}},
	"a main that is not there": {files: map[string]string{"package.json": contractPackage, "other.js": contractJS},
		code: 5, says: []string{"index.js, and there is no such file", "correct it"}},
	"a package that is not there": {files: map[string]string{
		"package.json": strings.Replace(contractPackage, "fabric-shim", "fabric-shim-that-is-not-there", 1), "index.js": contractJS,
	}, code: 5, says: []string{"404", "fabric-shim-that-is-not-there", "correct its name in package.json"}},
	"a lock file of something else": {files: map[string]string{
		"package.json": contractPackage, "index.js": contractJS,
		"package-lock.json": `{"name": "store", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "store", "version": "1.0.0"}}}`,
	}, code: 5, says: []string{"in sync", "Missing: fabric-shim@", `bring the lock file up to date: "npm install"`}},
	"a registry that is not there": {files: map[string]string{
		"package.json": strings.Replace(contractPackage, `"dependencies": {`, `"dependencies": {"left-pad": "1.3.0", `, 1), "index.js": contractJS,
	}, npmrc: "registry=http://127.0.0.1:9/\n", code: 5, says: []string{"ECONNREFUSED", "127.0.0.1:9", "~/.npmrc"}},
	"a crash": {files: map[string]string{"package.json": contractPackage, "index.js": "\nthrow new Error('on purpose');\n"},
		code: 7, says: []string{"index.js:2", "Error: on purpose", "exit code 1", "correct the source"}},
	"a crash of TypeScript": {files: map[string]string{
		"package.json": typescriptPackage, "tsconfig.json": mappedConfig,
		"src/index.ts": "interface Unused { a: string }\nexport const contracts: Unused[] = [];\n\nthrow new Error('on purpose');\n",
	}, code: 7, says: []string{"src/index.ts:4", "Error: on purpose", "exit code 1", "correct the source"}},
	"a module that is not there": {files: map[string]string{"package.json": contractPackage, "index.js": "require('nowhere');\n"},
		code: 7, says: []string{"Cannot find module 'nowhere'", "exit code 1"}},
	"no contracts": {files: map[string]string{"package.json": contractPackage, "index.js": "module.exports = {};\n"},
		code: 7, says: []string{"contractClass is not a constructor", "exit code 1"}},
}

// What is wrong with a Node chaincode is told with its fix, and what served before serves on.
func TestNodeFaults(t *testing.T) {
	needNode(t)
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeNodeProject(t, dir, runtime, "js")
		mustRun(t, ccdev(dir, "up", "-d", "--runtime", runtime))
		for name, tc := range nodeFaults {
			t.Run(name, func(t *testing.T) {
				if err := os.RemoveAll(filepath.Join(dir, "js")); err != nil {
					t.Fatal(err)
				}
				nodeChaincode{files: tc.files}.write(t, filepath.Join(dir, "js"), 2)
				reload := ccdev(dir, "reload")
				if tc.npmrc != "" {
					home := t.TempDir()
					write(t, home, ".npmrc", tc.npmrc)
					reload.Env = append(reload.Env, "HOME="+home)
				}
				fails(t, reload, tc.code, tc.says...)
			})
		}
		if got := strings.TrimSpace(mustRun(t, ccdev(dir, "query", "version"))); got != "1" {
			t.Errorf("version %s answers in the end", got)
		}
	})
}
