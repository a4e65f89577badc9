package doctor_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/doctor"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

var noon = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func engineAt(t time.Time, err error) func(context.Context) (time.Time, error) {
	return func(context.Context) (time.Time, error) { return t, err }
}

func toolOf(version string, err error, need bool) doctor.Check {
	return doctor.Tools(doctor.Tool{Name: "go", Need: need, Version: func(context.Context) (string, error) { return version, err }})
}

func diskOf(bytes uint64, err error) doctor.Check {
	return doctor.Disk("disk", "/cache", "", func(string) (uint64, error) { return bytes, err })
}

func engineOf(without bool, err error) doctor.Check {
	return doctor.Engine(without, func(context.Context) (string, error) { return "Docker 20.10", err })
}

func contextsOf(current string, err error, names ...string) doctor.Check {
	return doctor.Contexts(func() ([]string, string, error) { return names, current, err })
}

func portsOf(err error, ports ...doctor.Port) doctor.Check {
	return doctor.Ports(func(context.Context) ([]doctor.Port, error) { return ports, err })
}

func addressOf(ips ...string) doctor.Check {
	return doctor.Address(true, func() (all []net.Addr, err error) {
		for _, ip := range ips {
			all = append(all, &net.IPNet{IP: net.ParseIP(ip)})
		}
		return all, nil
	})
}

func TestChecks(t *testing.T) {
	down := fault.New(fault.Runtime, "start Docker", "no daemon answers")
	for name, test := range map[string]struct {
		check   doctor.Check
		state   doctor.State
		hinders bool
		says    string
	}{
		"a tool":                        {toolOf("go version go1.26\nmore", nil, true), doctor.OK, false, "go version go1.26"},
		"a tool that is needed":         {toolOf("", errors.New("there is none"), true), doctor.Missing, true, "there is none"},
		"a tool that nobody needs":      {toolOf("", errors.New("there is none"), false), doctor.Missing, false, "there is none"},
		"much room":                     {diskOf(50<<30, nil), doctor.OK, false, "53.7 GB"},
		"little room":                   {diskOf(1<<30, nil), doctor.Warning, false, "1.1 GB"},
		"no room":                       {diskOf(1<<20, nil), doctor.Missing, true, "/cache"},
		"room that cannot be asked for": {diskOf(0, errors.New("denied")), doctor.Missing, false, "denied"},
		"an engine":                     {engineOf(false, nil), doctor.OK, false, "Docker 20.10"},
		"no engine":                     {engineOf(false, down), doctor.Missing, true, "no daemon answers"},
		"no engine, for processes":      {engineOf(true, down), doctor.Missing, false, "no daemon answers"},
		"the default context":           {contextsOf("default", nil, "default"), doctor.OK, false, "default is in use"},
		"another context":               {contextsOf("colima", nil, "default", "colima"), doctor.OK, false, "colima is in use, of default, colima"},
		"a context that is not there":   {contextsOf("gone", nil, "default"), doctor.Missing, false, "gone is in use"},
		"DOCKER_HOST alone":             {contextsOf("", nil, "default"), doctor.OK, false, "DOCKER_HOST is set"},
		"DOCKER_HOST over contexts":     {contextsOf("", nil, "default", "colima"), doctor.Warning, false, "none of default, colima counts"},
		"contexts nobody can read":      {contextsOf("", errors.New("denied")), doctor.Warning, false, "denied"},
		"an address":                    {addressOf("127.0.0.1", "192.0.2.7"), doctor.OK, false, "192.0.2.7"},
		"no address":                    {addressOf("127.0.0.1", "::1", "fe80::1"), doctor.Missing, true, "none besides the loopback's"},
		"no ports yet":                  {portsOf(nil), doctor.OK, false, "none yet"},
		"ports that are free":           {portsOf(nil, doctor.Port{Use: "peer", Number: 7051}), doctor.OK, false, "all 1 are free"},
		"a port that is held": {
			portsOf(nil, doctor.Port{Use: "peer", Number: 7051, Held: "is somebody else's"}, doctor.Port{Use: "orderer", Number: 7050}),
			doctor.Missing, true, "port 7051 of peer is somebody else's",
		},
		"ports nobody can tell":  {portsOf(errors.New("no engine")), doctor.Warning, false, "no engine"},
		"clocks that agree":      {doctor.Clock(at(noon), at(noon.Add(-time.Hour)), engineAt(noon.Add(time.Second), nil)), doctor.OK, false, "2026-05-01 12:00:00"},
		"a clock without engine": {doctor.Clock(at(noon), at(noon), engineAt(noon, down)), doctor.OK, false, "2026-05-01"},
		"an engine that slept":   {doctor.Clock(at(noon), at(noon), engineAt(noon.Add(-time.Hour), nil)), doctor.Warning, false, "differs from this machine's by 1h0m0s"},
		"a clock that is behind": {doctor.Clock(at(noon), at(noon.Add(48*time.Hour)), engineAt(noon, nil)), doctor.Missing, true, "2026-05-01"},
	} {
		t.Run(name, func(t *testing.T) {
			f := test.check(t.Context())
			if f.State != test.state || f.Hinders != test.hinders || !strings.Contains(f.What, test.says) {
				t.Errorf("it finds %+v", f)
			}
			if f.State == doctor.OK && f.Fix != "" {
				t.Errorf("it is well, and its fix is %q", f.Fix)
			}
		})
	}
}

func TestAFaultsFixIsSaid(t *testing.T) {
	f := engineOf(false, fault.New(fault.Runtime, "start Docker", "no daemon answers"))(t.Context())
	if f.Fix != "start Docker" {
		t.Errorf("the fix is %q", f.Fix)
	}
}

func TestTreat(t *testing.T) {
	var removed []string
	remove := func(name string, err error) runtime.Leftover {
		return runtime.Leftover{Dir: "/gone/" + name, What: "1 network", Remove: func(context.Context) error {
			removed = append(removed, name)
			return err
		}}
	}
	leftovers := func(all ...runtime.Leftover) doctor.Check {
		return doctor.Leftovers("leftovers", "", func(context.Context) ([]runtime.Leftover, error) { return all, nil })
	}
	stale := map[string]int{"/gone/a": 3}
	tidied := false
	found := doctor.Examine(t.Context(), []doctor.Check{
		leftovers(), leftovers(remove("a", nil), remove("b", nil)), leftovers(remove("c", errors.New("busy"))),
		doctor.Book(func() map[string]int { return stale }, func(context.Context) error { tidied = true; return nil }),
		doctor.Book(func() map[string]int { return nil }, func(context.Context) error { return errors.New("nothing is to be done") }),
		toolOf("", errors.New("none"), true),
	})
	if len(removed) > 0 || tidied {
		t.Fatalf("looking has removed %q", removed)
	}
	for i, want := range []doctor.State{doctor.OK, doctor.Warning, doctor.Warning, doctor.Warning, doctor.OK, doctor.Missing} {
		if found[i].State != want {
			t.Errorf("%d: %+v, want %s", i, found[i], want)
		}
	}
	found = doctor.Treat(t.Context(), found)
	if !slices.Equal(removed, []string{"a", "b", "c"}) || !tidied {
		t.Errorf("it removed %q, and tidied the book: %v", removed, tidied)
	}
	for i, want := range []bool{false, true, false, true, false, false} {
		if found[i].Fixed != want {
			t.Errorf("%d: fixed is %v: %+v", i, found[i].Fixed, found[i])
		}
	}
	if !strings.Contains(found[2].What, "busy") {
		t.Errorf("why it was not mended is not said: %s", found[2].What)
	}
	if got := doctor.Hindrances(found); !slices.Equal(got, []string{"go"}) {
		t.Errorf("what hinders is %q", got)
	}
}

func TestTheMachineItself(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "a", "b")
	if bytes, err := doctor.Room(none); bytes == 0 || err != nil {
		t.Errorf("where a folder will be there are %d bytes, %v", bytes, err)
	}
	if !doctor.Gone(none) || doctor.Gone(dir) {
		t.Error("which folder is gone is not seen")
	}
	if err := doctor.Write(none); err != nil || doctor.Gone(none) {
		t.Errorf("a new folder cannot be written: %v", err)
	}
	if left, _ := os.ReadDir(none); len(left) > 0 {
		t.Errorf("it has left %v", left)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := doctor.Write(file); err == nil {
		t.Error("a file was written in as if it were a folder")
	}
}
