package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
)

// Tool is a program that ccdev calls.
type Tool struct {
	Name string
	Why  string
	Fix  string
	Need bool // without it, this project does not come up

	// Version asks the program for its version.
	Version func(ctx context.Context) (string, error)
}

// Tools looks whether a program is there, and runs.
func Tools(t Tool) Check {
	return func(ctx context.Context) Finding {
		version, err := t.Version(ctx)
		if err != nil {
			return missing(t.Name, t.Why, err.Error(), t.Fix, t.Need)
		}
		return ok(t.Name, t.Why, firstLine(version))
	}
}

// Room that is little: Fabric's images or programs and their modules take about 2 GB the first
// time, and a network that stands still about 100 MB.
const (
	littleRoom = 3 << 30
	noRoom     = 200 << 20
)

// Disk looks how much room is left where a folder is.
func Disk(name, dir, why string, free func(dir string) (uint64, error)) Check {
	return func(context.Context) Finding {
		bytes, err := free(dir)
		const fix = "make room: \"docker system df\" and \"go clean -modcache\" tell and free what can be had again"
		if err != nil {
			return missing(name, why, err.Error(), "see that "+dir+" can be read, or set CCDEV_CACHE", false)
		}
		what := fmt.Sprintf("%.1f GB are free in %s", float64(bytes)/1e9, dir)
		switch {
		case bytes < noRoom:
			return missing(name, why, what, fix, true)
		case bytes < littleRoom:
			return warning(name, why, what, fix)
		}
		return ok(name, why, what)
	}
}

// Folder looks whether a folder can be written.
func Folder(name, dir, why, fix string, write func(dir string) error) Check {
	return func(context.Context) Finding {
		if err := write(dir); err != nil {
			return missing(name, why, err.Error(), fix, true)
		}
		return ok(name, why, dir)
	}
}

// skew is the difference of two clocks that nobody notices: certificates are valid from an hour
// before they were made.
const skew = 5 * time.Minute

// Clock compares this machine's clock with the engine's, which runs in a machine of its own on
// macOS and Windows, and with a time that has certainly been: that of a file of ccdev's.
func Clock(now, been func() time.Time, engine func(ctx context.Context) (time.Time, error)) Check {
	const name, why = "clock", "certificates are valid for a time, and peers refuse transactions from another one"
	return func(ctx context.Context) Finding {
		here := now()
		if here.Before(been().Add(-skew)) {
			return missing(name, why, "it says "+here.Format(time.DateTime)+", and there are files from later",
				"set this machine's clock", true)
		}
		there, err := engine(ctx)
		if err != nil { // the check of the engine says so
			return ok(name, why, here.Format(time.DateTime))
		}
		if apart := there.Sub(now()).Abs().Round(time.Second); apart > skew {
			return warning(name, why, fmt.Sprintf("the engine's differs from this machine's by %s", apart),
				"restart Docker, or the machine that it runs in")
		}
		return ok(name, why, here.Format(time.DateTime))
	}
}

// Address looks for an IPv4 address that a peer takes.
func Address(need bool, addresses func() ([]net.Addr, error)) Check {
	return Fault("address", "a peer that is a plain process does not start without one", need,
		func(context.Context) (string, error) { return PeerAddress(addresses) })
}

// PeerAddress is an IPv4 address of this machine that a peer takes: it does not start without one besides
// the loopback's (Fabric's core/peer/config.go), wherever it is told to listen. Where there is none the
// error is a fault of the kind Boot.
func PeerAddress(addresses func() ([]net.Addr, error)) (string, error) {
	all, err := addresses()
	for _, a := range all {
		if ip, is := a.(*net.IPNet); is && ip.IP.To4() != nil && !ip.IP.IsLoopback() {
			return ip.IP.String(), nil
		}
	}
	if err == nil {
		err = errors.New("it has none besides the loopback's")
	}
	return "", fault.New(fault.Boot, "connect it to any network, with or without internet; on Linux, \"ip addr add 192.0.2.1/32 dev lo\" will do",
		"this machine has no IPv4 address for peers that are plain processes: %w", err)
}

// Fault is a check of something that is right unless it returns an error, whose fix it takes.
func Fault(name, why string, hinders bool, look func(ctx context.Context) (what string, err error)) Check {
	return func(ctx context.Context) Finding {
		what, err := look(ctx)
		if err != nil {
			f := fault.From(err)
			return missing(name, why, f.What, strings.TrimSpace(f.Fix), hinders)
		}
		return ok(name, why, what)
	}
}
