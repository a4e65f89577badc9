package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/relay"
	"github.com/ccdev/ccdev/internal/relay/trace"
	"github.com/ccdev/ccdev/internal/wait"
)

func TestWhoMayCall(t *testing.T) {
	for name, tc := range map[string]struct {
		serverToken, auth, host string
		status                  int
	}{
		"the token":                 {token, "Bearer " + token, "127.0.0.1:7000", 200},
		"by name":                   {token, "Bearer " + token, "localhost:7000", 200},
		"no token":                  {token, "", "127.0.0.1:7000", 401},
		"a wrong token":             {token, "Bearer another", "127.0.0.1:7000", 401},
		"a part of the token":       {token, "Bearer " + token[:3], "127.0.0.1:7000", 401},
		"the token and more":        {token, "Bearer " + token + "x", "127.0.0.1:7000", 401},
		"the token in another form": {token, token, "127.0.0.1:7000", 401},
		"a foreign host":            {token, "Bearer " + token, "evil.example:7000", 403},
		"a host that begins well":   {token, "Bearer " + token, "127.0.0.1.evil.example:7000", 403},
		"another address":           {token, "Bearer " + token, "192.168.0.1:7000", 403},
		"no port":                   {token, "Bearer " + token, "127.0.0.1", 403},
	} {
		t.Run(name, func(t *testing.T) {
			u := serving(t, func(o *Options) { o.Token = tc.serverToken })
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u.http.URL+"/v1/status", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = tc.host
			req.Header.Set("Authorization", tc.auth)
			req.Header.Set("Origin", "http://evil.example")
			res, f := answered(t, req)
			if res.StatusCode != tc.status || (f.Code != "") != (tc.status != 200) {
				t.Errorf("the answer is %d, %+v", res.StatusCode, f)
			}
			for name := range res.Header {
				if strings.HasPrefix(name, "Access-Control") {
					t.Errorf("pages of other hosts are let in: %s", name)
				}
			}
			if strings.Contains(f.Message, token) {
				t.Errorf("the message tells the token: %s", f.Message)
			}
		})
	}
}

func TestAServerWithoutATokenLetsNobodyIn(t *testing.T) {
	entered := false
	h := guard("", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { entered = true }))
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:7000/v1/status", nil)
	r.Header.Set("Authorization", "Bearer ") // over a connection, the space would be cut off
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); entered || w.Code != http.StatusUnauthorized {
		t.Errorf("the answer is %d", w.Code)
	}
}

func TestEveryEndpointIsGuarded(t *testing.T) {
	u := serving(t, nil)
	for _, call := range []string{"GET /v1/status", "PUT /v1/generations/1?mode=server", "POST /v1/explain",
		"GET /v1/traces", "GET /v1/traces/tx", "GET /v1/traces?follow=1", "OPTIONS /v1/status", "GET /else"} {
		method, path, _ := strings.Cut(call, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, u.http.URL+path, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		if res, _ := answered(t, req); res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s without a token is answered %d", call, res.StatusCode)
		}
	}
	if len(stored(t, u.dir)) > 0 || len(u.relay.programs) > 0 {
		t.Error("something was stored")
	}
}

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

func TestExplain(t *testing.T) {
	u := serving(t, nil)
	if err := u.client.Explain(t.Context(), "it does not compile"); err != nil || !slices.Equal(u.relay.reasons, []string{"it does not compile"}) {
		t.Errorf("the reasons are %q (%v)", u.relay.reasons, err)
	}
	var refused *Refused
	if err := u.client.Explain(t.Context(), ""); !errors.As(err, &refused) || refused.Code != codeBadRequest {
		t.Errorf("the error is %v", err)
	}
	if err := u.client.Explain(t.Context(), strings.Repeat("x", maxJSON)); !errors.As(err, &refused) || len(u.relay.reasons) != 1 {
		t.Errorf("the error is %v", err)
	}
}

func TestTraces(t *testing.T) {
	u := serving(t, nil)
	last, err := u.client.Traces(t.Context(), 5, trace.Options{Reveal: true})
	if err != nil || len(last) != 1 || last[0].Generation != 5 || !last[0].Init {
		t.Errorf("the last are %+v (%v)", last, err)
	}
	all, err := u.client.Traces(t.Context(), 0, trace.Options{})
	if err != nil || len(all) != 1 || all[0].Generation != 0 || all[0].Init {
		t.Errorf("all are %+v (%v)", all, err)
	}
	one, err := u.client.Trace(t.Context(), "a/b", trace.Options{Reveal: true})
	if err != nil || len(one) != 1 || one[0].TxID != "a/b" || !one[0].Init {
		t.Errorf("one is %+v (%v)", one, err)
	}
	var refused *Refused
	if _, err := u.client.Trace(t.Context(), "unknown", trace.Options{}); !errors.As(err, &refused) || !refused.NotFound() || refused.Fix != "look" {
		t.Errorf("an unknown one is %+v", refused)
	}
	if _, err := u.client.Trace(t.Context(), "short", trace.Options{}); !errors.As(err, &refused) || !refused.Ambiguous() || refused.Fix != "say more" {
		t.Errorf("an ambiguous one is %+v", refused)
	}
	none := serving(t, func(o *Options) { o.Traces = nil })
	if _, err := none.client.Traces(t.Context(), 5, trace.Options{}); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("without traces the error is %v", err)
	}
	if err := none.client.Follow(t.Context(), trace.Options{}, nil); !errors.As(err, &refused) || refused.Status != 404 {
		t.Errorf("without traces the error is %v", err)
	}
}

func TestFollowEndsWhenTheClientGoes(t *testing.T) {
	u := serving(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	got := make(chan trace.Trace, 1)
	done := make(chan error, 1)
	go func() {
		done <- u.client.Follow(ctx, trace.Options{}, func(t trace.Trace) error { got <- t; return nil })
	}()
	for _, txid := range []string{"a", "b\nb"} {
		u.traces.sent <- trace.Trace{TxID: txid}
		if came := <-got; came.TxID != txid { // before the next one is there
			t.Errorf("%q came as %+v", txid, came)
		}
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	select {
	case <-u.traces.ended:
	case <-time.After(patience):
		t.Fatal("the server goes on")
	}
}

func TestFollowEndsWithItsReader(t *testing.T) {
	u := serving(t, nil)
	enough := errors.New("enough")
	go func() { u.traces.sent <- trace.Trace{} }()
	if err := u.client.Follow(t.Context(), trace.Options{}, func(trace.Trace) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the error is %v", err)
	}
	<-u.traces.ended
}

func TestServeEndsWithItsContext(t *testing.T) {
	u := serving(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served, followed := make(chan error, 1), make(chan error, 1)
	go func() { served <- u.Serve(ctx, l) }()
	c := Dial(l.Addr().String(), token)
	defer c.Close()
	got := make(chan struct{}, 1)
	go func() {
		followed <- c.Follow(t.Context(), trace.Options{}, func(trace.Trace) error { got <- struct{}{}; return nil })
	}()
	u.traces.sent <- trace.Trace{}
	<-got
	cancel()
	if err := <-served; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if err := <-followed; !errors.Is(err, ErrNotUp) {
		t.Errorf("who followed got %v", err)
	}
}

func TestTheLiveOneAfterACrashIsNoted(t *testing.T) {
	u := serving(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		path, err := u.store.receive(strings.NewReader(fmt.Sprint("g", n)), n, checksum(fmt.Sprint("g", n)))
		if err != nil {
			t.Fatal(err)
		}
		if err := u.store.remember(record{Generation: n, Program: path, Mode: relay.Server, SHA256: checksum(fmt.Sprint("g", n))}, func() int { return n }); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- u.Serve(ctx, l) }()
	u.relay.set(func() { u.relay.status.Live = 1 })
	err = wait.For(t.Context(), patience, func(context.Context) error {
		if p, _, err := Restore(u.dir); err != nil || p.Generation != 1 {
			return fmt.Errorf("restored is %+v (%w)", p, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}
