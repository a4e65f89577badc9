package trace

import (
	"bytes"
	"crypto/sha256"
	"strings"
	"unicode/utf8"
)

// blob is a value, or of a long one its head.
type blob struct {
	size int
	head []byte
	sum  *[sha256.Size]byte // of a long one
}

func newBlob(b []byte) blob {
	if len(b) <= maxValue {
		return blob{size: len(b), head: b}
	}
	sum := sha256.Sum256(b)
	return blob{size: len(b), head: bytes.Clone(b[:headSize]), sum: &sum}
}

func (b blob) hash() [sha256.Size]byte {
	if b.sum != nil {
		return *b.sum
	}
	return sha256.Sum256(b.head)
}

func (b blob) weight() int { return 64 + len(b.head) }

func weights(all []blob) int {
	sum := 0
	for _, b := range all {
		sum += b.weight()
	}
	return sum
}

// newBlobs keeps the first hundred, and counts the others.
func newBlobs(all [][]byte) (kept []blob, omitted int) {
	n := min(len(all), maxItems)
	kept = make([]blob, n)
	for i, b := range all[:n] {
		kept[i] = newBlob(b)
	}
	return kept, len(all) - n
}

// bounded cuts a text, which then ends in "…", and makes it UTF-8.
func bounded(s string, limit int) string {
	if len(s) > limit {
		s = string(wholeRunes([]byte(s[:limit]))) + "…"
	}
	if utf8.ValidString(s) {
		return strings.Clone(s)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
