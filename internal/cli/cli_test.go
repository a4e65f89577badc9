package cli

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestErrorsHaveTheFormThatWasAskedFor(t *testing.T) {
	for args, what := range map[string]string{
		"lunch -o json":              "unknown command",
		"-o json lunch":              "unknown command",
		"lunch --output=json x":      "unknown command",
		"scenario lunch -o json":     "unknown command",
		"export lunch -ojson":        "unknown command",
		"up --wrong -o json":         "unknown flag",
		"up --wrong=x -qojson":       "unknown flag",
		"up -o json --wrong":         "unknown flag",
		"up -W -o json":              "unknown shorthand flag",
		"up --orgs x -o json":        "invalid argument",
		"up more -o json":            "unknown command",
		"invoke -o json":             "no function",
		"down -o json --dir /no/one": "no folder of a project",
	} {
		t.Run(args, func(t *testing.T) {
			var out, said bytes.Buffer
			if code := Main(t.Context(), append([]string{"ccdev"}, strings.Fields(args)...), Streams{Out: &out, Err: &said}); code != 2 {
				t.Errorf("exit code %d", code)
			}
			var told struct {
				Error struct{ Code, Message, Fix string }
			}
			if err := json.Unmarshal(said.Bytes(), &told); err != nil || told.Error.Code != "usage" || !strings.Contains(told.Error.Message, what) || told.Error.Fix == "" {
				t.Errorf("it says (%v):\n%s", err, &said)
			}
			if out.Len() > 0 {
				t.Errorf("the result is:\n%s", &out)
			}
		})
	}
}

func TestErrorsAreTextOtherwise(t *testing.T) {
	for _, args := range []string{"lunch", "lunch -- -o json", "up --wrong", "up -o xml", "lunch -o", "query -n -o json"} {
		var out, said bytes.Buffer
		if code := Main(t.Context(), append([]string{"ccdev"}, strings.Fields(args)...), Streams{Out: &out, Err: &said}); code == 0 {
			t.Errorf("%s: exit code %d", args, code)
		}
		if !strings.HasPrefix(said.String(), "error: ") {
			t.Errorf("%s: it says\n%s", args, &said)
		}
	}
}
