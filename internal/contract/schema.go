package contract

import (
	"encoding/json"
	"slices"
	"strings"
)

// schemas are the types that others refer to, by their names.
type schemas map[string]json.RawMessage

// read gives the schema of a parameter or a result, with what it refers to put in place, and its
// type; nothing where there is none. Some wrap it in a field, and some do not.
func (s schemas) read(raw json.RawMessage) (schema json.RawMessage, kind string) {
	fields, ok := decode(raw).(map[string]any)
	if !ok {
		return nil, ""
	}
	if inner, wrapped := fields["schema"].(map[string]any); wrapped {
		fields = inner
	} else {
		delete(fields, "name") // Java's: of the parameter
	}
	whole, ok := s.resolve(fields, nil).(map[string]any)
	if !ok || len(whole) == 0 {
		return nil, ""
	}
	schema, err := json.Marshal(whole)
	if err != nil {
		return nil, "" // what was JSON can always be JSON again
	}
	return schema, typeOf(whole)
}

// typeOf is a schema's type. Go's contract API leaves it out of its objects.
func typeOf(schema map[string]any) string {
	if kind, ok := schema["type"].(string); ok {
		return kind
	}
	if schema["properties"] != nil {
		return "object"
	}
	return ""
}

// resolve puts what a value refers to in place of the references. A type that contains itself, as
// within tells, is an object there and no more.
func (s schemas) resolve(value any, within []string) any {
	switch v := value.(type) {
	case []any:
		for i := range v {
			v[i] = s.resolve(v[i], within)
		}
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			return s.referred(ref, within)
		}
		for key := range v {
			v[key] = s.resolve(v[key], within)
		}
	}
	return value
}

// referred is what a reference means: "#/components/schemas/Asset", or from type to type "Asset".
func (s schemas) referred(ref string, within []string) any {
	name := strings.TrimPrefix(ref, "#/components/schemas/")
	if raw, known := s[name]; known && !slices.Contains(within, name) {
		return s.resolve(decode(raw), append(slices.Clone(within), name))
	}
	return map[string]any{"type": "object"}
}

// decode decodes JSON, and leaves numbers as they are written.
func decode(raw json.RawMessage) any {
	var value any
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.UseNumber()
	if d.Decode(&value) != nil {
		return nil
	}
	return value
}
