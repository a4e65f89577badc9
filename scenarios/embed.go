// Package scenarios holds the scripted tutorials that "ccdev scenario" walks a user through.
package scenarios

import "embed"

// Files are the scenarios, a folder each. What is source of another module carries the ending
// .txt: embed refuses a folder that holds a go.mod, and it is no part of this module.
//
//go:embed */*
var Files embed.FS

// Names are those of the scenarios, in the order in which a newcomer goes through them.
func Names() []string {
	return []string{
		"ccaas-tutorial", "hot-reload", "tls", "mutual-tls", "node-chaincode", "debugging",
		"two-orgs-endorsement", "private-data", "client-app", "kubernetes-handoff",
	}
}
