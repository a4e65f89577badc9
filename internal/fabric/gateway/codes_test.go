package gateway

import (
	"strings"
	"testing"
)

func TestMeaning(t *testing.T) {
	for code, want := range map[string]string{
		"MVCC_READ_CONFLICT": "submit it again", "PHANTOM_READ_CONFLICT": "range", "DUPLICATE_TXID": "a new one",
		"ENDORSEMENT_POLICY_FAILURE": "--orgs", "BAD_RWSET": "ccdev logs", "a code of tomorrow": "ccdev logs",
	} {
		if got := Meaning(code); !strings.Contains(got, want) {
			t.Errorf("%s is said to mean %q", code, got)
		}
	}
}
