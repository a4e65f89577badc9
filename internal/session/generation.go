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

// generationRecord is what is kept of the newest generation that ran.
type generationRecord struct {
	Number int    `json:"number"`
	SHA256 string `json:"sha256"` // of its program
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
func nextGeneration(dir, program string, replace bool) (topology.Generation, error) {
	last, err := recordedGeneration(dir)
	if err != nil {
		return topology.Generation{}, err
	}
	sum, err := fileSHA256(program)
	if err != nil {
		return topology.Generation{}, err
	}
	number := last.Number
	if replace || sum != last.SHA256 {
		number++
	}
	g := topology.Generation{Number: number, Program: generationProgram(dir, number)}
	if has, err := fileSHA256(g.Program); err == nil && has == sum {
		return g, nil
	}
	if err := keepProgram(program, g.Program); err != nil {
		return g, fmt.Errorf("keep generation %d: %w", number, err)
	}
	return g, nil
}

// keepProgram links a program into a place of its own. A link, not a copy: the next build is
// renamed into place and leaves this file alone.
func keepProgram(program, kept string) error {
	if err := os.MkdirAll(filepath.Dir(kept), 0o700); err != nil {
		return err
	}
	if err := os.Remove(kept); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Link(program, kept)
}

// runningGeneration is the newest generation that ran.
func runningGeneration(dir, packageID string) (topology.Generation, error) {
	last, err := recordedGeneration(dir)
	return topology.Generation{Number: last.Number, Program: generationProgram(dir, last.Number), PackageID: packageID}, err
}

func generationProgram(dir string, number int) string {
	return filepath.Join(dir, strconv.Itoa(number), "chaincode")
}

// keepGeneration records a generation that runs, and drops the programs of those before it.
func keepGeneration(dir string, g topology.Generation) error {
	sum, err := fileSHA256(g.Program)
	if err != nil {
		return err
	}
	text, err := json.Marshal(generationRecord{Number: g.Number, SHA256: sum})
	if err != nil {
		return fmt.Errorf("record generation %d: %w", g.Number, err)
	}
	if err := atomicfile.Write(filepath.Join(dir, "generation.json"), text, 0o600); err != nil {
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
