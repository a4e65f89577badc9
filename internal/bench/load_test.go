package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := callers{{}, {}, {}}
		all[0].tally = tally{submits: []float64{7}} // of a load before
		no := errors.New("no")
		work := func(ctx context.Context, c *caller) {
			time.Sleep(10 * time.Millisecond)
			if ctx.Err() != nil {
				t.Error("the end of the load reaches a call")
			}
			if c == all[2] {
				c.count(&c.evaluates, time.Second, no)
				return
			}
			c.count(&c.submits, 2*time.Millisecond, nil)
		}
		sum, took, err := all.load(t.Context(), work, pause(95*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if took != 100*time.Millisecond {
			t.Errorf("it took %s: the last calls end after the load", took)
		}
		want := tally{submits: slices.Repeat([]float64{2}, 20), failed: 10, first: no}
		if diff := cmp.Diff(want, sum, cmp.AllowUnexported(tally{}), cmp.Comparer(func(a, b error) bool { return errors.Is(a, b) })); diff != "" {
			t.Error(diff)
		}
		if err := sum.err(); !errors.Is(err, no) {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestLoadEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		work := func(context.Context, *caller) { time.Sleep(time.Millisecond) }
		if _, took, err := (callers{{}}).load(ctx, work, pause(time.Hour)); !errors.Is(err, context.DeadlineExceeded) || took > 2*time.Second {
			t.Errorf("with its context: %v after %s", err, took)
		}
		no := errors.New("no")
		if _, _, err := (callers{{}}).load(t.Context(), work, func(context.Context) error { return no }); !errors.Is(err, no) {
			t.Errorf("with what it is for: %v", err)
		}
	})
}

func TestTallyCountsFailures(t *testing.T) {
	one, two := errors.New("one"), errors.New("two")
	var first, sum tally
	first.count(&first.submits, 0, one)
	first.count(&first.submits, 0, two)
	sum.add(tally{})
	sum.add(first)
	sum.add(tally{failed: 1, first: two})
	if sum.failed != 3 || !errors.Is(sum.first, one) {
		t.Errorf("%d have failed, the first one: %v", sum.failed, sum.first)
	}
	if err := (tally{submits: []float64{1}}).err(); err != nil {
		t.Errorf("none has failed: %v", err)
	}
}

func TestParts(t *testing.T) {
	none := tally{submits: []float64{1, 2, 3}, evaluates: []float64{4}}
	some := none
	some.failed, some.first = 2, errors.New("cut off")
	tests := []struct {
		name string
		of   tally
		want string
	}{
		{"none has failed", none, "ok"},
		{"some have", some, "over budget: cut off"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parts := row{name: "9 swaps"}.parts(tt.of, "now")
			if got := parts[0].verdict(); got != tt.want || parts[0].Median != float64(tt.of.failed) {
				t.Errorf("%v failed: %s, want %s", parts[0].Median, got, tt.want)
			}
			var names []string
			for _, part := range parts {
				names = append(names, fmt.Sprint(part.Name, " ", part.Median))
			}
			want := []string{fmt.Sprint("9 swaps: failed now ", tt.of.failed), "9 swaps: submit now 2", "9 swaps: evaluate now 4"}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInTurn(t *testing.T) {
	var turns []int
	both, err := inTurn(3, func(way int) ([]float64, error) {
		turns = append(turns, way)
		return []float64{float64(len(turns)), float64(way)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{0, 1, 1, 0, 0, 1, 1, 0}, turns); diff != "" {
		t.Errorf("the turns:\n%s", diff)
	}
	want := [2][]float64{{4, 0, 5, 0, 8, 0}, {3, 1, 6, 1, 7, 1}}
	if diff := cmp.Diff(want, both); diff != "" {
		t.Errorf("the samples:\n%s", diff)
	}
	no := errors.New("no")
	if _, err := inTurn(3, func(int) ([]float64, error) { return nil, no }); !errors.Is(err, no) {
		t.Errorf("the error is %v", err)
	}
}
