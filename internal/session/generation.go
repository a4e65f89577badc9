package session

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/topology"
)

// generationRecord is what is kept of a chaincode's generations.
type generationRecord struct {
	Made   int    `json:"made"`   // number of the newest one
	SHA256 string `json:"sha256"` // of its program
	Live   int    `json:"live"`   // number of the newest one that was ready; 0 for none
}

func recordedGeneration(dir string) (generationRecord, error) {
	var r generationRecord
	text, err := os.ReadFile(filepath.Join(dir, "generation.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("read the record of the generations: %w", err)
	}
	return r, nil
}

// nextGeneration gives the generation of a program just built: the newest one if that has the
// same program (unless replace asks for another one), else the next. The program is kept under
// the generation's number, as builds overwrite each other.
func nextGeneration(dir, program string, replace bool) (g topology.Generation, err error) {
	record, err := recordedGeneration(dir)
	if err != nil {
		return g, err
	}
	sum, err := fileSHA256(program)
	if err != nil {
		return g, err
	}
	made := replace || sum != record.SHA256
	if made {
		record.Made++
		record.SHA256 = sum
	}
	g = topology.Generation{Number: record.Made, Program: generationProgram(dir, record.Made)}
	if _, missing := os.Stat(g.Program); !made && missing == nil {
		return g, nil
	}
	if err := keepProgram(program, g.Program); err != nil {
		return g, fmt.Errorf("keep generation %d: %w", g.Number, err)
	}
	return g, record.save(dir)
}

func (r generationRecord) save(dir string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("record generation %d: %w", r.Made, err)
	}
	return atomicfile.Write(filepath.Join(dir, "generation.json"), text, 0o600)
}

// keepProgram gives a program a place of its own: by a link, as the next build is renamed into
// place and leaves this file alone; by a copy where the file system has no links.
func keepProgram(program, kept string) error {
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return err
	}
	if err := os.Remove(kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(program, kept) == nil {
		return nil
	}
	code, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	return atomicfile.Write(kept, code, 0o700)
}

// runningGeneration is the newest generation that was ready; its number is 0 if there is none.
func runningGeneration(dir string) (topology.Generation, error) {
	record, err := recordedGeneration(dir)
	return topology.Generation{Number: record.Live, Program: generationProgram(dir, record.Live)}, err
}

func generationProgram(dir string, number int) string {
	return filepath.Join(dir, strconv.Itoa(number), "chaincode")
}

// keepGeneration records that a generation is ready, and drops the programs of those before it.
func keepGeneration(dir string, g topology.Generation) error {
	record, err := recordedGeneration(dir)
	if err != nil {
		return err
	}
	record.Live = g.Number
	if err := record.save(dir); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("drop old generations: %w", err)
	}
	for _, e := range entries {
		if number, err := strconv.Atoi(e.Name()); err == nil && number < g.Number {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // it is only room: removed with the network at the latest
		}
	}
	return nil
}

func fileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // only read
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
