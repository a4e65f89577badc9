package e2e

import (
	"maps"
	"slices"
	"strings"
)

func badInputs() []badInput {
	return slices.Concat(badFiles(), badNetworks(), badChaincodes(), badSources(), badBuilds(), badStarts(),
		badDefinitions(), badCertificates(), badTLS(), badCommands(), badPackages())
}

// one is the project file of one chaincode with these fields.
func one(fields string) string { return "chaincodes:\n  - name: demo\n    " + fields + "\n" }

func badFiles() []badInput {
	return []badInput{
		{name: "a field that is not there", config: "name: demo\ncolour: red\n"},
		{name: "a field of a chaincode that is not there", config: one("endorsment: OR('Org1MSP.peer')")},
		{name: "a word in place of a count", config: "orgs: many\n"},
		{name: "a word in place of a list", config: "chaincodes: demo\n"},
		{name: "a word in place of yes or no", config: one("relay: sometimes")},
		{name: "a list in place of pairs", config: one("env: [LOG_LEVEL=debug]")},
		{name: "not YAML", config: "orgs: [1\n"},
		{name: "two documents", config: "name: demo\n---\nname: other\n"},
		{name: "an override that does not fit", files: map[string]string{"compose.override.yaml": "services: [peer0]\n"}},
	}
}

func badNetworks() []badInput {
	return []badInput{
		{name: "a Fabric before 2.5", config: "fabric: \"2.2\"\n"},
		{name: "a Fabric that is none", config: "fabric: latest\n"},
		{name: "a Fabric that cannot be compiled", config: "fabric: \"3.0.0\"\n"},
		{name: "an unknown runtime", config: "runtime: podman\n"},
		{name: "Docker that does not answer", config: "runtime: docker\n"},
		{name: "unknown images", config: "images: cached\n"},
		{name: "a channel that Fabric does not take", config: "channel: MyChannel\n"},
		{name: "no orgs", config: "orgs: 0\n"},
		{name: "two orgs of one name", config: "orgs: [{name: Seller}, {name: seller}]\n"},
		{name: "an org that Fabric does not take", config: "orgs: [{name: 2nd}]\n"},
		{name: "too many peers", config: "orgs: [{name: Seller, peers: 99}]\n"},
		{name: "a user without a name", config: "orgs: [{name: Seller, users: [{attributes: {role: auditor}}]}]\n"},
		{name: "attributes as a list", config: "orgs: [{name: Seller, users: [{name: alice, attributes: [role]}]}]\n"},
		{name: "a time without a unit", config: "batchTimeout: 10\n"},
		{name: "a port that is none", config: "ports: {peer0.org1: 70000}\n"},
		{name: "a port that somebody has", config: "ports: {peer0.org1: PORT}\n"},
		{name: "one port for two services", config: "ports: {peer0.org1: 27061, orderer: 27061}\n"},
		{name: "a port of no service", config: "ports: {peer9.org1: 27061}\n"},
	}
}

func badChaincodes() []badInput {
	return []badInput{
		{name: "two chaincodes of one name", config: "chaincodes:\n  - name: demo\n  - name: demo\n"},
		{name: "a chaincode name that Fabric does not take", config: "chaincodes: [{name: my chaincode}]\n"},
		{name: "a version that Fabric does not take", config: one(`version: "1 0"`)},
		{name: "a label that Fabric does not take", config: one(`label: "no good"`)},
		{name: "an unknown language", config: one("lang: rust")},
		{name: "an unknown mode", config: one("mode: peer")},
		{name: "an unknown TLS", config: one("tls: on")},
		{name: "a path to nothing", config: one("path: nowhere")},
		{name: "a path outside, to nothing", config: one("path: ../nowhere")},
		{name: "a path to a file", config: one("path: main.go")},
		{name: "mode client without a relay", config: one("mode: client\n    relay: false")},
		{name: "an external chaincode that dials two peers", config: "orgs: 2\n" + one("lang: external\n    mode: client")},
		{name: "a Dockerfile without Docker", config: one("lang: dockerfile"), files: map[string]string{"Dockerfile": "FROM scratch\n"}},
		{name: "no Dockerfile", config: one("lang: dockerfile\n    build: {dockerfile: Production.Dockerfile}")},
		{name: "a Dockerfile outside", config: one("lang: dockerfile\n    build: {dockerfile: ../Dockerfile}")},
		{name: "an init without a function", config: one("init: {args: [a]}")},
	}
}

func badSources() []badInput {
	shimStart := map[string]string{"main.go": strings.Replace(versioned, "START", dials, 1)}
	return []badInput{
		{name: "no chaincode", bare: true},
		{name: "a Go folder that is not there", bare: true, config: one("lang: go")},
		{name: "a program that is no chaincode", bare: true, files: map[string]string{
			"go.mod": "module hello\n\ngo 1.21\n", "main.go": "package main\n\nfunc main() {}\n",
		}},
		{name: "a library", bare: true, files: map[string]string{"go.mod": "module hello\n\ngo 1.21\n", "hello.go": "package hello\n"}},
		{name: "Node without Fabric", bare: true, files: map[string]string{"package.json": "{\"name\": \"hello\"}\n"}},
		{name: "a package.json that is none", bare: true, files: map[string]string{"package.json": "{name}\n"}},
		{name: "lang: node where there is Go", config: one("lang: node")},
		{name: "shim.Start without a relay", config: one("relay: false"), files: shimStart},
		{name: "shim.Start, which cannot listen", config: one("mode: server"), files: shimStart},
		{name: "a server that cannot dial", config: one("mode: client"),
			files: map[string]string{"main.go": strings.Replace(versioned, "START", listens, 1)}},
		{name: "an index that is no JSON", files: map[string]string{"META-INF/statedb/couchdb/indexes/owner.json": "owner\n"}},
	}
}

func badBuilds() []badInput {
	javascript := map[string]string{"package.json": contractPackage, "index.js": contractJS + "module.exports = {\n"}
	typescript := maps.Clone(nodeChaincodes["ts"].files)
	typescript["src/index.ts"] = strings.Replace(contractTS, "'VERSION'", "12", 1)
	return []badInput{
		{name: "Go that does not compile", files: map[string]string{"broken.go": "package main\n\nfunc broken( {\n"}},
		{name: "Go that uses what is not there", files: map[string]string{"broken.go": "package main\n\nimport _ \"example.com/nothing\"\n"}},
		{name: "JavaScript that is none", bare: true, needs: "node", files: javascript},
		{name: "TypeScript that does not compile", bare: true, needs: "node", files: typescript},
		{name: "a dependency that npm cannot install", bare: true, needs: "node", files: map[string]string{
			"package.json": strings.Replace(contractPackage, `"fabric-shim": "~2.5.0"`, `"fabric-shim": "~99.0.0"`, 1), "index.js": contractJS,
		}},
		{name: "a Dockerfile that fails in a step", needs: "docker", args: "up -d --runtime docker", config: one("lang: dockerfile"),
			files: map[string]string{"Dockerfile": "FROM scratch\nENV A=b\nCOPY nothing /\n"}},
		{name: "a Dockerfile that is none", needs: "docker", args: "up -d --runtime docker", config: one("lang: dockerfile"),
			files: map[string]string{"Dockerfile": "FROM scratch\nCOPPY main.go /\n"}},
	}
}

func badStarts() []badInput {
	start := func(name, start string) badInput {
		return badInput{name: name, files: map[string]string{"main.go": strings.Replace(versioned, "START", start, 1)}}
	}
	external := func(name, fields string) badInput {
		return badInput{name: name, config: one("lang: external" + fields), first: "up -d", args: "invoke put a 1"}
	}
	return []badInput{
		start("a chaincode that ends at once", strings.Replace(listens, "if err", "os.Exit(3)\n\tif err", 1)),
		start("a chaincode that says it is another one", strings.Replace(listens, `os.Getenv("CHAINCODE_ID")`, `"basic_1.0:abc"`, 1)),
		external("an external chaincode that does not come", ""),
		external("an external chaincode that does not come, without a relay", "\n    relay: false"),
		external("an external chaincode that does not call", "\n    mode: client"),
	}
}

func badDefinitions() []badInput {
	collections := func(name, text string) badInput {
		return badInput{name: name, files: map[string]string{"collections_config.json": text + "\n"}}
	}
	return []badInput{
		{name: "a policy that is none", config: one("endorsement: anyone")},
		{name: "a policy that does not end", config: one(`endorsement: "OR('Org1MSP.peer'"`)},
		{name: "a policy of an org that is not there", config: one(`endorsement: "AND('Org1MSP.peer', 'Org2MSP.peer')"`)},
		{name: "a policy of an unknown role", config: one(`endorsement: "OR('Org1MSP.boss')"`)},
		{name: "a policy that asks for more than there are", config: one(`endorsement: "OutOf(2, 'Org1MSP.peer')"`)},
		{name: "the name of a policy that the channel lacks", config: one("endorsement: /Channel/Application/Endorsment")},
		{name: "no file of collections", config: one("collections: private.json")},
		collections("collections that are not JSON", "[{name: a}]"),
		collections("collections that are no list", `{"name": "own"}`),
		collections("a field that collections do not have", `[{"name": "own", "policy": "OR('Org1MSP.member')", "maxPeers": 1}]`),
		collections("a collection without a name", `[{"policy": "OR('Org1MSP.member')"}]`),
		collections("a collection without a policy", `[{"name": "own"}]`),
		collections("a name that collections cannot have", `[{"name": "_own", "policy": "OR('Org1MSP.member')"}]`),
		collections("two collections of one name", `[{"name": "own", "policy": "OR('Org1MSP.member')"}, {"name": "own", "policy": "OR('Org1MSP.member')"}]`),
		collections("a collection of an org that is not there", `[{"name": "own", "policy": "OR('Org2MSP.member')"}]`),
		collections("a collection with AND", `[{"name": "own", "policy": "AND('Org1MSP.member', 'Org1MSP.admin')"}]`),
		collections("more peers required than there are", `[{"name": "own", "policy": "OR('Org1MSP.member')", "requiredPeerCount": 1}]`),
		collections("more peers required than given at most", `[{"name": "own", "policy": "OR('Org1MSP.member')", "requiredPeerCount": 2}]`),
	}
}

func badCertificates() []badInput {
	tls := func(fields string) string { return one("tls: {" + fields + "}") }
	const pair = "cert: certs/server.crt, key: certs/server.key, "
	return []badInput{
		{name: "certificates, and TLS is off", config: tls("mode: off, " + pair + "ca: certs/ca.pem")},
		{name: "certificates without a CA", config: tls("mode: server, cert: certs/server.crt, key: certs/server.key")},
		{name: "mutual without a client's certificate", config: tls("mode: mutual, " + pair + "ca: certs/ca.pem")},
		{name: "a certificate that is not there", config: tls("mode: server, cert: certs/my.crt, key: certs/my.key, ca: certs/ca.pem")},
		{name: "a certificate that is none", config: tls("mode: server, cert: certs/server.key, key: certs/server.key, ca: certs/ca.pem")},
		{name: "the key of another certificate", config: tls("mode: server, cert: certs/server.crt, key: certs/client.key, ca: certs/ca.pem")},
		{name: "the CA of another certificate", config: tls("mode: server, " + pair + "ca: certs/elsewhere.crt")},
		{name: "a certificate for elsewhere",
			config: tls("mode: server, cert: certs/elsewhere.crt, key: certs/elsewhere.key, ca: certs/elsewhere.crt")},
		{name: "a CA that is none", config: tls("mode: server, " + pair + "ca: certs/server.key")},
	}
}

// badTLS are chaincodes that speak otherwise than ccdev.yaml says.
func badTLS() []badInput {
	const own = `	read := func(name string) []byte {
		text, err := os.ReadFile(os.Getenv("CERTS") + "/" + name)
		if err != nil {
			log.Fatal(err)
		}
		return text
	}
	server := &shim.ChaincodeServer{
		CCID: os.Getenv("CHAINCODE_ID"), Address: os.Getenv("CHAINCODE_SERVER_ADDRESS"), CC: store{},
		TLSProps: shim.TLSProperties{Key: read("elsewhere.key"), Cert: read("elsewhere.crt")},
	}
	if err := server.Start(); err != nil {
		log.Fatal(err)
	}`
	asks := strings.Replace(listensAsTold, "server := ", `props.ClientCACerts = props.Cert
	server := `, 1)
	const dialsWithout = `	if err := os.Setenv("CORE_PEER_TLS_ENABLED", "false"); err != nil {
		log.Fatal(err)
	}
	if err := shim.Start(store{}); err != nil {
		log.Fatal(err)
	}`
	chaincode := func(name, fields, start string) badInput {
		return badInput{name: name, config: one(fields), files: map[string]string{"main.go": strings.Replace(versioned, "START", start, 1)}}
	}
	return []badInput{
		chaincode("TLS, and the chaincode listens without", "tls: server", listens),
		chaincode("no TLS, and the chaincode listens with it", `env: {CERTS: "DIR/certs/"}`, own),
		chaincode("TLS, and the chaincode shows a certificate of its own", "tls: server\n    "+`env: {CERTS: "DIR/certs/"}`, own),
		chaincode("TLS without client certificates, and the chaincode asks for one", "tls: server", asks),
		chaincode("TLS, and the chaincode dials without", "tls: server", dialsWithout),
	}
}

func badCommands() []badInput {
	return []badInput{
		{name: "an unknown command", args: "lunch"},
		{name: "an unknown command of a command", args: "user lunch"},
		{name: "an unknown flag", args: "up -d --orgz 2"},
		{name: "no orgs by a flag", args: "up -d --orgs 0"},
		{name: "an unknown Fabric by a flag", args: "up -d --fabric 1.4"},
		{name: "an unknown form of output", args: "up -d -o yaml"},
		{name: "a folder that is not there", args: "up -d --dir nowhere"},
		{name: "a query before any network", args: "query get a"},
		{name: "a reload before any network", args: "reload"},
		{name: "no function", args: "invoke"},
		{name: "a function twice", args: `invoke get -c {"Args":["get"]}`},
		{name: "arguments that are no strings", args: `query -c {"Args":[1]}`},
		{name: "a transient value without a key", args: "invoke put --transient value"},
		{name: "an attribute without a value", args: "user add alice --attr role"},
		{name: "a user's name that is none", args: "user add ../alice"},
		{name: "an unknown template", args: "init other --template cobol"},
		{name: "a folder that is not empty", args: "init ."},
	}
}

func badPackages() []badInput {
	chaincode := func(name, metadata, code string) badInput {
		return badInput{name: name, args: "package show demo.tgz",
			files: map[string]string{"demo.tgz": packed(map[string]string{"metadata.json": metadata, "code.tar.gz": code})}}
	}
	const metadata = `{"type": "ccaas", "label": "demo_1.0"}`
	connection := func(text string) string { return packed(map[string]string{"connection.json": text}) }
	return []badInput{
		{name: "a package that is not there", args: "install nowhere.tar.gz"},
		{name: "a package that is none", args: "package show go.mod"},
		{name: "a package without its parts", args: "package show demo.tgz", files: map[string]string{"demo.tgz": packed(nil)}},
		chaincode("a package whose metadata are not JSON", "label: demo", connection("{}")),
		chaincode("a package without a label", `{"type": "ccaas"}`, connection("{}")),
		chaincode("a package whose code is none", metadata, "code"),
		chaincode("a package of a service that does not say where it is", metadata, packed(nil)),
		chaincode("a package of a service at no address", metadata, connection(`{"address": ["demo:9999"]}`)),
	}
}
