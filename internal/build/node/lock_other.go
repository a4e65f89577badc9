//go:build !unix

package node

import "context"

// takeOver does nothing: builds run in containers there, or one after the other.
func takeOver(context.Context, string) (release func(), err error) { return func() {}, nil }
