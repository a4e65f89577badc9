package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/wait"
)

func TestAnUploadThatIsRefused(t *testing.T) {
	const good = "/v1/generations/7?mode=server"
	for name, tc := range map[string]struct {
		path   string
		limit  int64
		change func(*http.Request)
		status int
		code   string
	}{
		"not a number":         {path: "/v1/generations/seven?mode=server", status: 400, code: codeBadRequest},
		"before the first":     {path: "/v1/generations/0?mode=server", status: 400, code: codeBadRequest},
		"no mode":              {path: "/v1/generations/7", status: 400, code: codeBadRequest},
		"another mode":         {path: "/v1/generations/7?mode=both", status: 400, code: codeBadRequest},
		"no checksum":          {path: good, change: func(r *http.Request) { r.Header.Del(checksumHeader) }, status: 400, code: codeBadRequest},
		"a path as a checksum": {path: good, change: func(r *http.Request) { r.Header.Set(checksumHeader, "/../../x") }, status: 400, code: codeBadRequest},
		"another checksum":     {path: good, change: func(r *http.Request) { r.Header.Set(checksumHeader, checksum("other")) }, status: 422, code: codeChecksum},
		"said to be too large": {path: good, limit: 4, status: 413, code: codeTooLarge},
		"too large":            {path: good, limit: 4, change: func(r *http.Request) { r.ContentLength = -1 }, status: 413, code: codeTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			u := serving(t, nil)
			if tc.limit > 0 {
				u.limit = tc.limit
			}
			res, f := u.put(t, tc.path, "program", tc.change)
			if res.StatusCode != tc.status || f.Code != tc.code || f.Message == "" {
				t.Errorf("the answer is %d, %+v", res.StatusCode, f)
			}
			if got := stored(t, u.dir); len(got) > 0 || len(u.relay.programs) > 0 {
				t.Errorf("%q are stored, %v were swapped to", got, u.relay.programs)
			}
		})
	}
}

func TestAnUploadThatIsCutOff(t *testing.T) {
	u := serving(t, nil)
	conn, err := net.Dial("tcp", u.address())
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "PUT /v1/generations/7?mode=server HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s: %s\r\nContent-Length: 7\r\n\r\npro",
		u.address(), token, checksumHeader, checksum("program"))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil { // as a client that dies
		t.Fatal(err)
	}
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), codeCutOff) {
		t.Errorf("the answer is %s", text)
	}
	if got := stored(t, u.dir); len(got) > 0 || len(u.relay.programs) > 0 {
		t.Errorf("%q are stored, %v were swapped to", got, u.relay.programs)
	}
	_ = conn.Close()
}

func TestADeliveredProgramIsLive(t *testing.T) {
	u := serving(t, nil)
	d, err := u.client.Deliver(t.Context(), 7, file(t, "program"), relay.Client)
	if err != nil || d.Generation != 7 || d.State != "live" || d.Warning != "" {
		t.Fatalf("it is %+v (%v)", d, err)
	}
	p := u.relay.programs[0]
	if p.Generation != 7 || p.Mode != relay.Client || u.relay.contents[0] != "program" {
		t.Errorf("%+v was swapped to, and is %q", p, u.relay.contents[0])
	}
	if info, err := os.Stat(p.Path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the program is %v (%v)", info.Mode(), err)
	}
	if got, found, err := Restore(u.dir); got != p || !found || err != nil {
		t.Errorf("restored is %+v, %v (%v), want %+v", got, found, err, p)
	}
	if s, err := u.client.Status(t.Context()); err != nil || s.Live != 7 {
		t.Errorf("the status is %+v (%v)", s, err)
	}
}

func TestAProgramThatDoesNotBecomeLive(t *testing.T) {
	exit := &relay.Exit{Code: 2, How: "exit code 2", Log: []string{"panic: lost", "goroutine 1"}}
	for name, tc := range map[string]struct {
		err        error
		status     int
		ready      bool // false for a NotReady
		superseded bool
		exit       *relay.Exit
		fix        string
	}{
		"it has no TLS": {err: &relay.NotReady{Generation: 8, Why: relay.Disagree, Err: fault.New(fault.Chaincode, "give it one", "no TLS")},
			status: 422, fix: "give it one"},
		"it crashes":     {err: &relay.NotReady{Generation: 8, Why: relay.Ended, Exit: exit}, status: 422, exit: exit},
		"it is too slow": {err: &relay.NotReady{Generation: 8, Why: relay.TooLate, Limit: time.Second}, status: 422},
		"a newer came":   {err: &relay.NotReady{Generation: 8, Why: relay.Superseded}, status: 409, ready: true, superseded: true},
		"the relay ends": {err: &relay.NotReady{Generation: 8, Why: relay.Closed}, status: 409, ready: true},
		"another error":  {err: errors.New("broken"), status: 409, ready: true},
	} {
		t.Run(name, func(t *testing.T) {
			u := serving(t, nil)
			if _, err := u.client.Deliver(t.Context(), 7, file(t, "seven"), relay.Server); err != nil {
				t.Fatal(err)
			}
			u.relay.set(func() { u.relay.swap = func(context.Context, relay.Program) error { return tc.err } })
			_, err := u.client.Deliver(t.Context(), 8, file(t, "eight"), relay.Server)
			var refused *Refused
			if !errors.As(err, &refused) {
				t.Fatalf("the error is %v", err)
			}
			if refused.Status != tc.status || refused.NotReady() == tc.ready || refused.Superseded() != tc.superseded || refused.Message == "" || refused.Fix != tc.fix {
				t.Errorf("it is %+v", refused)
			}
			if (refused.Exit == nil) != (tc.exit == nil) || tc.exit != nil &&
				(refused.Exit.Code != tc.exit.Code || refused.Exit.How != tc.exit.How || !slices.Equal(refused.Exit.Log, tc.exit.Log)) {
				t.Errorf("the exit is %+v, want %+v", refused.Exit, tc.exit)
			}
			if strings.Contains(refused.Message, "panic: lost") {
				t.Errorf("the message repeats the log: %s", refused.Message)
			}
			if len(exit.Log) != 2 {
				t.Error("the relay's own record has lost its log")
			}
			if got := stored(t, u.dir); !slices.Equal(got, []string{"seven"}) {
				t.Errorf("%q are stored", got)
			}
			if p, _, err := Restore(u.dir); err != nil || p.Generation != 7 {
				t.Errorf("restored is %+v (%v)", p, err)
			}
		})
	}
}

func TestOnlyOldProgramsGo(t *testing.T) {
	for state, want := range map[relay.State][]string{
		relay.Starting: {"one", "two"}, // again, after a crash
		relay.Draining: {"one", "two"},
		relay.Standby:  {"one", "two"},
		relay.Crashed:  {"two"},
		relay.Stopped:  {"two"},
	} {
		t.Run(string(state), func(t *testing.T) {
			u := serving(t, nil)
			u.relay.before = state
			for n, content := range []string{"one", "two"} {
				if _, err := u.client.Deliver(t.Context(), n+1, file(t, content), relay.Server); err != nil {
					t.Fatal(err)
				}
			}
			if got := stored(t, u.dir); !slices.Equal(got, want) {
				t.Errorf("%q are stored, want %q", got, want)
			}
		})
	}
}

// TestDeliveriesAtOnce has the older of two end last.
func TestDeliveriesAtOnce(t *testing.T) {
	u := serving(t, nil)
	entered, release := make(chan struct{}), make(chan struct{})
	u.relay.set(func() {
		u.relay.swap = func(_ context.Context, p relay.Program) error {
			if p.Generation == 1 {
				close(entered)
				<-release
			}
			return nil
		}
	})
	first := make(chan error, 1)
	one, two := file(t, "one"), file(t, "two")
	go func() {
		_, err := u.client.Deliver(t.Context(), 1, one, relay.Server)
		first <- err
	}()
	<-entered
	if _, err := u.client.Deliver(t.Context(), 2, two, relay.Server); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, u.dir); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("%q are stored while one is being swapped to", got)
	}
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	// Here the fake has made the first one live, whoever was first: that is what counts.
	if p, _, err := Restore(u.dir); err != nil || p.Generation != u.relay.Status().Live {
		t.Errorf("restored is %+v (%v)", p, err)
	}
}

func TestADeliveryEndsWithItsClient(t *testing.T) {
	u := serving(t, nil)
	entered, ended := make(chan struct{}), make(chan error, 1)
	u.relay.set(func() {
		u.relay.swap = func(ctx context.Context, _ relay.Program) error {
			close(entered)
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	newer := errors.New("a newer save")
	go func() { <-entered; cancel(newer) }()
	if _, err := u.client.Deliver(ctx, 1, file(t, "one"), relay.Server); !errors.Is(err, newer) {
		t.Errorf("the error is %v", err)
	}
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the swap ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the swap goes on")
	}
	gone(t, u.dir)
}

// gone waits for the folder to have no program.
func gone(t *testing.T, dir string) {
	t.Helper()
	err := wait.For(t.Context(), patience, func(context.Context) error {
		if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) > 0 {
			return fmt.Errorf("there is %v", names)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDeliveriesWaitForTheRestart(t *testing.T) {
	ready := make(chan struct{})
	u := serving(t, func(o *Options) { o.Ready = ready })
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	program := file(t, "one")
	go func() {
		_, err := u.client.Deliver(ctx, 1, program, relay.Server)
		done <- err
	}()
	if err := wait.For(t.Context(), patience, func(context.Context) error {
		if len(stored(t, u.dir)) == 0 {
			return errors.New("it is not there")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(u.relay.Status().Generations) > 0 {
		t.Error("it was swapped to")
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	gone(t, u.dir)
	close(ready)
	if _, err := u.client.Deliver(t.Context(), 2, program, relay.Server); err != nil {
		t.Error(err)
	}
}
