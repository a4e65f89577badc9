package runtimetest

import "slices"

var dataCases = []testCase{
	{"data survives stop and start", dataSurvivesStop},
	{"data survives a replacement", dataSurvivesReplacement},
	{"data survives a removal without data", dataSurvivesRemove},
	{"a removal with data drops it", dataDropped},
	{"a removal of nothing is no error", removeNothing},
	{"a removal ends what runs", removeEndsServices},
}

func keeper(text string) Service {
	return Service{Name: "keeper", Args: []string{"data=" + text, "wait"}}
}

// former waits until the keeper has said this of its data, on the last line of its log.
func (r *run) former(s Subject, want string) {
	r.Helper()
	r.until("the keeper finds its data to be "+want, func() bool {
		return slices.Equal(r.lines(s.Runtime, "keeper", 1), []string{"former: " + want})
	})
}

func dataSurvivesStop(r *run) {
	s := r.subject()
	r.start(s, keeper("one"))
	r.former(s, "")
	r.must("Stop", s.Runtime.Stop(r.Context(), "keeper"))
	r.start(s, keeper("two"))
	r.former(s, "one")
}

func dataSurvivesReplacement(r *run) {
	s := r.subject()
	r.start(s, keeper("one"))
	r.former(s, "")
	r.start(s, keeper("two"))
	r.former(s, "one")
}

func dataSurvivesRemove(r *run) {
	s := r.subject()
	r.start(s, keeper("one"))
	r.former(s, "")
	r.must("Remove", s.Runtime.Remove(r.Context(), false))
	r.empty(s.Runtime)
	r.must("Remove again", s.Runtime.Remove(r.Context(), false))
	r.start(s, keeper("two"))
	r.former(s, "one")
}

func dataDropped(r *run) {
	s := r.subject()
	r.start(s, keeper("one"))
	r.former(s, "")
	r.must("Remove", s.Runtime.Remove(r.Context(), true))
	r.empty(s.Runtime)
	if left := s.Left(); len(left) != 0 {
		r.Errorf("left: %v", left)
	}
	r.start(s, keeper("two"))
	r.former(s, "")
}

func removeNothing(r *run) {
	s := r.subject()
	r.must("Remove with data", s.Runtime.Remove(r.Context(), true))
	r.must("Remove", s.Runtime.Remove(r.Context(), false))
}

func removeEndsServices(r *run) {
	s, port := r.subject(), r.freePort()
	model := r.start(s, greeter("a", port, "you", ""), Service{Name: "b", Args: []string{"exit=0"}})
	r.answers(port, "hello you ")
	later := s.Again()
	r.must("Remove by a later command", later.Remove(r.Context(), true))
	if !silent(port) {
		r.Error("a still answers")
	}
	r.empty(s.Runtime)
	r.must("Start after Remove", s.Runtime.Start(r.Context(), model))
	r.answers(port, "hello you ")
}
