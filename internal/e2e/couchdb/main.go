// Command couchdb stands in for CouchDB in the end to end tests, as its official image comes from
// a registry that tests cannot count on. It answers what a Fabric peer asks (core/ledger/kvledger/
// txmgmt/statedb/statecouchdb), is configured and keeps its data where the official image does,
// and is stricter in one thing: sorting without an index fails, as it does there, and nothing else
// tells whether an index has arrived.
package main

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
)

const (
	configFiles = "/opt/couchdb/etc/local.d/*.ini"
	dataFile    = "/opt/couchdb/data/all.json"
)

// admin is what the official image's entrypoint looks for before it starts.
var admin = regexp.MustCompile(`(?m)^\[admins\]\n(\w+) = (\S+)$`)

func main() {
	files, _ := filepath.Glob(configFiles) // the pattern is right
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		if found := admin.FindSubmatch(text); found != nil {
			s := &server{user: string(found[1]), password: string(found[2])}
			if err := s.load(); err != nil {
				panic(err)
			}
			panic(http.ListenAndServe(":5984", s)) //nolint:gosec // nothing but tests asks it
		}
	}
	panic("no [admins] in " + configFiles)
}
