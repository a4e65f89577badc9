//go:build unix

package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// record is what is known of a service that was started. It holds all that a later command, which
// may have no model, needs to end it.
type record struct {
	Service    string         `json:"service"`
	Hash       string         `json:"hash"`    // of everything the service was started with
	Command    []string       `json:"command"` // for the reader of the file
	StartedAt  time.Time      `json:"startedAt"`
	Shell      identity       `json:"shell"`   // leads the session and the group, whose ids are its pid
	Program    identity       `json:"program"` // zero for the moment until it is known
	StopSignal syscall.Signal `json:"stopSignal"`
	Grace      time.Duration  `json:"graceNs"`
}

// mark is a variable in the environment of all that this start of the service has started, unless one
// of them has dropped it.
func (rec record) mark() string {
	return fmt.Sprintf(markVariable+"=%s@%d", rec.Service, rec.StartedAt.UnixNano())
}

const markVariable = "CCDEV_SERVICE"

// identity is a process that cannot be taken for another one: pids are used again.
type identity struct {
	PID  int    `json:"pid"`
	Born string `json:"born"` // when, in the system's own terms: the same for the process's whole life
}

// alive says whether the process still runs. A zombie does not.
func (i identity) alive() bool {
	if i.PID <= 0 {
		return false
	}
	now, ok := identify(i.PID)
	return ok && now == i
}

var nameForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// validName says whether a service's name is one of compose, and so can be a part of a file name.
func validName(service string) bool { return nameForm.MatchString(service) }

func (r *Runtime) recordFile(service string) string { return filepath.Join(r.run, service+".json") }
func (r *Runtime) pidFile(service string) string    { return filepath.Join(r.run, service+".pid") }
func (r *Runtime) exitFile(service string) string   { return filepath.Join(r.run, service+".exit") }
func (r *Runtime) logFile(service string) string    { return filepath.Join(r.logs, service+".log") }
func (r *Runtime) dataDir(service string) string    { return filepath.Join(r.data, service) }

func (r *Runtime) load(service string) (rec record, found bool, err error) {
	file := r.recordFile(service)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("reading what runs: %w", err)
	}
	if err := json.Unmarshal(text, &rec); err != nil {
		return record{}, false, fault.New(fault.Runtime, "end the service's process by hand, then remove "+file,
			"the record of service %s cannot be read: %w", service, err)
	}
	return rec, true, nil
}

// records are those of all services there are, by name.
func (r *Runtime) records() ([]record, error) {
	entries, err := os.ReadDir(r.run)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("reading what runs: %w", err)
	}
	var records []record
	for _, entry := range entries {
		service, isRecord := strings.CutSuffix(entry.Name(), ".json")
		if !isRecord {
			continue
		}
		rec, found, err := r.load(service)
		if err != nil {
			return nil, err
		}
		if found { // a stop may have come in between
			records = append(records, rec)
		}
	}
	return records, nil
}

func (r *Runtime) save(rec record) error {
	text, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(r.recordFile(rec.Service), text, 0o600)
}

// forget drops the record. It goes last: as long as it is there, the rest can be found.
func (r *Runtime) forget(service string) error {
	for _, file := range []string{r.pidFile(service), r.exitFile(service), r.recordFile(service)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("forgetting service %s: %w", service, err)
		}
	}
	return nil
}

// readNumber reads a file that a shell wrote with echo. Until its newline is there it is not
// complete.
func readNumber(file string) (n int, complete bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	digits, complete := strings.CutSuffix(string(text), "\n")
	if !complete {
		return 0, false
	}
	n, err = strconv.Atoi(digits)
	return n, err == nil
}

// program finds the program of a service. The second result is false when the shell never became
// the program; whether it lives is another question.
func (r *Runtime) program(rec record) (identity, bool) {
	pid, complete := readNumber(r.pidFile(rec.Service))
	if rec.Program.PID != 0 && (!complete || pid == rec.Program.PID) {
		return rec.Program, true
	}
	if !complete {
		return identity{}, false
	}
	// It is new, or was run again: nobody has noted its birth. It is ours as long as the shell waits for it, or if it is in
	// the shell's group.
	program, alive := identify(pid)
	if group, err := syscall.Getpgid(pid); alive && (rec.Shell.alive() || err == nil && group == rec.Shell.PID) {
		return program, true
	}
	return identity{PID: pid}, true
}

// look says what a service is doing now.
func (r *Runtime) look(rec record) runtime.Service {
	s := runtime.Service{Name: rec.Service, StartedAt: rec.StartedAt, State: runtime.Exited}
	shellLives := rec.Shell.alive() // before the exit code is read: the shell writes it, then ends
	program, began := r.program(rec)
	s.ID = fmt.Sprintf("pid %d", program.PID)
	code, ended := readNumber(r.exitFile(rec.Service))
	switch {
	case ended:
		s.ExitCode = code
	case !began:
		s.State, s.ID, s.StartedAt = runtime.Created, fmt.Sprintf("pid %d", rec.Shell.PID), time.Time{}
	case shellLives || program.alive():
		s.State, s.PID = runtime.Running, program.PID
	default:
		s.ExitCode = runtime.UnknownExit
	}
	return s
}
