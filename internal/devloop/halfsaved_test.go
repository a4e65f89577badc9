package devloop_test

import (
	"testing"
	"time"
)

// A build that fails on half a file, before the watch tells of the save that it was in the middle of.
func TestAFailureOnHalfASave(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.save("bad: half a file", "x")
		w.after(390 * ms)
		w.write("good")
		w.after(time.Second)
		w.serves("good")
		w.expect(
			"changed 0 serving 4 since 0s took 0s x", "building 7 serving 4 since 0s took 0s x",
			"starting 7 serving 4 since 800ms took 800ms x", "swapping 7 serving 4 since 900ms took 100ms x",
			"live 7 serving 7 since 1s took 100ms x",
		)
	})
}

// The watch tells of the save in the meantime: what is built again is cancelled as any other build.
func TestTheSaveAfterAFailureOnHalfOfIt(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.save("bad: half a file", "x")
		w.after(390 * ms)
		w.write("bad: more of it")
		w.after(60 * ms)
		w.save("good", "x")
		w.after(time.Second)
		w.serves("good")
		w.expect(
			"changed 0 serving 4 since 0s took 0s x", "building 7 serving 4 since 0s took 0s x",
			"changed 0 serving 4 since 0s took 0s x", "building 8 serving 4 since 0s took 0s x",
			"starting 8 serving 4 since 400ms took 400ms x", "swapping 8 serving 4 since 500ms took 100ms x",
			"live 8 serving 8 since 600ms took 100ms x",
		)
		if w.started != 3 || w.cancelled != 1 {
			t.Errorf("%d builds, %d cancelled", w.started, w.cancelled)
		}
	})
}

// What is still wrong is told of, be the sources ever so restless.
func TestFailuresAmongSourcesThatNeverRest(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.save("bad", "x")
		for _, sources := range []string{"bad 1", "bad 2", "bad 3", "bad 4"} {
			w.after(300 * ms)
			w.write(sources)
		}
		w.after(time.Second)
		w.expect(
			"changed 0 serving 4 since 0s took 0s x", "building 7 serving 4 since 0s took 0s x",
			"failed 7 serving 4 since 800ms took 800ms x: does not compile",
		)
	})
}
