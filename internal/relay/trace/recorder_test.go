package trace_test

import (
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/state"
	"github.com/ccdev/ccdev/internal/relay/trace"
)

// The relay's seams, as they are used.
var _ relay.Recorder = (*trace.Ring)(nil)

func builtin(function string) (relay.BuiltinFunc, bool) { return state.Builtin(function) }

var _ = builtin
