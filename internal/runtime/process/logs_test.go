//go:build unix

package process

import (
	"bufio"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/runtime"
	"github.com/ccdev/ccdev/internal/runtime/runtimetest"
)

func TestLogOfACrashStays(t *testing.T) {
	b := newBench(t, runtimetest.Program(t))
	service := runtimetest.Service{Name: "a", Args: []string{"out=began", "bytes=656e64", "exit=2"}} // "end", no newline
	r := b.start(service)
	b.until("its end", func() bool { return b.one(r).State == runtime.Exited })
	b.must(r.Start(t.Context(), b.model(service)))
	b.until("its second end", func() bool { return len(b.lines(r, "a")) == 4 })
	if got, want := b.lines(r, "a"), []string{"began", "end", "began", "end"}; !slices.Equal(got, want) {
		t.Errorf("the log is %q, want %q", got, want)
	}
	b.must(r.Stop(t.Context()))
	if got := b.lines(r, "a"); len(got) != 4 {
		t.Errorf("after Stop the log is %q", got)
	}
}

func TestLogThatIsTooLongIsCut(t *testing.T) {
	for name, c := range map[string]struct {
		size int64
		kept bool
	}{"at the limit": {maxLog, true}, "above": {maxLog + 1, false}} {
		t.Run(name, func(t *testing.T) {
			file, err := os.Create(filepath.Join(t.TempDir(), "log"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			if err := file.Truncate(c.size); err != nil {
				t.Fatal(err)
			}
			if err := beginLine(file); err != nil {
				t.Fatal(err)
			}
			info, err := file.Stat()
			if err != nil || (info.Size() > 0) != c.kept {
				t.Errorf("%d bytes of %d, %v", info.Size(), c.size, err)
			}
		})
	}
}

func TestLogOfNobodyIsAFault(t *testing.T) {
	b := newBench(t, "")
	for _, name := range []string{"nobody", "../secret", ""} {
		if err := b.runtime().Logs(t.Context(), name, runtime.LogOptions{Tail: -1}, func(runtime.Line) {}); err == nil {
			t.Errorf("reading the log of %q succeeded", name)
		}
	}
}

func TestReaderFollowsAFileThatIsCut(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("one\ntwo\nhalf")
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var got []string
	log := reader{file: file, in: bufio.NewReader(file), line: func(l runtime.Line) { got = append(got, l.Text) }}
	for _, text := range []string{"one\ntwo\nhalf", "one\ntwo\nhalf a line\n", "new\n"} {
		write(text)
		if err := log.readOn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"one", "two", "half a line", "new"}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestSeekTail(t *testing.T) {
	long := strings.Repeat("y", tailBlock)
	for name, c := range map[string]struct {
		text string
		n    int
		want string
	}{
		"an empty file":           {"", 3, ""},
		"one newline":             {"\n", 1, "\n"},
		"two empty lines":         {"\n\n", 1, "\n"},
		"all":                     {"a\nb\n", -1, "a\nb\n"},
		"none":                    {"a\nb\n", 0, ""},
		"more than there are":     {"a\nb\n", 3, "a\nb\n"},
		"an unfinished line":      {"a\nb", 1, "b"},
		"a line of two blocks":    {"a\n" + long + long + "\n", 1, long + long + "\n"},
		"newline ends the block":  {"a\n" + long[1:] + "\nz\n", 2, long[1:] + "\nz\n"},
		"newline begins a block":  {"a\n" + long[2:] + "\n", 1, long[2:] + "\n"},
		"newline before a block":  {"ab\n" + long + "\n", 1, long + "\n"},
		"lines of several blocks": {"a\n" + long + "\n" + long + "\nz\n", 3, long + "\n" + long + "\nz\n"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			if err := seekTail(f, c.n); err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			if _, err := f.WriteTo(&got); err != nil || got.String() != c.want {
				t.Errorf("%d bytes left, %v, want %d", got.Len(), err, len(c.want))
			}
		})
	}
}

func BenchmarkStartThree(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		dir := b.TempDir()
		r, err := New(dir)
		if err != nil {
			b.Fatal(err)
		}
		model := sleepers("orderer", "peer", "relay")
		b.StartTimer()
		if err := r.Start(b.Context(), model); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := r.Remove(b.Context(), true); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

func sleepers(names ...string) *types.Project {
	model := &types.Project{Services: types.Services{}}
	for _, name := range names {
		s := types.ServiceConfig{Name: name}
		s.Entrypoint = types.ShellCommand{"sleep", "1000"}
		model.Services[name] = s
	}
	return model
}
