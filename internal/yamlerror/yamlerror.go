// Package yamlerror says what is wrong with a YAML file, for those who wrote it.
package yamlerror

import (
	"errors"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Text is an error of the decoder, without Go's types, with the lines that it is about.
func Text(err error) string {
	var (
		place    yaml.Error
		node     *yaml.UnexpectedNodeTypeError
		mismatch *yaml.TypeError
		overflow *yaml.OverflowError
	)
	if !errors.As(err, &place) {
		return err.Error()
	}
	what := place.GetMessage()
	switch {
	case errors.As(err, &node):
		what = expected(wanted(node.Expected), found(node.Actual))
	case errors.As(err, &mismatch):
		what = expected(kind(mismatch.DstType), kind(mismatch.SrcType))
	case errors.As(err, &overflow):
		what = "the number " + overflow.SrcNum + " does not fit here"
	}
	return strings.TrimRight(yaml.FormatErrorWithToken(what, place.GetToken(), false, true), "\n")
}

func expected(want, is string) string { return want + " is expected here, and this is " + is }

const (
	list  = "a list"
	pairs = "NAME: VALUE"
	text  = "text"
)

func wanted(t ast.NodeType) string {
	if t == ast.SequenceType {
		return list
	}
	return pairs
}

func found(t ast.NodeType) string {
	switch t {
	case ast.SequenceType, ast.SequenceEntryType:
		return list
	case ast.MappingType, ast.MappingValueType:
		return pairs
	case ast.IntegerType, ast.FloatType:
		return "a number"
	case ast.BoolType:
		return "true or false"
	case ast.StringType, ast.LiteralType:
		return text
	default:
		return "something else"
	}
}

func kind(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return text
	case reflect.Slice, reflect.Array:
		return list
	case reflect.Map, reflect.Struct:
		return pairs
	default:
		return "a number"
	}
}
