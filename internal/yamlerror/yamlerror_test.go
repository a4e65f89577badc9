package yamlerror

import (
	"errors"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestText(t *testing.T) {
	type inner struct {
		On *bool `yaml:"on"`
	}
	for source, want := range map[string]string{
		"on: sometimes":       "[1:5] true or false is expected here, and this is text\n>  1 | on: sometimes\n",
		"on: [1]":             "true or false is expected here, and this is a list",
		"count: many":         "[1:8] a number is expected here, and this is text",
		"count: 300":          "the number 300 does not fit here",
		"words: word":         "a list is expected here, and this is text",
		"words: {a: b, c: d}": "a list is expected here, and this is NAME: VALUE",
		"pairs: [a=b]":        "NAME: VALUE is expected here, and this is a list",
		"pairs: 3":            "NAME: VALUE is expected here, and this is a number",
		"inner: true":         "NAME: VALUE is expected here, and this is true or false",
		"other: 1":            "[1:1] unknown field \"other\"",
		"words: [":            "[1:8] sequence end token ']' not found",
	} {
		var v struct {
			On    *bool             `yaml:"on"`
			Count uint8             `yaml:"count"`
			Words []string          `yaml:"words"`
			Pairs map[string]string `yaml:"pairs"`
			Inner inner             `yaml:"inner"`
		}
		err := yaml.NewDecoder(strings.NewReader(source), yaml.Strict()).Decode(&v)
		if err == nil {
			t.Errorf("%s is right", source)
		} else if got := Text(err); !strings.HasPrefix(got, want) && !strings.Contains(got, "] "+want) {
			t.Errorf("%s: %q, want %q", source, got, want)
		}
	}
	if got := Text(errors.New("another")); got != "another" {
		t.Errorf("another error is %q", got)
	}
}
