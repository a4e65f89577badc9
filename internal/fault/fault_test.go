package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestExitCodes(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.Other: 1, fault.Usage: 2, fault.Runtime: 3, fault.Boot: 4, fault.Build: 5, fault.Lifecycle: 6, fault.Chaincode: 7,
		fault.Transaction: 8, fault.Scenario: 9, fault.Timeout: 124, fault.Interrupted: 130, fault.Terminated: 143, "": 1, "new": 1,
	} {
		if got := kind.ExitCode(); got != want {
			t.Errorf("%q exits with %d, want %d", kind, got, want)
		}
	}
}

func TestNewKeepsTheCause(t *testing.T) {
	f := fault.New(fault.Boot, "mend it", "cannot read %s: %w", "x", io.ErrUnexpectedEOF)
	if f.Error() != "cannot read x: unexpected EOF" || !errors.Is(f, io.ErrUnexpectedEOF) || f.Kind != fault.Boot || f.Fix != "mend it" {
		t.Errorf("it is %#v", f)
	}
	if f := fault.New(fault.Boot, "", "no %%w: %v", io.EOF); f.Cause != nil || errors.Is(f, io.EOF) {
		t.Errorf("it has the cause %v", f.Cause)
	}
}

func TestFrom(t *testing.T) {
	plain := errors.New("broken")
	inner := fault.New(fault.Build, "mend it", "no compile").WithLog([]string{"line"})
	for name, tc := range map[string]struct {
		err  error
		kind fault.Kind
		what string
		fix  string
	}{
		"an error":                {plain, fault.Other, "broken", ""},
		"a fault":                 {inner, fault.Build, "no compile", "mend it"},
		"a fault in an error":     {fmt.Errorf("up: %w", inner), fault.Build, "up: no compile", "mend it"},
		"a fault beside an error": {errors.Join(inner, plain), fault.Build, "no compile\nbroken", "mend it"},
		"a fault in a fault":      {fault.New(fault.Chaincode, "look", "not ready: %w", inner), fault.Chaincode, "not ready: no compile", "look"},
	} {
		t.Run(name, func(t *testing.T) {
			f := fault.From(tc.err)
			if f.Kind != tc.kind || f.What != tc.what || f.Fix != tc.fix || f.Error() != tc.what {
				t.Errorf("it is %#v", f)
			}
			if tc.fix == "mend it" && len(f.Log) != 1 {
				t.Errorf("its log is %q", f.Log)
			}
			if !errors.Is(f, tc.err) {
				t.Error("what it was made from cannot be found in it")
			}
		})
	}
	if f := fault.From(nil); f != nil {
		t.Errorf("nothing became %#v", f)
	}
	if inner.What != "no compile" {
		t.Errorf("a fault was changed by wrapping it: %q", inner.What)
	}
}
