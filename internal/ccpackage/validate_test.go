package ccpackage

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name  string
		check func(string) error
		good  []string
		bad   []string
	}{
		{"label", ValidateLabel,
			[]string{"basic_1.0", "a", "1", "a.b+c-d_e", strings.Repeat("a", maxLabel)},
			[]string{"", "_a", ".a", "a b", "a/b", "a:b", "a\n", "é", strings.Repeat("a", maxLabel+1)}},
		{"name", ValidateName,
			[]string{"basic", "asset-transfer", "a_b-c", "1"},
			[]string{"", "-a", "a-", "a--b", "a.b", "a b", "a\n", "lscc"}},
		{"version", ValidateVersion,
			[]string{"1.0", "1", "v1.0.0-rc.1+2", "_"},
			[]string{"", "1 0", "1/0", "1\n"}},
		{"address", ValidateAddress,
			[]string{"basic:9999", "127.0.0.1:1", "[::1]:65535", "a_b.example.com:7052"},
			[]string{"", "basic", ":9999", "basic:", "basic:0", "basic:65536", "basic:-1", "basic:+1", "basic:http",
				"http://basic:9999", "dns:///basic:9999", "::1:9999", "a b:1", "a\n:1", "user@host:1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, value := range tc.good {
				if err := tc.check(value); err != nil {
					t.Errorf("%q: %v", value, err)
				}
			}
			for _, value := range tc.bad {
				if err := tc.check(value); err == nil {
					t.Errorf("%q was taken", value)
				} else {
					isUsage(t, err)
				}
			}
		})
	}
}
