package wire

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The first tries to connect follow each other quickly, because the other end is about to listen.
const (
	firstPause = 5 * time.Millisecond // between two tries; each is longer than the one before
	lastPause  = 50 * time.Millisecond
	tryLimit   = 2 * time.Second // of one
)

// Client opens streams to a server, all on one connection, which it makes when it needs one.
type Client struct {
	address   string
	authority string
	options   Options
	dial      func(ctx context.Context, network, address string) (net.Conn, error)
	ctx       context.Context // ends with Close
	cancel    context.CancelFunc
	making    chan struct{} // has room for the one who may make the connection
	conn      *conn         // the last one; whoever makes them may use it
	tasks     sync.WaitGroup
}

// NewClient makes a client of the server at an address, host:port, whose certificate is for the
// authority, host or host:port. Close ends it.
func NewClient(address, authority string, o Options) *Client {
	c := &Client{address: address, authority: authority, options: o, dial: (&net.Dialer{}).DialContext, making: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Open opens a stream to a gRPC method by its path ("/service/method"). It ends with ctx. One who is
// patient tries until ctx ends, or the client is closed.
func (c *Client) Open(ctx context.Context, path string, patient bool) (*Stream, error) {
	pause := firstPause
	for {
		s, err := c.open(ctx, path)
		if err == nil {
			return s, nil
		}
		if !patient {
			return nil, status.Errorf(codes.Unavailable, "%s cannot be reached: %v", c.address, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, status.FromContextError(ctx.Err()).Err()
		case <-c.ctx.Done():
			return nil, errClosed
		}
		pause = min(pause*6/5, lastPause)
	}
}

var errClosed = status.Error(codes.Canceled, "the client is closed")

func (c *Client) open(ctx context.Context, path string) (*Stream, error) {
	select {
	case c.making <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-c.making }()
	if c.ctx.Err() != nil {
		return nil, errClosed
	}
	fields := requestFields(c.options.Credentials.Info().SecurityProtocol, c.authority, path)
	if c.conn != nil {
		if s, err := c.conn.request(ctx, fields); !errors.Is(err, errGone) {
			return s, err
		}
	}
	if err := c.connect(ctx); err != nil {
		return nil, err
	}
	return c.conn.request(ctx, fields)
}

// connect makes a connection.
func (c *Client) connect(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, tryLimit)
	defer cancel()
	defer context.AfterFunc(c.ctx, cancel)()
	raw, err := c.dial(ctx, "tcp", c.address)
	if err != nil {
		return err
	}
	conn := newConn(raw, c.options.MaxMessage)
	secured, _, err := c.options.Credentials.ClientHandshake(ctx, c.authority, conn.socket)
	if err == nil {
		err = conn.greet(secured, http2.ClientPreface, http2.Setting{ID: http2.SettingEnablePush, Val: 0})
	}
	if err != nil {
		_ = conn.socket.Close()
		return err
	}
	c.tasks.Go(func() {
		defer context.AfterFunc(c.ctx, func() { conn.close(errClosed) })()
		conn.run()
	})
	select {
	case <-conn.ready:
		c.conn = conn
		return nil
	case <-conn.ended:
		return conn.err
	case <-ctx.Done():
		conn.close(ctx.Err())
		<-conn.ended
		return errors.New("it is silent")
	}
}

// Close ends the connection, and returns when nothing of the client runs any more.
func (c *Client) Close() {
	c.cancel()
	c.making <- struct{}{} // whoever makes a connection has ended, and nobody begins
	<-c.making
	c.tasks.Wait()
}

// errGone is for where another connection is needed.
var errGone = errors.New("the connection is closing")

// request opens a stream that ends with ctx.
func (c *conn) request(ctx context.Context, fields []hpack.HeaderField) (*Stream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.leaving || c.last >= lastStream {
		return nil, errGone
	}
	c.last += 1 + c.last%2 // 1, 3, 5, ...
	s := c.newStream(c.last)
	if err := c.write(func(*http2.Framer) error { return c.writeHeaders(s.id, false, fields) }); err != nil {
		s.end(err)
		return nil, err
	}
	unwatch := context.AfterFunc(ctx, func() { s.abort(status.FromContextError(ctx.Err()).Err()) })
	context.AfterFunc(s.ctx, func() { unwatch() })
	return s, nil
}
