package session

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestTheFirstCall(t *testing.T) {
	type try struct {
		txid string
		err  error
	}
	late, failed := fault.New(fault.Timeout, "", "too late"), fault.New(fault.Transaction, "", "failed")
	for name, tc := range map[string]struct {
		tries  []try
		direct bool
		silent bool
		kind   fault.Kind
	}{
		"it is answered":                        {tries: []try{{"t", nil}}},
		"no generation is there yet":            {tries: []try{{"absent", failed}, {"absent", failed}, {"t", nil}}},
		"it comes to nobody":                    {tries: []try{{"t", late}, {"t", nil}}},
		"it hangs in the chaincode":             {tries: []try{{"hanging", late}}, silent: true},
		"it makes the chaincode crash":          {tries: []try{{"crashed", failed}}, kind: fault.Chaincode},
		"without a relay, it hangs":             {tries: []try{{"t", late}}, direct: true, silent: true},
		"without a relay, the peer is not up":   {tries: []try{{"", failed}, {"t", nil}}, direct: true},
		"without a relay, nobody knows crashes": {tries: []try{{"crashed", failed}, {"t", nil}}, direct: true},
	} {
		t.Run(name, func(t *testing.T) {
			d, fake := relayed(t)
			fake.goBack(1) // what has crashed is known by its end
			d.cc.Relay = !tc.direct
			left := tc.tries
			err := d.firstCall(t.Context(), func(context.Context) (string, error) {
				if len(left) == 0 {
					t.Fatal("it is tried once more")
				}
				now := left[0]
				left = left[1:]
				return now.txid, now.err
			})
			if len(left) > 0 {
				t.Errorf("%d tries are missing", len(left))
			}
			switch f := fault.From(err); {
			case tc.silent:
				if !errors.Is(err, errSilent) {
					t.Errorf("the error is %v", err)
				}
			case tc.kind == "":
				if err != nil {
					t.Error(err)
				}
			case f == nil || f.Kind != tc.kind || f.Fix == "" || !slices.Equal(f.Log, []string{"panic: what a pity"}):
				t.Errorf("the fault is %#v", f)
			}
		})
	}
}
