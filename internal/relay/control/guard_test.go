package control

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
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
