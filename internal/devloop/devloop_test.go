package devloop_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ccdev/ccdev/internal/devloop"
	"github.com/ccdev/ccdev/internal/watch"
)

func TestFromAChangeToLive(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.changes <- watch.Batch{At: time.Now().Add(-50 * ms), Changed: []string{"b", "c"}, Removed: []string{"a"}}
		w.after(time.Second)
		w.expect(
			"changed 0 serving 4 since 50ms took 0s a,b,c",
			"building 7 serving 4 since 50ms took 0s a,b,c",
			"starting 7 serving 4 since 450ms took 400ms a,b,c",
			"swapping 7 serving 4 since 550ms took 100ms a,b,c",
			"live 7 serving 7 since 650ms took 100ms a,b,c",
		)
	})
}

func TestAFailureKeepsWhatRuns(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.save("bad", "x")
		w.after(time.Second)
		w.expect(
			"changed 0 serving 4 since 0s took 0s x", "building 7 serving 4 since 0s took 0s x",
			"failed 7 serving 4 since 400ms took 400ms x: does not compile",
		)
		w.save("dead", "x")
		w.after(time.Second)
		w.expect(
			"changed 0 serving 4 since 0s took 0s x", "building 8 serving 4 since 0s took 0s x", "starting 8 serving 4 since 400ms took 400ms x",
			"failed 8 serving 4 since 500ms took 100ms x: does not start",
		)
		w.serves("")
		w.save("good", "x")
		w.after(time.Second)
		w.serves("good")
		if last := w.states[len(w.states)-1]; last.Phase != devloop.Live || last.Serving != 9 || last.Err != nil {
			t.Errorf("in the end it is %+v", last)
		}
	})
}

func TestANewerChangeCancelsTheBuild(t *testing.T) {
	for name, deaf := range map[string]bool{"which ends": false, "which does not end at once": true} {
		t.Run(name, func(t *testing.T) {
			run(t, &world{build: 400 * ms, deliver: 200 * ms, deaf: deaf}, func(w *world) {
				w.save("one", "a")
				w.after(100 * ms)
				w.save("two", "b")
				w.after(2 * time.Second)
				wait := "0s"
				live := "600ms"
				if deaf {
					wait, live = "300ms", "900ms"
				}
				w.serves("two")
				if !slices.Equal(w.delivered, []int{8}) || !deaf && w.cancelled != 1 {
					t.Errorf("delivered were %v, cancelled %d", w.delivered, w.cancelled)
				}
				w.states = slices.DeleteFunc(w.states, func(s devloop.State) bool { return s.Phase == devloop.Starting || s.Phase == devloop.Swapping })
				w.expect(
					"changed 0 serving 4 since 0s took 0s a", "building 7 serving 4 since 0s took 0s a",
					"changed 0 serving 4 since 0s took 0s b", "building 8 serving 4 since "+wait+" took "+wait+" a,b",
					"live 8 serving 8 since "+live+" took 100ms a,b",
				)
			})
		})
	}
}

func TestANewerChangeLeavesTheDeliveryAlone(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms, relay: true}, func(w *world) {
		w.save("one")
		w.after(450 * ms)
		w.save("bad")
		w.after(time.Second)
		w.serves("one")
		last := w.states[len(w.states)-1]
		if last.Phase != devloop.Failed || last.Generation != 8 || last.Serving != 7 {
			t.Errorf("in the end it is %+v", last)
		}
	})
}

func TestAGenerationThatHangsIsOvertaken(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms, relay: true}, func(w *world) {
		w.save("hang")
		w.after(time.Second)
		w.save("good")
		w.after(time.Second)
		w.serves("good")
		for _, s := range w.states {
			if s.Phase == devloop.Failed {
				t.Errorf("it says %+v of what was overtaken", s)
			}
		}
	})
}

func TestAnOlderGenerationIsNotServingAfterANewerOne(t *testing.T) {
	run(t, &world{build: 10 * ms, deliver: 0}, func(w *world) {
		w.deliver = 5 * time.Second
		w.save("slow")
		w.after(time.Second)
		w.deliver = 0
		w.save("quick")
		w.after(time.Second)
		w.states = nil
		w.after(10 * time.Second) // the older delivery ends, though it should have been given up
		w.expect()
		w.loop.Pause()
		synctest.Wait()
		if last := w.states[len(w.states)-1]; last.Serving != 8 {
			t.Errorf("serving is %d", last.Serving)
		}
	})
}

func TestAtMostTwoDeliveries(t *testing.T) {
	run(t, &world{build: 10 * ms, deliver: 10 * time.Second}, func(w *world) {
		for i := range 6 {
			w.save(fmt.Sprint(i))
			w.after(time.Second)
		}
		w.after(time.Minute)
		w.serves("5")
		if w.most != 2 || !slices.Equal(w.delivered, []int{7, 8, 12}) {
			t.Errorf("delivered were %v, %d at once", w.delivered, w.most)
		}
	})
}

func TestAStormOfSaves(t *testing.T) {
	for name, tc := range map[string]struct {
		*world
		saves, builds, deliveries int // at most
		every                     time.Duration
	}{
		"as a compiler is":              {&world{build: 450 * ms, deliver: 100 * ms, relay: true}, 50, 3, 1, 100 * ms},
		"a slow start":                  {&world{build: 450 * ms, deliver: 3 * time.Second, relay: true}, 50, 3, 1, 100 * ms},
		"a very quick compiler":         {&world{build: 20 * ms, deliver: 20 * ms, relay: true}, 50, 3, 3, 100 * ms},
		"a slow compiler":               {&world{build: 4 * time.Second, deliver: 100 * ms, relay: true}, 50, 3, 1, 100 * ms},
		"a compiler that does not stop": {&world{build: 450 * ms, deliver: 100 * ms, relay: true, deaf: true}, 50, 3, 1, 100 * ms},
		"all at once":                   {&world{build: 450 * ms, deliver: 100 * ms, relay: true}, 50, 3, 1, 0},
		"a minute of it":                {&world{build: 450 * ms, deliver: 100 * ms, relay: true}, 600, 14, 12, 100 * ms},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, tc.world, func(w *world) {
				for i := range tc.saves {
					w.save(fmt.Sprint("save ", i), "main.go")
					w.after(tc.every)
				}
				w.after(20 * time.Second)
				w.serves(fmt.Sprint("save ", tc.saves-1))
				if w.started > tc.builds || len(w.delivered) > tc.deliveries {
					t.Errorf("%d saves made %d builds and %d deliveries", tc.saves, w.started, len(w.delivered))
				}
			})
		})
	}
}

func TestAFileThatNeverRests(t *testing.T) {
	for name, every := range map[string]time.Duration{"a storm": 100 * ms, "each change apart": 400 * ms} {
		t.Run(name, func(t *testing.T) {
			run(t, &world{build: 2 * time.Second, deliver: 100 * ms, relay: true}, func(w *world) {
				for begin := time.Now(); time.Since(begin) < 10*time.Second; {
					w.save("text")
					w.after(every)
				}
				w.serves("text")
			})
		})
	}
}

func TestSlowSavesAreNoStorm(t *testing.T) {
	run(t, &world{build: 2 * time.Second, deliver: 100 * ms}, func(w *world) {
		for i := range 5 {
			w.save(fmt.Sprint("save ", i))
			synctest.Wait()
			if w.started != i+1 {
				t.Fatalf("save %d is not built at once", i)
			}
			w.after(400 * ms)
		}
	})
}

func TestPause(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.save("one", "a")
		w.after(100 * ms)
		w.loop.Pause()
		w.after(100 * ms)
		w.save("two", "b") // what is being built goes on
		w.after(time.Second)
		w.serves("one")
		w.save("three", "c")
		w.after(time.Hour)
		w.serves("one")
		w.states = nil
		w.loop.Resume()
		w.after(time.Second)
		w.serves("three")
		w.expect(
			"changed 0 serving 7 since 0s took 0s b,c",
			"building 8 serving 7 since 1h0m0s took 1h0m0s b,c",
			"starting 8 serving 7 since 1h0m0.4s took 400ms b,c",
			"swapping 8 serving 7 since 1h0m0.5s took 100ms b,c",
			"live 8 serving 8 since 1h0m0.6s took 100ms b,c",
		)
	})
}

func TestPauseWithoutAChange(t *testing.T) {
	run(t, &world{}, func(w *world) {
		w.loop.Pause()
		synctest.Wait()
		w.loop.Pause()
		synctest.Wait()
		w.loop.Resume()
		w.after(time.Second)
		w.expect("live 4 serving 4 since 0s took 0s paused", "live 4 serving 4 since 0s took 0s")
	})
}

func TestReload(t *testing.T) {
	run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
		w.sources = "same"
		w.loop.Reload()
		w.after(time.Second)
		w.serves("same")
		w.loop.Pause()
		synctest.Wait()
		w.save("other", "a")
		w.after(time.Second)
		w.serves("same")
		w.loop.Reload()
		w.after(time.Second)
		w.serves("other")
		w.save("waits", "a")
		w.after(time.Second)
		w.serves("other")
	})
}

func TestTheEnd(t *testing.T) {
	t.Run("of the changes: what is under way goes live", func(t *testing.T) {
		run(t, &world{build: 400 * ms, deliver: 200 * ms}, func(w *world) {
			w.save("one")
			close(w.changes)
			<-w.ended
			w.serves("one")
		})
	})
	t.Run("of the changes while paused", func(t *testing.T) {
		run(t, &world{}, func(w *world) {
			w.loop.Pause()
			synctest.Wait()
			w.save("one")
			close(w.changes)
			<-w.ended
			w.serves("")
		})
	})
	t.Run("of the ctx while it builds and delivers", func(t *testing.T) {
		run(t, &world{build: 400 * ms, deliver: time.Hour}, func(w *world) {
			w.save("one")
			w.after(time.Second)
			w.save("two")
			w.after(100 * ms)
		})
	})
	t.Run("one reload and no changes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := &world{t: t, sources: "one", build: ms, deliver: ms}
			changes := make(chan watch.Batch)
			close(changes)
			loop := devloop.New(devloop.Options{Build: w.doBuild, Sources: w.doSources, Deliver: w.doDeliver, Emit: w.emit})
			loop.Pause()
			loop.Reload()
			loop.Run(t.Context(), changes)
			w.serves("one")
			if s := w.states[0]; s.Phase != devloop.Failed || !s.Paused || s.Serving != 0 {
				t.Errorf("it began as %+v", s)
			}
		})
	})
}
