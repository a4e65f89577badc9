//go:build unix

package process

import (
	"io"
	"os"
	"strings"
	"time"
)

// dates tells when the lines of a log were written. Services write their files themselves, and nothing
// notes when: what is there already is dated by the times that its lines begin with.
type dates struct {
	end    time.Time // when the log was written to last
	before time.Time // of the line before
}

// datesOf makes the dates of a log from where it stands on. Lines in front of the first that says its
// time are dated like that one, and all of them like the end of the log where no line says one.
func datesOf(file *os.File) (*dates, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	at, err := file.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, err
	}
	begin := make([]byte, min(max(info.Size()-at, 0), tailBlock))
	n, _ := file.ReadAt(begin, at) // what cannot be read has no times
	d := &dates{end: info.ModTime(), before: info.ModTime()}
	for line := range strings.Lines(string(begin[:n])) {
		if t, ok := d.said(line); ok {
			d.before = t
			break
		}
	}
	return d, nil
}

// of is when a line was written: at the time it says, or with the line before.
func (d *dates) of(line string) time.Time {
	if t, ok := d.said(line); ok {
		d.before = t
	}
	return d.before
}

// clockSkew is how much later than a file's last change a line in it may say that it was written.
const clockSkew = time.Minute

// said is the time that a line begins with, in one of the forms in which programs log it: Fabric's
// (15:04:05.000, which ccdev has it write, or with the date), that of Go's package log, RFC 3339.
func (d *dates) said(line string) (time.Time, bool) {
	words := strings.SplitN(line, " ", 4)
	if clock, err := time.ParseInLocation(time.TimeOnly, words[0], time.Local); err == nil {
		year, month, day := d.end.Local().Date()
		t := time.Date(year, month, day, clock.Hour(), clock.Minute(), clock.Second(), clock.Nanosecond(), time.Local)
		if t.After(d.end.Add(clockSkew)) {
			t = t.AddDate(0, 0, -1)
		}
		return t, true
	}
	for _, form := range []struct {
		from, to int // words of the line
		layout   string
	}{
		{0, 2, "2006/01/02 15:04:05"}, {0, 3, "2006-01-02 15:04:05 MST"}, {0, 1, time.RFC3339}, {1, 2, time.RFC3339},
	} {
		if len(words) <= form.to {
			continue
		}
		if t, err := time.ParseInLocation(form.layout, strings.Join(words[form.from:form.to], " "), time.Local); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
