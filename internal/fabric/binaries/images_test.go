package binaries

import (
	"archive/tar"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/runtime"
)

// sourceTest is one way to come by images.
type sourceTest struct {
	name            string
	want            Want
	local, pullable []string
	peer, peerBase  string // the base of the peer that is made; "none" when none is made
	orderer         string
	pulled          []string
	compiled        bool
	how             []string
}

func sourceTests() []sourceTest {
	both := []string{officialPeer, officialOrderer}
	const ownPeer, ownOrderer = "example.org/my/peer:7", "example.org/my/orderer:7"
	const ownPeerExtended = testPeer + "-5deb9e31"
	return []sourceTest{
		{name: "ours are here", local: []string{testPeer, testOrderer}, pullable: both,
			peer: testPeer, peerBase: "none", orderer: testOrderer, how: []string{testPeer + " is local"}},
		{name: "ours are here, to be pulled", want: Want{Source: SourcePull}, local: []string{testPeer, testOrderer}, pullable: both,
			peer: testPeer, peerBase: "none", orderer: testOrderer},
		{name: "official ones are here", local: both,
			peer: testPeer, peerBase: officialPeer, orderer: officialOrderer, how: []string{officialPeer + " is local"}},
		{name: "pulled", pullable: both,
			peer: testPeer, peerBase: officialPeer, orderer: officialOrderer, pulled: both, how: []string{"pulled " + officialPeer}},
		{name: "pulled on demand", want: Want{Source: SourcePull}, pullable: both,
			peer: testPeer, peerBase: officialPeer, orderer: officialOrderer, pulled: both},
		{name: "nothing to pull", peer: testPeer, orderer: testOrderer, pulled: both[:1], compiled: true,
			how: []string{"compiled Fabric 3.1.1 (" + officialPeer + " cannot be pulled: manifest unknown)"}},
		{name: "no orderer to pull", pullable: both[:1],
			peer: testPeer, peerBase: officialPeer, orderer: testOrderer, pulled: both, compiled: true},
		{name: "our peer is here, the orderer is not", local: []string{testPeer},
			peer: testPeer, peerBase: "none", orderer: testOrderer, pulled: both[1:], compiled: true},
		{name: "built though official ones are here", want: Want{Source: SourceBuild}, local: both, pullable: both,
			peer: testPeer, orderer: testOrderer, compiled: true, how: []string{"compiled Fabric 3.1.1"}},
		{name: "pulled anew", want: Want{Source: SourcePull, Fresh: true}, local: []string{testPeer, testOrderer}, pullable: both,
			peer: testPeer, peerBase: officialPeer, orderer: officialOrderer, pulled: both},
		{name: "built anew", want: Want{Source: SourceBuild, Fresh: true}, local: []string{testPeer, testOrderer},
			peer: testPeer, orderer: testOrderer, compiled: true},
		{name: "another registry", want: Want{Registry: "mirror.example/fabric/"},
			pullable: []string{"mirror.example/fabric/fabric-peer:3.1.1", "mirror.example/fabric/fabric-orderer:3.1.1"},
			peer:     testPeer, peerBase: "mirror.example/fabric/fabric-peer:3.1.1", orderer: "mirror.example/fabric/fabric-orderer:3.1.1",
			pulled: []string{"mirror.example/fabric/fabric-peer:3.1.1", "mirror.example/fabric/fabric-orderer:3.1.1"}},
		{name: "another version", want: Want{Version: "2.5.12"},
			pullable: []string{"docker.io/hyperledger/fabric-peer:2.5.12", "docker.io/hyperledger/fabric-orderer:2.5.12"},
			peer:     "ccdev/fabric-peer:2.5.12-" + testHash, peerBase: "docker.io/hyperledger/fabric-peer:2.5.12",
			orderer: "docker.io/hyperledger/fabric-orderer:2.5.12",
			pulled:  []string{"docker.io/hyperledger/fabric-peer:2.5.12", "docker.io/hyperledger/fabric-orderer:2.5.12"}},
		{name: "named images go before ours", want: Want{PeerImage: ownPeer, OrdererImage: ownOrderer},
			local: []string{testPeer, testOrderer, ownOrderer}, pullable: []string{ownPeer},
			peer: ownPeerExtended, peerBase: ownPeer, orderer: ownOrderer, pulled: []string{ownPeer}},
		{name: "named peer extended before", want: Want{PeerImage: ownPeer, OrdererImage: ownOrderer},
			local: []string{ownPeerExtended, ownOrderer}, peer: ownPeerExtended, peerBase: "none", orderer: ownOrderer},
		{name: "a named orderer is pulled after another pull failed", want: Want{OrdererImage: ownOrderer}, pullable: []string{ownOrderer},
			peer: testPeer, orderer: ownOrderer, pulled: []string{officialPeer, ownOrderer}, compiled: true},
	}
}

func TestEnsureSources(t *testing.T) {
	for _, tt := range sourceTests() {
		t.Run(tt.name, tt.run)
	}
}

func (tt sourceTest) run(t *testing.T) {
	store := &fakeStore{local: slices.Clone(tt.local), pullable: tt.pullable}
	compile := &fakeCompile{dir: t.TempDir()}
	tt.want.Agent, tt.want.CacheDir = testAgent(t), t.TempDir()
	got, err := ensure(t.Context(), store, tt.want, nil, compile.compile)
	if err != nil {
		t.Fatal(err)
	}
	if got.Peer != tt.peer || got.Orderer != tt.orderer || got.Chaincode != chaincodeImage {
		t.Errorf("images = %+v, want %s and %s", got, tt.peer, tt.orderer)
	}
	for _, ref := range []string{got.Peer, got.Orderer, got.Chaincode} {
		if !slices.Contains(store.local, ref) {
			t.Errorf("%s is not there", ref)
		}
	}
	tt.checkMaking(t, store, compile)
	for _, how := range tt.how {
		if !strings.Contains(got.How, how) {
			t.Errorf("How = %q, want %q in it", got.How, how)
		}
	}
}

func (tt sourceTest) checkMaking(t *testing.T, store *fakeStore, compile *fakeCompile) {
	t.Helper()
	if peer, made := store.made[tt.peer]; made == (tt.peerBase == "none") || (made && peer.base != tt.peerBase) {
		t.Errorf("peer made: %v, of %q, want base %q", made, peer.base, tt.peerBase)
	}
	if !slices.Equal(store.pulled, tt.pulled) {
		t.Errorf("pulled %v, want %v", store.pulled, tt.pulled)
	}
	if tt.compiled {
		want := []Target{{Version: "3.1.1", OS: "linux", Arch: "s390x", CacheDir: tt.want.CacheDir}}
		if !slices.Equal(compile.calls, want) {
			t.Errorf("compiled %v, want %v", compile.calls, want)
		}
	} else if len(compile.calls) != 0 {
		t.Errorf("compiled %v for nothing", compile.calls)
	}
}

func TestEnsureFaults(t *testing.T) {
	tests := []struct {
		name     string
		want     Want
		pullable []string
		compile  error
		kind     fault.Kind
		what     []string
		fix      string
	}{
		{name: "unknown source", want: Want{Source: "guess"}, kind: fault.Usage, what: []string{`"guess"`}, fix: "auto, pull, build"},
		{name: "built and named", want: Want{Source: SourceBuild, PeerImage: "p:1"}, kind: fault.Usage, what: []string{"named"}},
		{name: "no pull", want: Want{Source: SourcePull}, kind: fault.Boot,
			what: []string{officialPeer, "manifest unknown"}, fix: "set images to build"},
		{name: "no pull of the orderer", want: Want{Source: SourcePull}, pullable: []string{officialPeer}, kind: fault.Boot,
			what: []string{officialOrderer, "manifest unknown"}},
		{name: "no pull of a named peer", want: Want{PeerImage: "p:1"}, kind: fault.Boot, what: []string{"p:1", "manifest unknown"}, fix: "docker login"},
		{name: "no pull of a named orderer", want: Want{OrdererImage: "o:1"}, pullable: []string{officialPeer}, kind: fault.Boot,
			what: []string{"o:1"}, fix: "docker login"},
		{name: "neither pulled nor compiled", compile: fault.New(fault.Boot, "install Go", "no Go"), kind: fault.Boot,
			what: []string{"no Go", officialPeer + " cannot be pulled: manifest unknown"}, fix: "install Go"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := &fakeStore{pullable: tt.pullable}
			compile := &fakeCompile{dir: t.TempDir(), err: tt.compile}
			tt.want.Agent, tt.want.CacheDir = testAgent(t), t.TempDir()
			_, err := ensure(t.Context(), store, tt.want, nil, compile.compile)
			if err == nil {
				t.Fatal("no error")
			}
			f := fault.From(err)
			if f.Kind != tt.kind || !strings.Contains(f.Fix, tt.fix) {
				t.Errorf("fault of kind %s with the fix %q, want %s and %q", f.Kind, f.Fix, tt.kind, tt.fix)
			}
			for _, what := range tt.what {
				if !strings.Contains(f.What, what) {
					t.Errorf("fault says %q, want %q in it", f.What, what)
				}
			}
			if tt.want.Source == SourcePull && len(compile.calls) != 0 {
				t.Error("compiled what was to be pulled")
			}
		})
	}
}

// TestEnsureUnwrapsFaultsOfThePull has a store that makes faults of its own.
func TestEnsureUnwrapsFaultsOfThePull(t *testing.T) {
	denied := errors.New("denied")
	tests := []struct {
		name string
		pull error
		want string // of the message; empty when it compiles instead
		kind fault.Kind
	}{
		{"registry", fault.New(fault.Boot, "log in", "the image is not to be had: %w", denied), "", ""},
		{"engine", fault.New(fault.Runtime, "start Docker", "Docker is gone: %w", denied), "Docker is gone: denied", fault.Runtime},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := &fakeStore{pull: func(context.Context, string, Progress) error { return tt.pull }}
			compile := &fakeCompile{dir: t.TempDir()}
			got, err := ensure(t.Context(), store, Want{CacheDir: t.TempDir(), Agent: testAgent(t)}, nil, compile.compile)
			if tt.want == "" {
				if want := "(" + officialPeer + " cannot be pulled: denied)"; err != nil || !strings.Contains(got.How, want) {
					t.Errorf("How = %q, %v, want %q in it", got.How, err, want)
				}
				return
			}
			if f := fault.From(err); f == nil || f.Kind != tt.kind || f.What != tt.want {
				t.Errorf("err = %v, want %q of kind %s", err, tt.want, tt.kind)
			}
		})
	}
}

func TestEnsureFailedImportLeavesNothingRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // which fails when a goroutine stays
		engine := errors.New("no space left in the engine")
		store := &fakeStore{importIs: engine}
		compile := &fakeCompile{dir: t.TempDir()}
		_, err := ensure(t.Context(), store, Want{CacheDir: t.TempDir(), Agent: testAgent(t), Source: SourceBuild}, nil, compile.compile)
		if !errors.Is(err, engine) {
			t.Errorf("err = %v, want %v", err, engine)
		}
	})
}

func TestEnsureNamesTheFileThatCannotBeRead(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	compile := func(context.Context, Target, Progress) (Programs, error) { return Programs{Peer: gone}, nil }
	_, err := ensure(t.Context(), &fakeStore{}, Want{CacheDir: t.TempDir(), Agent: testAgent(t), Source: SourceBuild}, nil, compile)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), gone) {
		t.Errorf("err = %v, want one about %s", err, gone)
	}
}

func TestImageContents(t *testing.T) {
	store, compile := &fakeStore{}, &fakeCompile{dir: t.TempDir()}
	if _, err := ensure(t.Context(), store, Want{CacheDir: t.TempDir(), Agent: testAgent(t), Source: SourceBuild}, nil, compile.compile); err != nil {
		t.Fatal(err)
	}
	root := []string{"etc/", "etc/group", "etc/passwd", "tmp/"}
	program := []string{"usr/", "usr/local/", "usr/local/bin/"}
	agent := []string{
		"opt/", "opt/ccdev/", "opt/ccdev/bin/", "opt/ccdev/bin/ccdev", "opt/ccdev/builder/", "opt/ccdev/builder/bin/",
		"opt/ccdev/builder/bin/build", "opt/ccdev/builder/bin/detect", "opt/ccdev/builder/bin/release",
	}
	want := map[string]struct {
		kind  string
		names []string
	}{
		testPeer:       {PeerImage, slices.Concat(root, agent, program, []string{"usr/local/bin/peer"})},
		testOrderer:    {OrdererImage, slices.Concat(root, program, []string{"usr/local/bin/orderer"})},
		chaincodeImage: {ChaincodeImage, root},
	}
	for ref, want := range want {
		image := store.made[ref]
		slices.Sort(want.names)
		if got := slices.Sorted(maps.Keys(image.files)); !slices.Equal(got, want.names) {
			t.Errorf("%s holds %v, want %v", ref, got, want.names)
		}
		if tmp := image.files["tmp/"]; tmp == nil || tmp.Mode != 0o1777 {
			t.Errorf("%s: /tmp is %+v", ref, tmp)
		}
		labels := map[string]string{runtime.ImageLabel: want.kind, "dev.ccdev.fabric": "3.1.1", "dev.ccdev.agent": testHash}
		if !maps.Equal(image.cfg.Labels, labels) {
			t.Errorf("%s has the labels %v, want %v", ref, image.cfg.Labels, labels)
		}
		if !slices.Contains(image.cfg.Env, searchPath) {
			t.Errorf("%s has no PATH: %v", ref, image.cfg.Env)
		}
	}
	peer := store.made[testPeer]
	for name, text := range map[string]string{"usr/local/bin/peer": "the peer", "opt/ccdev/bin/ccdev": "ccdev"} {
		if peer.texts[name] != text || peer.files[name].Mode != 0o755 {
			t.Errorf("%s is %q, mode %o", name, peer.texts[name], peer.files[name].Mode)
		}
	}
	if link := peer.files["opt/ccdev/builder/bin/detect"]; link.Typeflag != tar.TypeSymlink || link.Linkname != "/opt/ccdev/bin/ccdev" {
		t.Errorf("detect is %+v", link)
	}
}
