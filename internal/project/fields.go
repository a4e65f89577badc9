package project

import (
	"reflect"
	"strings"
)

// mistyped is the fix for a field that the project file does not have: the one that was meant.
func mistyped(field string) string {
	best, meant := 3, "" // letters that may be wrong, and one more
	for _, name := range fieldNames(reflect.TypeFor[document]()) {
		if n := apart(strings.ToLower(field), strings.ToLower(name)); n < best {
			best, meant = n, name
		}
	}
	if meant == "" {
		return "take it out of " + FileName + ": there is no such field"
	}
	return "correct " + FileName + ": " + meant + " may be meant"
}

// fieldNames are the names of all fields of a type, and of those in them.
func fieldNames(t reflect.Type) (names []string) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return fieldNames(t.Elem())
	case reflect.Struct:
	default:
		return nil
	}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
		names = append(names, fieldNames(t.Field(i).Type)...)
	}
	return names
}

// apart counts the letters to change, add or take away to make one word of the other.
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := before
			if a[i] != b[j] {
				changed++
			}
			before = row[j+1]
			row[j+1] = min(changed, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
