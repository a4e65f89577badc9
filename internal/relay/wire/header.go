package wire

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What gRPC says in headers (its document PROTOCOL-HTTP2).
const (
	contentType   = "application/grpc"
	statusHeader  = "grpc-status"
	messageHeader = "grpc-message"
	maxText       = 4096 // bytes of a message, which has to fit into a frame
)

// writeHeaders frames headers. The lock is held.
func (c *conn) writeHeaders(id uint32, last bool, fields []hpack.HeaderField) error {
	c.fields.Reset()
	for _, f := range fields {
		if err := c.encoder.WriteField(f); err != nil {
			return err
		}
	}
	return c.framer.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: c.fields.Bytes(), EndHeaders: true, EndStream: last})
}

// requestFields are what a stream is opened with.
func requestFields(security, authority, path string) []hpack.HeaderField {
	scheme := "http"
	if security == "tls" {
		scheme = "https"
	}
	return []hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: scheme}, {Name: ":path", Value: path}, {Name: ":authority", Value: authority},
		{Name: "content-type", Value: contentType}, {Name: "te", Value: "trailers"}, {Name: "user-agent", Value: "ccdev"},
	}
}

// responseFields are what a stream that was opened is answered with at once.
func responseFields() []hpack.HeaderField {
	return []hpack.HeaderField{{Name: ":status", Value: "200"}, {Name: "content-type", Value: contentType}}
}

// statusFields are what a stream ends with.
func statusFields(err error) []hpack.HeaderField {
	s := status.Convert(err)
	fields := []hpack.HeaderField{{Name: statusHeader, Value: strconv.Itoa(int(s.Code()))}}
	if text := s.Message(); text != "" {
		fields = append(fields, hpack.HeaderField{Name: messageHeader, Value: encodeText(text)})
	}
	return fields
}

// statusIn gives how a stream ended: io.EOF when all is well.
func statusIn(f *http2.MetaHeadersFrame) error {
	code, text := "", ""
	for _, field := range f.RegularFields() {
		switch field.Name {
		case statusHeader:
			code = field.Value
		case messageHeader:
			text = decodeText(field.Value)
		}
	}
	n, err := strconv.ParseUint(code, 10, 32)
	switch {
	case err != nil:
		return status.Errorf(codes.Unknown, "the other end has ended the stream with the status %q", code)
	case n == uint64(codes.OK):
		return io.EOF
	case text == "":
		text = "the other end has ended the stream"
	}
	return status.Error(codes.Code(n), text)
}

// encodeText writes a status message as a header takes it.
func encodeText(text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// decodeText reads one, as it is where it is not encoded as it should be.
func decodeText(text string) string {
	if decoded, err := url.PathUnescape(text); err == nil && utf8.ValidString(decoded) {
		return decoded
	}
	return text
}
