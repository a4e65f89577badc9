package session

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/event"
)

func TestTailsAreToldInTheOrderOfTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		all := newTails(t.Context(), 3, func(l event.Log) { got = append(got, l.Service+" "+l.Text) })
		at := func(second int) time.Time { return began.Add(time.Duration(second) * time.Second) }
		go func() {
			for _, l := range []event.Log{{Time: at(1), Text: "1"}, {Text: "more of 1"}, {Time: at(4), Text: "4"}, {Time: at(2), Text: "late 2"}, {Time: at(9), Text: "9"}} {
				l.Service = "orderer"
				all.of[0].line(l)
			}
			all.of[0].end()
			all.of[0].end() // once more, at the end of its log
			all.of[0].line(event.Log{Service: "orderer", Time: at(5), Text: "after its tail"})
		}()
		go func() {
			time.Sleep(time.Second) // a slow one is waited for
			for _, l := range []event.Log{{Time: at(3), Text: "3"}, {Time: at(4), Text: "4"}, {Time: at(8), Text: "8"}} {
				l.Service = "peer"
				all.of[1].line(l)
			}
			all.of[1].end()
		}()
		all.of[2].end()
		all.tell()
		synctest.Wait()
		want := []string{
			"orderer 1", "orderer more of 1", "peer 3", "orderer 4", "orderer late 2", "peer 4", "peer 8", "orderer 9",
			"orderer after its tail",
		}
		if !slices.Equal(got, want) {
			t.Errorf("they are told as %q, want %q", got, want)
		}
	})
}
