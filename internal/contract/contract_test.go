package contract_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/ccdev/ccdev/internal/contract"
	"github.com/ccdev/ccdev/internal/golden"
)

// The metadata are what chaincodes have answered: Go's of contractapi v2.2.2 (the template's
// contract, and a second one), Node's of fabric-contract-api 2.5.8, without and with decorators.
// Java's is as its MetadataBuilder builds it.
func TestGolden(t *testing.T) {
	for _, name := range []string{"go", "node-javascript", "node-typescript", "java"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetIndent("", "  ")
			if err := enc.Encode(contract.Parse(text)); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, name+".golden", got.String())
		})
	}
}

func TestWhatIsNoMetadata(t *testing.T) {
	for _, text := range []string{"", "null", "7", `"ok"`, "[]", "{}", "ok", `{"contracts":3}`, `{"contracts":{"A":{}}}`} {
		if got := contract.Parse([]byte(text)); len(got.Functions) > 0 {
			t.Errorf("%s has %v", text, got)
		}
	}
}

func TestTagsAndTypes(t *testing.T) {
	parse := func(transaction string) contract.Function {
		c := contract.Parse([]byte(`{"contracts":{"A":{"default":true,"transactions":[` + transaction + `]}}}`))
		if len(c.Functions) != 1 {
			t.Fatalf("%s has %d functions", transaction, len(c.Functions))
		}
		return c.Functions[0]
	}
	for tags, submit := range map[string]bool{
		`"tag":["submit"]`: true, `"tags":["SUBMIT"]`: true, `"tag":["evaluate"]`: false, `"tags":["EVALUATE"]`: false,
		`"tag":["something"]`: true, `"tag":[]`: true, `"tag":["submit","evaluate"]`: true,
	} {
		if got := parse(`{"name":"f",` + tags + `}`).Submit; got != submit {
			t.Errorf("%s: submit is %t", tags, got)
		}
	}
	for schema, want := range map[string]string{
		`{"type":"integer"}`: "integer", `{"properties":{}}`: "object", `{"$ref":"#/components/schemas/Gone"}`: "object", `{}`: "string", `7`: "string",
	} {
		if got := parse(`{"name":"f","parameters":[{"name":"p","schema":` + schema + `}]}`).Parameters[0]; got.Type != want || got.Name != "p" {
			t.Errorf("%s is %+v", schema, got)
		}
	}
}

func TestATypeThatContainsItself(t *testing.T) {
	c := contract.Parse([]byte(`{"contracts":{"A":{"transactions":[{"name":"f","parameters":[{"name":"p","schema":{"$ref":"#/components/schemas/A"}}]}]}},
		"components":{"schemas":{"A":{"properties":{"b":{"$ref":"B"}}},"B":{"properties":{"a":{"$ref":"A"},"max":{"maximum":18446744073709551615}}}}}}`))
	want := `{"properties":{"b":{"properties":{"a":{"type":"object"},"max":{"maximum":18446744073709551615}}}}}`
	if got := string(c.Functions[0].Parameters[0].Schema); got != want {
		t.Errorf("got %s", got)
	}
}
