package binaries

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
)

func TestCouchDBImage(t *testing.T) {
	for _, tc := range []struct {
		name            string
		want            Want
		local, pullable []string
		image           string // "" for none
		pulled          bool
	}{
		{name: "not wanted", want: Want{CouchDBImage: "my/couchdb"}},
		{name: "of Fabric 3", want: Want{CouchDB: true}, pullable: []string{"couchdb:3.4.2"}, image: "couchdb:3.4.2", pulled: true},
		{name: "of Fabric 2.5", want: Want{CouchDB: true, Version: "2.5.9"}, pullable: []string{"couchdb:3.3.3"}, image: "couchdb:3.3.3", pulled: true},
		{name: "local", want: Want{CouchDB: true}, local: []string{"couchdb:3.4.2"}, image: "couchdb:3.4.2"},
		{name: "named", want: Want{CouchDB: true, CouchDBImage: "my/couchdb"}, local: []string{"my/couchdb", "couchdb:3.4.2"}, image: "my/couchdb"},
		{name: "beside a compiled Fabric", want: Want{CouchDB: true, Source: SourceBuild}, pullable: []string{"couchdb:3.4.2"}, image: "couchdb:3.4.2", pulled: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			store := &fakeStore{local: tc.local, pullable: tc.pullable}
			tc.want.Agent, tc.want.CacheDir = testAgent(t), t.TempDir()
			images, err := ensure(t.Context(), store, tc.want, nil, (&fakeCompile{dir: t.TempDir()}).compile)
			if err != nil || images.CouchDB != tc.image {
				t.Fatalf("the image is %q (%v)", images.CouchDB, err)
			}
			if pulled := strings.Contains(images.How, "pulled "+tc.image); pulled != tc.pulled && tc.image != "" {
				t.Errorf("it says %q", images.How)
			}
		})
	}
}

func TestACouchDBThatCannotBePulled(t *testing.T) {
	store := &fakeStore{}
	want := Want{CouchDB: true, Agent: testAgent(t), CacheDir: t.TempDir()}
	_, err := ensure(t.Context(), store, want, nil, (&fakeCompile{dir: t.TempDir()}).compile)
	f := fault.From(err)
	if f == nil || f.Kind != fault.Boot || !strings.Contains(f.What, "image couchdb:3.4.2 cannot be pulled") ||
		!strings.Contains(f.Fix, "images: {couchdb: NAME}") {
		t.Errorf("the error is %v", err)
	}
}
