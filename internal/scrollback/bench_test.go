package scrollback_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/scrollback"
)

// kinds are lines as they come, by what is costly about them.
var kinds = []struct {
	name string
	text func(i int) string
}{
	{"plain", func(i int) string {
		return fmt.Sprintf("2026-11-21 08:09:10.123 UTC [gossip.privdata] StoreBlock -> INFO %06d Received block [%d] from buffer channel=mychannel tx=%x", i, i, i*7919)
	}},
	{"coloured", func(i int) string {
		return fmt.Sprintf("\x1b[34m2026-11-21 08:09:10.123 UTC %06d INFO\x1b[0m [gossip.privdata] StoreBlock -> Received block [%d] channel=mychannel", i, i)
	}},
	{"wide", func(i int) string {
		return fmt.Sprintf("取引 %06d を受け取りました: チャネル mychannel, ブロック %d — éà 👩‍👩‍👧‍👦", i, i)
	}},
	{"json", func(i int) string {
		return fmt.Sprintf(`2026-11-21 INFO {"level":"info","block":%d,"channel":"mychannel","tx":{"id":"%x","code":"VALID"},"ms":[1,2,3]}`, i, i*7919)
	}},
}

const many = 100_000

func full(text func(i int) string) *scrollback.Buffer {
	b := scrollback.New(many, 64<<20)
	for i := range many {
		b.Append(scrollback.Line{Time: time.Unix(int64(i), 0), Source: "peer0.org1", Text: text(i)})
	}
	return b
}

func BenchmarkAppend(b *testing.B) {
	for _, k := range kinds {
		texts := make([]string, 1000)
		for i := range texts {
			texts[i] = k.text(i)
		}
		b.Run(k.name, func(b *testing.B) {
			buffer := scrollback.New(many, 64<<20)
			for i := 0; b.Loop(); i++ {
				buffer.Append(scrollback.Line{Source: "peer0.org1", Text: texts[i%len(texts)]})
			}
		})
	}
	b.Run("1 MB", func(b *testing.B) {
		buffer, long := scrollback.New(many, 64<<20), strings.Repeat("\x1b[1mé\t", 1<<20/7)
		for b.Loop() {
			buffer.Append(scrollback.Line{Text: long})
		}
	})
}

var modes = []struct {
	name string
	set  func(v *scrollback.View)
}{
	{"as they are", func(*scrollback.View) {}},
	{"wrap", func(v *scrollback.View) { v.Wrap(true) }},
	{"filter", func(v *scrollback.View) { v.Filter("00") }},
	{"search", func(v *scrollback.View) { v.Search("e") }},
	{"pretty", func(v *scrollback.View) { v.Pretty(true) }},
	{"all", func(v *scrollback.View) { v.Wrap(true); v.Filter("00"); v.Search("e"); v.Pretty(true) }},
}

// BenchmarkFrame measures Rows as a busy log calls for it: at 5,000 lines a second, 83 come
// between two frames. Those are appended outside of the measure.
func BenchmarkFrame(b *testing.B) {
	for _, k := range kinds {
		for _, m := range modes {
			b.Run(k.name+"/"+m.name, func(b *testing.B) {
				buffer := full(k.text)
				v := scrollback.NewView(buffer)
				v.Resize(120, 40)
				m.set(v)
				b.ReportAllocs()
				b.ResetTimer()
				for n := range b.N {
					b.StopTimer()
					for i := range 83 {
						buffer.Append(scrollback.Line{Source: "peer0.org1", Text: k.text(n + i)})
					}
					b.StartTimer()
					v.Rows()
				}
			})
		}
	}
}

// BenchmarkHostileFrame measures windows of lines of 64 KiB, scrolled by a row each time.
func BenchmarkHostileFrame(b *testing.B) {
	for name, text := range map[string]string{
		"plain":     strings.Repeat("a", 1<<20),
		"wide":      strings.Repeat("世", 1<<18),
		"combining": strings.Repeat("e"+strings.Repeat("\u0301", 20), 1<<14),
		"brackets":  strings.Repeat("[", 30_000) + strings.Repeat("]", 30_000),
		"json":      "[" + strings.Repeat("1,", 30_000) + "1]",
	} {
		for _, m := range modes {
			if m.name == "filter" {
				continue // it is not about the window
			}
			b.Run(name+"/"+m.name, func(b *testing.B) {
				buffer := scrollback.New(many, 64<<20)
				for range 100 {
					buffer.Append(scrollback.Line{Text: "00" + text[2:]})
				}
				v := scrollback.NewView(buffer)
				v.Resize(120, 40)
				m.set(v)
				for b.Loop() {
					v.Scroll(-1)
					v.Rows()
				}
			})
		}
	}
}

func BenchmarkChange(b *testing.B) {
	for _, k := range kinds[:3] {
		v := scrollback.NewView(full(k.text))
		v.Resize(120, 40)
		for _, text := range []string{"e", "StoreBlock", "storeblock", "no such thing", "blocké"} {
			b.Run("search "+text+"/"+k.name, func(b *testing.B) {
				for b.Loop() {
					v.Search("")
					v.Search(text)
				}
			})
			b.Run("filter "+text+"/"+k.name, func(b *testing.B) {
				for b.Loop() {
					v.Filter(text)
				}
				v.Filter("")
			})
		}
	}
	large := scrollback.New(many, 64<<20)
	for i := range many {
		large.Append(scrollback.Line{Text: strings.Repeat(kinds[0].text(i), 5)})
	}
	v := scrollback.NewView(large)
	b.Run("filter 64 MiB", func(b *testing.B) {
		for b.Loop() {
			v.Filter("storeblocks")
		}
	})
	v.Filter("")
	b.Run("write 64 MiB", func(b *testing.B) {
		for b.Loop() {
			v.WriteTo(io.Discard) //nolint:errcheck // it cannot fail
		}
	})
}

// BenchmarkMemory tells how many bytes a line takes besides its text, with a view of it.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		buffer, texts := scrollback.New(many, 64<<20), 0
		v := scrollback.NewView(buffer)
		v.Resize(120, 40)
		v.Search("info")
		for i := range 3 * many {
			text := kinds[0].text(i)
			if i >= 2*many {
				texts += len(text)
			}
			buffer.Append(scrollback.Line{Source: "peer0.org1", Text: text})
			if i%83 == 0 {
				v.Rows()
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc)-float64(texts))/many, "overhead-B/line")
		runtime.KeepAlive(v)
	}
}
