package tui

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/ccdev/ccdev/internal/event"
)

// BenchmarkFrame is one frame with all lines that are kept and 5,000 more arriving a second: a
// second has 60 frames, so that each brings 83, through the feed, and draws them.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []struct{ width, height int }{{80, 24}, {200, 60}} {
		for _, with := range []struct{ name, search, filter string }{{"plain", "", ""}, {"search", "asset1", ""}, {"filter", "", "asset1"}} {
			b.Run(fmt.Sprintf("%dx%d/%s", size.width, size.height, with.name), func(b *testing.B) {
				before := heap()
				m := newModel(context.Background(), Options{Backend: &fake{}, Feed: NewFeed(), Now: func() time.Time { return morning }})
				m.Update(tea.WindowSizeMsg{Width: size.width, Height: size.height})
				send := func(from, lines int) {
					for i := range lines {
						m.options.Feed.Sink(event.Log{Service: "chaincode-assets-1", Time: morning, Text: fmt.Sprintf(`2026-11-21T09:00:00Z put asset%d {"owner":"alice","value":%d} of the usual length`, from+i, i)})
					}
					m.Update(m.options.Feed.next(m.ctx)())
				}
				send(0, maxLines)
				m.searchFor(with.search)
				m.filterBy(with.filter)
				m.View()
				held := float64(heap()-before) / (1 << 20)
				const frame = 5000 / 60
				for at := maxLines; b.Loop(); at += frame {
					send(at, frame)
					m.View()
				}
				b.ReportMetric(held, "MiB")
				runtime.KeepAlive(m)
			})
		}
	}
}

// heap is how much memory is in use.
func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
