package tui

import (
	"reflect"
	"strings"

	"github.com/ccdev/ccdev/internal/scrollback"
)

// safe makes a text of one line safe to show: nothing in it moves the cursor, and all of it has a
// width.
func safe(text string) string { return scrollback.Clean(short.Replace(text)) }

// short makes indents short, for panes are narrow, and drops what changes the width of the
// character before it: next to the words of the screen itself it would change theirs.
var short = strings.NewReplacer("\n", " ", "\t", "  ", "\ufe0e", "", "\ufe0f", "")

// safeText is safe for a text of several lines.
func safeText(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = safe(l)
	}
	return strings.Join(lines, "\n")
}

// cleaned is a value with all texts in it safe to show: names come from chaincodes, files and peers.
// Bytes and errors stay as they are.
func cleaned[T any](v T) T {
	own := reflect.New(reflect.TypeOf(v)).Elem() // of the type itself, should T be an interface
	own.Set(reflect.ValueOf(v))
	clean(own)
	return own.Interface().(T)
}

func clean(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(safeText(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				clean(f)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			cleanSlice(v)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			clean(own.Elem())
			v.Set(own)
		}
	}
}

func cleanSlice(v reflect.Value) {
	own := reflect.MakeSlice(v.Type(), v.Len(), v.Len()) // others read the one that came
	reflect.Copy(own, v)
	for i := range own.Len() {
		clean(own.Index(i))
	}
	v.Set(own)
}
