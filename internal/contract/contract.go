// Package contract reads what a contract tells about itself.
package contract

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Contract is what a chaincode can be asked to do.
type Contract struct {
	Functions []Function `json:"functions"`
}

// Function is one function of a chaincode.
type Function struct {
	Name       string      `json:"name"`   // as it is to be called: with "CONTRACT:" where it is not the default contract's
	Submit     bool        `json:"submit"` // it changes the ledger; otherwise it is to be evaluated
	Parameters []Parameter `json:"parameters,omitempty"`
	Returns    string      `json:"returns,omitempty"` // type, as a parameter's; empty for nothing
}

// Parameter is one argument that a function takes.
type Parameter struct {
	Name   string          `json:"name"`
	Type   string          `json:"type"`             // string, integer, number, boolean, object or array
	Schema json.RawMessage `json:"schema,omitempty"` // JSON schema, without references to elsewhere
}

// system is the contract that a contract API adds to every chaincode: it answers for the metadata.
const system = "org.hyperledger.fabric"

// metadata is what the contract APIs of Go, Node and Java answer to GetMetadata. Where they call
// something by different names, all of them are here (contract-api-go: metadata/metadata.go;
// chaincode-node: fabric-shim/lib/contract-spi/chaincodefromcontract.js; chaincode-java:
// contract/metadata/MetadataBuilder.java).
type metadata struct {
	Contracts map[string]struct {
		Default          bool `json:"default"` // Go
		ContractInstance struct {
			Default bool `json:"default"`
		} `json:"contractInstance"` // Node
		Transactions []transaction `json:"transactions"`
	} `json:"contracts"`
	Components struct {
		Schemas schemas `json:"schemas"`
	} `json:"components"`
}

type transaction struct {
	Name       string            `json:"name"`
	Tag        []string          `json:"tag"`  // Go, and Node with decorators
	Tags       []string          `json:"tags"` // Node without, and Java
	Parameters []json.RawMessage `json:"parameters"`
	Returns    json.RawMessage   `json:"returns"`
}

// Parse reads the metadata of a chaincode. A text that is none gives an empty contract.
func Parse(text []byte) Contract {
	var m metadata
	if json.Unmarshal(text, &m) != nil {
		return Contract{}
	}
	isDefault := func(name string) bool { return m.Contracts[name].Default || m.Contracts[name].ContractInstance.Default }
	names := slices.Sorted(maps.Keys(m.Contracts))
	slices.SortStableFunc(names, func(a, b string) int { // the default one comes first
		switch {
		case isDefault(a) == isDefault(b):
			return 0
		case isDefault(a):
			return -1
		}
		return 1
	})
	var c Contract
	for _, name := range names {
		if name == system {
			continue
		}
		prefix := name + ":" // it is right for every contract; Java does not tell which one is the default
		if isDefault(name) {
			prefix = ""
		}
		for _, t := range m.Contracts[name].Transactions {
			c.Functions = append(c.Functions, t.function(prefix, m.Components.Schemas))
		}
	}
	return c
}

func (t transaction) function(prefix string, known schemas) Function {
	f := Function{Name: prefix + t.Name, Submit: t.submits()}
	for _, raw := range t.Parameters {
		var p struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(raw, &p) // what is no object has no name
		schema, kind := known.read(raw)
		f.Parameters = append(f.Parameters, Parameter{Name: p.Name, Type: cmp.Or(kind, "string"), Schema: schema})
	}
	_, f.Returns = known.read(t.Returns)
	return f
}

// submits tells whether a transaction changes the ledger: one that does not say must be taken to.
func (t transaction) submits() bool {
	tagged := func(tag string) bool {
		return slices.ContainsFunc(slices.Concat(t.Tag, t.Tags), func(s string) bool { return strings.EqualFold(s, tag) })
	}
	return tagged("submit") || !tagged("evaluate")
}
