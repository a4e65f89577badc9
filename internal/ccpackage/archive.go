package ccpackage

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"hash/crc32"

	"github.com/ccdev/ccdev/internal/fault"
)

type file struct {
	name string
	data []byte
}

// tarGz archives the files in the order given, with nothing in it that varies: no times, no
// owner, one mode.
func tarGz(files []file) ([]byte, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(f.data)), Mode: 0o644}
		if err := w.WriteHeader(header); err != nil {
			return nil, cannotArchive(f.name, err)
		}
		if _, err := w.Write(f.data); err != nil {
			return nil, cannotArchive(f.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, cannotArchive("the end", err)
	}
	return gzipStored(buf.Bytes()), nil
}

func cannotArchive(name string, err error) error {
	return fault.New(fault.Usage, "give the file a shorter, plain name",
		"%s does not go into the package: %w", name, err)
}

// gzipHeader is a gzip header without name, time or operating system (RFC 1952, 2.3).
const gzipHeader = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"

// maxStored is how much one stored block of deflate holds (RFC 1951, 3.2.4).
const maxStored = 0xffff

// gzipStored wraps data as gzip without compressing it. The output of compress/gzip may change
// with a release of Go, and with it the ID of a package that has not changed; a package of a few
// kilobytes has nothing to gain from compression anyway.
func gzipStored(data []byte) []byte {
	out := []byte(gzipHeader)
	for rest := data; ; {
		block := rest[:min(len(rest), maxStored)]
		rest = rest[len(block):]
		last := byte(0)
		if len(rest) == 0 {
			last = 1
		}
		size := uint16(len(block)) //nolint:gosec // at most maxStored
		out = append(out, last)
		out = binary.LittleEndian.AppendUint16(out, size)
		out = binary.LittleEndian.AppendUint16(out, ^size)
		out = append(out, block...)
		if last == 1 {
			break
		}
	}
	out = binary.LittleEndian.AppendUint32(out, crc32.ChecksumIEEE(data))
	return binary.LittleEndian.AppendUint32(out, uint32(len(data))) //nolint:gosec // modulo 2^32, as RFC 1952 has it
}

// encode is JSON on one line, with <, > and & as they are: templates use them.
func encode(value any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	// Only structs of strings and booleans come here, and they always encode.
	_ = e.Encode(value)
	return buf.Bytes()
}
