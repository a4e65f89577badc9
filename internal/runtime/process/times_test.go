//go:build unix

package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestDatesOfALog(t *testing.T) {
	end := time.Date(2026, 3, 4, 0, 10, 0, 0, time.Local)
	on := func(day, hour, minute, second, millisecond int) time.Time {
		return time.Date(2026, 3, day, hour, minute, second, millisecond*int(time.Millisecond), time.Local)
	}
	for name, c := range map[string]struct {
		lines []string
		want  []time.Time
	}{
		"Fabric's": {
			[]string{"\tof one before", "23:59:58.5 INFO [gossip] a", "\tmore", "00:09:59.001 INFO b", "00:10:01.000 INFO c"},
			[]time.Time{on(3, 23, 59, 58, 500), on(3, 23, 59, 58, 500), on(3, 23, 59, 58, 500), on(4, 0, 9, 59, 1), on(4, 0, 10, 1, 0)},
		},
		"with their date": {
			[]string{"2026-03-02 01:02:03.004 UTC 0001 INFO a", "2026/03/02 04:05:06 a", "2026-03-02T07:08:09Z a", "[info] 2026-03-02T10:11:12.5Z a"},
			[]time.Time{
				time.Date(2026, 3, 2, 1, 2, 3, 4e6, time.UTC), on(2, 4, 5, 6, 0),
				time.Date(2026, 3, 2, 7, 8, 9, 0, time.UTC), time.Date(2026, 3, 2, 10, 11, 12, 5e8, time.UTC),
			},
		},
		"without any": {[]string{"a", "2026 is no time", "", "12:3"}, []time.Time{end, end, end, end}},
		"of nothing":  {},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(path, []byte(strings.Join(c.lines, "\n")+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, end, end); err != nil {
				t.Fatal(err)
			}
			file, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
			d, err := datesOf(file)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range c.lines {
				if got := d.of(line); !got.Equal(c.want[i]) {
					t.Errorf("%q is of %v, want %v", line, got, c.want[i])
				}
			}
		})
	}
}
