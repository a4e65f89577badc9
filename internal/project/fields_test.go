package project

import "testing"

func TestMistyped(t *testing.T) {
	for field, want := range map[string]string{
		"endorsment":   "correct ccdev.yaml: endorsement may be meant",
		"batchtimeout": "correct ccdev.yaml: batchTimeout may be meant",
		"clientCrt":    "correct ccdev.yaml: clientCert may be meant",
		"colour":       "take it out of ccdev.yaml: there is no such field",
	} {
		if got := mistyped(field); got != want {
			t.Errorf("%s: %s", field, got)
		}
	}
}
