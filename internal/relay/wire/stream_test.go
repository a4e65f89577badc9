package wire

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

// secured gives the credentials of both ends.
func secured(t testing.TB) (server, client credentials.TransportCredentials) {
	t.Helper()
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), DNSNames: []string{authority},
	}
	raw := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	pool := x509.NewCertPool()
	pool.AddCert(must(x509.ParseCertificate(raw)))
	return credentials.NewTLS(&tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}),
		credentials.NewTLS(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
}

// ends has a test run with each end of a stream being gRPC's own, or this package's, over TLS and not.
func ends(t *testing.T, h func(s talk) error, test func(t *testing.T, open func(ctx context.Context) talk)) {
	for name, creds := range map[string]func(testing.TB) (server, client credentials.TransportCredentials){
		"plain": func(testing.TB) (server, client credentials.TransportCredentials) {
			return insecure.NewCredentials(), insecure.NewCredentials()
		},
		"TLS": secured,
	} {
		t.Run(name, func(t *testing.T) {
			atServer, atClient := creds(t)
			mine := func(t *testing.T, addr string) func(context.Context) talk {
				c := client(t, addr, Options{Credentials: atClient, MaxMessage: maxMessage})
				return func(ctx context.Context) talk { return must(c.Open(ctx, echoPath, true)) }
			}
			t.Run("gRPC's client", func(t *testing.T) {
				addr, _ := serve(t, Options{Credentials: atServer, MaxMessage: maxMessage}, func(s *Stream) error { return h(s) })
				test(t, func(ctx context.Context) talk { return others{grpcStream(ctx, t, addr, echoPath, atClient)} })
			})
			t.Run("gRPC's server", func(t *testing.T) {
				addr, _ := grpcServer(t, atServer, func(s grpc.ServerStream) error { return h(others{s}) })
				test(t, mine(t, addr))
			})
			t.Run("neither", func(t *testing.T) {
				addr, _ := serve(t, Options{Credentials: atServer, MaxMessage: maxMessage}, func(s *Stream) error { return h(s) })
				test(t, mine(t, addr))
			})
		})
	}
}

// Messages of any size come as they were sent, in their order, and several streams do not mix.
func TestMessages(t *testing.T) {
	var sizes []int
	for _, size := range []int{0, frameSize, maxWrite, 64 << 10, window, maxPending} {
		for _, off := range []int{-prefixLen - 1, -prefixLen, 0, 1} {
			sizes = append(sizes, max(size+off, 0))
		}
	}
	sizes = append(sizes, 7<<20, 0, maxMessage, 1)
	ends(t, echo, func(t *testing.T, open func(context.Context) talk) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		failures := make(chan error)
		const streams = 2
		for i := range streams {
			s := open(ctx)
			content := func(n int) []byte { return bytes.Repeat([]byte{byte(i), byte(n)}, sizes[n]/2+1)[:sizes[n]] }
			go func() {
				for n := range sizes {
					if err := s.Send(content(n)); err != nil {
						failures <- err
						return
					}
				}
			}()
			go func() {
				for n := range sizes {
					msg, err := s.Recv()
					if err == nil && !bytes.Equal(msg, content(n)) {
						err = errors.New("a message has become another one")
					}
					if err != nil {
						failures <- err
						return
					}
				}
				failures <- nil
			}()
		}
		for range streams {
			if err := <-failures; err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A stream ends as its handler ends it, after all that it has sent.
func TestEnds(t *testing.T) {
	const text = "100 % of Grüße\nare here"
	h := func(s talk) error {
		msg, err := s.Recv()
		if err != nil {
			return err
		}
		for range 3 {
			if err := s.Send(msg); err != nil {
				return err
			}
		}
		switch string(msg) {
		case "well":
			return nil
		case "silently":
			return status.Error(codes.Aborted, "")
		}
		return status.Error(codes.FailedPrecondition, text)
	}
	ends(t, h, func(t *testing.T, open func(context.Context) talk) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		for _, how := range []string{"well", "badly", "silently"} {
			s := open(ctx)
			if err := s.Send([]byte(how)); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if msg, err := s.Recv(); err != nil || string(msg) != how {
					t.Errorf("received is %q (%v)", msg, err)
				}
			}
			_, err := s.Recv()
			switch how {
			case "well":
				if !errors.Is(err, io.EOF) {
					t.Errorf("it ended with %v", err)
				}
			case "badly":
				expectStatus(t, err, codes.FailedPrecondition, text)
			case "silently":
				expectStatus(t, err, codes.Aborted, "")
			}
			for err = nil; err == nil; {
				err = s.Send([]byte("more"))
			}
			if !errors.Is(err, io.EOF) {
				t.Errorf("to send more gives %v", err)
			}
		}
	})
}

func TestNobodyServesIt(t *testing.T) {
	addr, _ := serve(t, plain(), func(s *Stream) error { return echo(s) })
	_, err := others{grpcStream(t.Context(), t, addr, "/test.Test/Other", insecure.NewCredentials())}.Recv()
	expectStatus(t, err, codes.Unimplemented, "nobody serves /test.Test/Other here")
	addr, _ = grpcServer(t, insecure.NewCredentials(), func(s grpc.ServerStream) error { return echo(others{s}) })
	s := must(client(t, addr, plain()).Open(t.Context(), "/test.Test/Other", true))
	_, err = s.Recv()
	expectStatus(t, err, codes.Unimplemented, "unknown method Other")
}

// One who opens a stream ends it by its context, and the handler hears of it.
func TestCancel(t *testing.T) {
	gone := make(chan error, 1)
	h := func(s talk) error {
		err := echo(s)
		gone <- err
		return err
	}
	ends(t, h, func(t *testing.T, open func(context.Context) talk) {
		ctx, cancel := context.WithCancel(t.Context())
		s := open(ctx)
		if err := s.Send([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Recv(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Millisecond, cancel)
		within(t, "the client", func() {
			_, err := s.Recv()
			expectStatus(t, err, codes.Canceled, "")
		})
		within(t, "the handler", func() {
			if err := <-gone; status.Code(err) != codes.Canceled {
				t.Errorf("the handler hears %v", err)
			}
		})
	})
}

// One that has nothing more to send may still receive.
func TestHalfClosed(t *testing.T) {
	got := make(chan string, 1)
	addr, _ := serve(t, plain(), func(s *Stream) error {
		msg, err := s.Recv()
		if err != nil {
			return err
		}
		if _, err = s.Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("after the last message comes %v", err)
		}
		got <- string(msg)
		return s.Send([]byte("late"))
	})
	s := grpcStream(t.Context(), t, addr, echoPath, insecure.NewCredentials())
	if err := (others{s}).Send([]byte("all")); err != nil || s.CloseSend() != nil {
		t.Fatal(err)
	}
	within(t, "the answer", func() {
		if msg, err := (others{s}).Recv(); err != nil || string(msg) != "late" || <-got != "all" {
			t.Errorf("received is %q (%v)", msg, err)
		}
		if _, err := (others{s}).Recv(); !errors.Is(err, io.EOF) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// A message that is too large ends its stream, and no other one.
func TestTooLarge(t *testing.T) {
	o := plain()
	o.MaxMessage = 100
	sent := make(chan error, 10)
	addr, _ := serve(t, o, func(s *Stream) error {
		err := echo(s)
		sent <- err
		return err
	})
	c := client(t, addr, plain())
	small, large := must(c.Open(t.Context(), echoPath, true)), must(c.Open(t.Context(), echoPath, true))
	within(t, "the ends", func() {
		if err := large.Send(make([]byte, 101)); err != nil {
			t.Error(err)
		}
		_, err := large.Recv()
		expectStatus(t, err, codes.ResourceExhausted, "a message of 101 bytes, and 100 is the most")
		expectStatus(t, <-sent, codes.ResourceExhausted, "101")
		if err := small.Send(make([]byte, 100)); err != nil {
			t.Error(err)
		}
		if msg, err := small.Recv(); err != nil || len(msg) != 100 {
			t.Errorf("the other stream gives %d bytes (%v)", len(msg), err)
		}
	})
}

// sends has a stream send without end, and tells of each message that was sent.
func sends(ctx context.Context, s talk) <-chan struct{} {
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for s.Send(make([]byte, 64<<10)) == nil {
			select {
			case sent <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return sent
}

// stalls waits until nothing is sent any more, which has to be soon.
func stalls(t *testing.T, sent <-chan struct{}) {
	t.Helper()
	for n := 0; ; n++ {
		if n > 320 { // 20 MiB, of which kernels take some
			t.Fatalf("%d messages were sent to one who receives none", n)
		}
		select {
		case _, more := <-sent:
			if !more {
				t.Fatal("the stream has ended")
			}
		case <-time.After(200 * time.Millisecond):
			return
		}
	}
}

// One who does not receive is not sent more than it has room for, and keeps no other stream waiting.
func TestBackpressure(t *testing.T) {
	begin := make(chan struct{})
	h := func(s talk) error {
		msg, err := s.Recv()
		if err != nil || string(msg) == "echo" {
			return errors.Join(err, s.Send(msg), echo(s))
		}
		<-begin
		for err == nil {
			_, err = s.Recv()
		}
		return err
	}
	ends(t, h, func(t *testing.T, open func(context.Context) talk) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		sent := sends(ctx, open(ctx))
		stalls(t, sent)
		quick := open(ctx)
		within(t, "the other stream", func() {
			for range 100 {
				if err := quick.Send([]byte("echo")); err != nil {
					t.Error(err)
				}
				if _, err := quick.Recv(); err != nil {
					t.Error(err)
				}
			}
		})
		begin <- struct{}{}
		within(t, "the slow stream", func() {
			for range 500 {
				<-sent
			}
		})
	})
}
