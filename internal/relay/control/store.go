package control

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/relay"
)

const (
	liveFile      = "live.json"
	programPrefix = "generation-"
	uploadPrefix  = ".upload-"
)

// record is what a relay that is restarted starts again: the content of live.json.
type record struct {
	Generation int        `json:"generation"`
	Program    string     `json:"program,omitempty"` // its name in the folder
	Mode       relay.Mode `json:"mode"`
	SHA256     string     `json:"sha256,omitempty"` // of the program

	Address string `json:"address,omitempty"` // of a server, in place of a program
	Service string `json:"service,omitempty"` // that this is

	Absent string `json:"absent,omitempty"` // of an external chaincode, which is no generation: what callers hear meanwhile
}

// in is the record's program in the folder dir.
func (r record) in(dir string) relay.Program {
	p := relay.Program{Generation: r.Generation, Mode: r.Mode, Address: r.Address, Service: r.Service}
	if r.Program != "" {
		p.Path = filepath.Join(dir, r.Program)
		p.Debug = debugged(p.Path)
	}
	return p
}

// store keeps programs, under names that tell what is in them: a program that runs is never
// replaced by another, even when two are delivered as the same generation.
type store struct {
	dir string

	mu        sync.Mutex
	noted     record         // the content of live.json, as far as it is known
	delivered map[int]record // that may be live, or become live again
	using     map[string]int // how many deliveries in progress want a program
}

// openStore makes the folder, and removes uploads that were cut off by the end of the relay.
func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the relay's folder cannot be made: %w", err)
	}
	s := &store{dir: dir, delivered: map[int]record{}, using: map[string]int{}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("the relay's folder cannot be read: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), uploadPrefix) {
			_ = os.Remove(filepath.Join(dir, e.Name())) // it only takes space
		}
	}
	if r, found, err := readRecord(dir); err == nil && found {
		s.noted = r
		if r.Generation > 0 {
			s.delivered[r.Generation] = r
		}
	}
	return s, nil
}

// Restore gives the program that was live in dir when the relay ended, and whether there is one.
// A program that is not the one that was delivered, as after a loss of power, is an error.
func Restore(dir string) (relay.Program, bool, error) {
	r, found, err := readRecord(dir)
	if err != nil || !found || r.Generation == 0 {
		return relay.Program{}, false, err
	}
	if r.Address != "" {
		return r.in(dir), true, nil
	}
	path := filepath.Join(dir, r.Program)
	file, err := os.Open(path)
	if err != nil {
		return relay.Program{}, false, fmt.Errorf("generation %d was live and cannot be started again: %w", r.Generation, err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return relay.Program{}, false, fmt.Errorf("generation %d was live and cannot be started again: %w", r.Generation, err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != r.SHA256 {
		return relay.Program{}, false, fmt.Errorf("generation %d was live and cannot be started again: %s is damaged", r.Generation, path)
	}
	return r.in(dir), true, nil
}

func readRecord(dir string) (record, bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, liveFile))
	if errors.Is(err, os.ErrNotExist) {
		return record{}, false, nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("which generation was live cannot be read: %w", err)
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, false, fmt.Errorf("%s is damaged: %w", filepath.Join(dir, liveFile), err)
	}
	if r.Address == "" && r.Program == "" || r.Program != "" && filepath.Base(r.Program) != r.Program {
		return record{}, false, fmt.Errorf("%s is damaged: it names the program %q", filepath.Join(dir, liveFile), r.Program)
	}
	return r, true, nil
}

var errChecksum = errors.New("what came is not what was sent")

// receive stores a program that has this checksum, in hex. It is there whole or not at all, and
// stays until release.
func (s *store) receive(body io.Reader, generation int, sum string) (string, error) {
	file, err := os.CreateTemp(s.dir, uploadPrefix+"*")
	if err != nil {
		return "", storageError{err}
	}
	got := sha256.New()
	target := &storing{to: file}
	_, err = io.Copy(io.MultiWriter(target, got), body)
	if cerr := errors.Join(file.Chmod(0o700), file.Close()); err == nil && cerr != nil {
		err = storageError{cerr}
	}
	if err == nil && hex.EncodeToString(got.Sum(nil)) != sum {
		err = errChecksum
	}
	name := programPrefix + strconv.Itoa(generation) + "-" + sum
	if err == nil {
		err = s.take(file.Name(), name)
	}
	if err != nil {
		_ = os.Remove(file.Name()) // already failing: the first error is the one to tell
		return "", err
	}
	return name, nil
}

// storageError is one of the relay's own disk, not of what a client has sent.
type storageError struct{ error }

func (e storageError) Unwrap() error { return e.error }

// storing tells the errors of writing from those of reading.
type storing struct{ to io.Writer }

func (s *storing) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	if err != nil {
		err = storageError{err}
	}
	return n, err
}

// take gives an upload its name, and keeps the program of that name from being removed.
func (s *store) take(upload, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.Rename(upload, s.path(name)); err != nil {
		return storageError{err}
	}
	s.using[name]++
	return nil
}

func (s *store) path(name string) string { return filepath.Join(s.dir, name) }

// release ends a delivery, and removes what nobody needs any more.
func (s *store) release(name string, needed func() map[int]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.using[name]--; s.using[name] <= 0 {
		delete(s.using, name)
	}
	s.prune(needed())
}

// remember notes what has been delivered, and the generation that is live by now: of two
// deliveries the one that ends last need not be the newer one.
func (s *store) remember(r record, live func() int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delivered[r.Generation] = r
	if now, known := s.delivered[live()]; known {
		r = now
	}
	return s.write(r)
}

// correct notes the generation that is live, unless it is noted, or was never delivered.
func (s *store) correct(live int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, known := s.delivered[live]
	if !known || r == s.noted {
		return nil
	}
	return s.write(r)
}

// write writes live.json. The lock is held.
func (s *store) write(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(s.path(liveFile), append(text, '\n'), 0o600); err != nil {
		return err
	}
	s.noted = r
	return nil
}

// prune removes the programs that are neither needed, nor wanted by a delivery, nor noted as live.
// The lock is held.
func (s *store) prune(needed map[int]bool) {
	keep := map[string]bool{s.noted.Program: true}
	for n, r := range s.delivered {
		if needed[n] {
			keep[r.Program] = true
		} else if !keep[r.Program] {
			delete(s.delivered, n)
		}
	}
	for name := range s.using {
		keep[name] = true
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return // the next one finds them again
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), programPrefix) && !keep[e.Name()] && e.Type().IsRegular() {
			_ = os.Remove(s.path(e.Name()))
		}
	}
}
