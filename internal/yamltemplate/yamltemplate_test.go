package yamltemplate_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"text/template"

	"github.com/ccdev/ccdev/internal/yamltemplate"
	"github.com/goccy/go-yaml"
)

func TestAnyTextComesThroughYAML(t *testing.T) {
	files := fstest.MapFS{"a/x.yaml.tmpl": {Data: []byte("text: {{q .Text}}\nloud: {{q (upper .Text)}}\n")}}
	for _, want := range []string{
		"", "plain", "yes", "1.0", "null", "- a", "a: b", "# no comment", `it's "a" \ $HOME`, "two\nlines\t", "a & b < c", "链码", "\x01\u2028",
	} {
		text, err := yamltemplate.Render(files, "a/x.yaml", struct{ Text string }{want}, template.FuncMap{"upper": strings.ToUpper})
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Text, Loud string }
		if err := yaml.Unmarshal(text, &got); err != nil || got.Text != want || got.Loud != strings.ToUpper(want) {
			t.Errorf("%q is written\n%sand read as %+v, %v", want, text, got, err)
		}
	}
}

func TestATemplateIsReadAsItIs(t *testing.T) {
	files := fstest.MapFS{"x.yaml.tmpl": {Data: []byte("{{q .text}}")}}
	text, err := yamltemplate.Render(files, "x.yaml", map[string]string{"text": "a & b"}, nil)
	if err != nil || string(text) != `"a & b"` {
		t.Errorf("%s, %v", text, err)
	}
}

func TestWhatCannotBeFilledIn(t *testing.T) {
	files := fstest.MapFS{"x.yaml.tmpl": {Data: []byte("{{.missing}}")}, "broken.yaml.tmpl": {Data: []byte("{{")}}
	for _, name := range []string{"x.yaml", "broken.yaml", "none.yaml"} {
		if _, err := yamltemplate.Render(files, name, map[string]string{}, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: the error is %v", name, err)
		}
	}
}
