package relay

import (
	"context"
	"fmt"
	"testing"
	"time"
)

func TestWhatIsACrashLoop(t *testing.T) {
	longAgo := time.Now().Add(-2 * crashWindow)
	for name, tc := range map[string]struct {
		crashed generation
		want    bool
	}{
		"soon after the start":           {generation{startedAt: time.Now(), fault: &NotReady{Why: Ended, Serving: true}}, true},
		"after a long time":              {generation{startedAt: longAgo, fault: &NotReady{Why: Ended, Serving: true}}, false},
		"after it has done something":    {generation{startedAt: time.Now(), completed: true, fault: &NotReady{Why: Ended, Serving: true}}, false},
		"it never registered, for long":  {generation{startedAt: longAgo, fault: &NotReady{Why: TooLate}}, true},
		"it ended before, after a while": {generation{startedAt: longAgo, fault: &NotReady{Why: Ended}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := New(Config{})
			defer r.Close()
			for i := range crashLoop {
				if got, want := r.loops(&tc.crashed), tc.want && i == crashLoop-1; got != want {
					t.Errorf("crash %d counts as one too many: %v", i+1, got)
				}
			}
		})
	}
}

// A server elsewhere that is gone, and that nobody starts again.
func TestAServerThatDoesNotComeBack(t *testing.T) {
	g := newRig(t, Config{RegisterLimit: 50 * time.Millisecond})
	g.host.add("a", chaincode(number))
	p := g.peer()
	server, err := g.host.Start(context.Background(), Launch{Generation: 1, Program: "a", Mode: Server, PackageID: packageID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.r.Swap(context.Background(), Program{Generation: 1, Address: server.Address(), Mode: Server, Service: "chaincode-a-g1"}); err != nil {
		t.Fatal(err)
	}
	expect(t, p, "t1", "1")
	server.Kill()
	g.until("the end of the restarts", func(s Status) bool { return s.Live == 0 && s.Reason != "" })
	_, err = p.submit("t2", "f")
	expectError(t, err, fmt.Sprintf("%d times in a row", crashLoop), "not started again", "did not register within", "ccdev logs chaincode-a-g1")
}
