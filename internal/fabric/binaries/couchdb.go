package binaries

import (
	"cmp"
	"context"
	"strings"
)

// CouchDBImage is the image that a version of Fabric is tested with (integration/nwo/runner/couchdb.go).
func CouchDBImage(version string) string {
	if strings.HasPrefix(version, "2.") {
		return "couchdb:3.3.3"
	}
	return "couchdb:3.4.2"
}

// couchDB provides the image of the state databases, where they are wanted. It is pulled wherever
// Fabric itself is from.
func (s *supply) couchDB(ctx context.Context) (string, error) {
	if !s.want.CouchDB {
		return "", nil
	}
	const fix = "check the network, load the image with \"docker load\", or name another one: images: {couchdb: NAME} in ccdev.yaml"
	ref := cmp.Or(s.want.CouchDBImage, CouchDBImage(s.want.Version))
	if found, err := s.has(ctx, ref); found || err != nil {
		return ref, err
	}
	s.progress("pulling "+ref, 0, 0)
	if err := pull(ctx, s.store, ref, s.progress); err != nil {
		return "", s.notPulled(ctx, ref, fix, err)
	}
	s.note("pulled " + ref)
	s.made = true
	return ref, nil
}
