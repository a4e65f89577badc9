//go:build unix

package process

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
	"strings"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/fault"
)

// takeFiles takes configs and secrets, which a plain process reads where they lie.
func takeFiles(p *plan, model *types.Project, s types.ServiceConfig) error {
	for _, ref := range s.Configs {
		if err := takeFile(p, "config", model.Configs[ref.Source].File, types.FileReferenceConfig(ref)); err != nil {
			return err
		}
	}
	for _, ref := range s.Secrets {
		if err := takeFile(p, "secret", model.Secrets[ref.Source].File, types.FileReferenceConfig(ref)); err != nil {
			return err
		}
	}
	return nil
}

func takeFile(p *plan, what, file string, ref types.FileReferenceConfig) error {
	if file == "" {
		return cannot(p.service, "%s %s is no file", what, ref.Source)
	}
	if !filepath.IsAbs(file) || filepath.Clean(ref.Target) != filepath.Clean(file) {
		return cannot(p.service, "%s %s is the file %s, but is expected at %q", what, ref.Source, file, ref.Target)
	}
	p.files = append(p.files, file)
	return nil
}

// takeVolumes sees that a service finds its volumes at the paths it expects them at.
func (r *Runtime) takeVolumes(p *plan, s types.ServiceConfig) error {
	for _, v := range s.Volumes {
		switch v.Type {
		case types.VolumeTypeBind:
			if filepath.Clean(v.Source) != filepath.Clean(v.Target) {
				return cannot(p.service, "%s is expected at %s", v.Source, v.Target)
			}
		case types.VolumeTypeVolume:
			if !r.isData(v.Target) {
				return cannot(p.service, "volume %s is expected at %s, outside of %s", v.Source, v.Target, r.data)
			}
			p.folders = append(p.folders, v.Target)
		default:
			return cannot(p.service, "a mount of type %s is expected at %s", v.Type, v.Target)
		}
	}
	if len(s.Tmpfs) > 0 {
		return cannot(p.service, "a tmpfs is expected at %s", strings.Join(s.Tmpfs, ", "))
	}
	return nil
}

// takeHash sums up everything that makes the service what it is. The caller's environment is no
// part of that: a command from another terminal must not replace every service.
func takeHash(p *plan, _ types.ServiceConfig) error {
	exe, err := os.Stat(p.argv[0])
	if err != nil {
		return fmt.Errorf("service %s: %w", p.service, err)
	}
	files := map[string]string{}
	for _, file := range p.files {
		if files[file], err = sum(file); err != nil {
			return unreadable(p.service, file, err)
		}
	}
	whole, err := json.Marshal(map[string]any{
		"argv": p.argv, "env": p.env, "dir": p.dir, "folders": p.folders, "files": files, "ports": p.ports,
		"stop": p.stopSignal, "grace": p.grace, "restart": p.restart,
		"exe": []any{exe.Size(), exe.ModTime().UTC().Format(time.RFC3339Nano)},
	})
	if err != nil {
		return fmt.Errorf("service %s: %w", p.service, err)
	}
	digest := sha256.Sum256(whole)
	p.hash = hex.EncodeToString(digest[:])
	return nil
}

func sum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	digest := sha256.New()
	if _, err := io.Copy(digest, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

func unreadable(service, file string, err error) error {
	fix := "make it readable: " + file
	if errors.Is(err, fs.ErrNotExist) {
		fix = "run ccdev down and ccdev up, which makes the files of the network anew"
	}
	return fault.New(fault.Boot, fix, "service %s cannot start: its file cannot be read: %w", service, err)
}
