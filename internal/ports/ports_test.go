package ports_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/ports"
)

const usual = 27000

func everyone(string) bool { return true }

func TestAUseKeepsItsPort(t *testing.T) {
	book := ports.Open(t.TempDir(), everyone)
	first := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	other := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "orderer", 0) })
	again := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	if again != first {
		t.Errorf("the peer had port %d, and has %d at the next run", first, again)
	}
	if other == first {
		t.Errorf("the peer and the orderer both have port %d", first)
	}
}

func TestAUseKeepsItsPortWhileItListens(t *testing.T) {
	book := ports.Open(t.TempDir(), everyone)
	first := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	listen(t, first) // the network runs, and its own peer has the port
	if again := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); again != first {
		t.Errorf("the peer had port %d, and got %d as it listened there", first, again)
	}
}

func TestAPortInUseIsPassedOver(t *testing.T) {
	book := ports.Open(t.TempDir(), everyone)
	taken := listen(t, 0)
	got := claim(t, book, "/a", func(c *ports.Claims) int {
		p, err := c.Port("peer", 0, taken)
		if err != nil {
			t.Error(err)
		}
		return p
	})
	if got <= taken {
		t.Errorf("got port %d, and %d is in use", got, taken)
	}
}

func TestProjectsAtOnceNeverShare(t *testing.T) {
	dir := t.TempDir()
	const projects, uses = 8, 5
	got := make([][uses]int, projects)
	var all sync.WaitGroup
	for i := range projects {
		all.Go(func() { // each with a book of its own, as each is a process of its own
			book := ports.Open(dir, everyone)
			for k := range uses {
				got[i][k] = claim(t, book, fmt.Sprintf("/p%d", i), func(c *ports.Claims) int {
					return port(t, c, fmt.Sprintf("use%d", k), 0)
				})
			}
		})
	}
	all.Wait()
	owner := map[int]int{}
	for i, list := range got {
		for _, p := range list {
			if before, taken := owner[p]; taken {
				t.Errorf("projects %d and %d both have port %d", before, i, p)
			}
			owner[p] = i
		}
	}
}

// claimInChild makes the test binary claim a port, as another process.
const claimInChild = "CCDEV_TEST_CLAIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(claimInChild); dir != "" {
		os.Exit(childClaims(dir, os.Args[len(os.Args)-1]))
	}
	os.Exit(m.Run())
}

func childClaims(dir, project string) int {
	c, err := ports.Open(dir, everyone).Claim(context.Background(), project)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	p, err := c.Port("peer", 0, usual)
	if err := errors.Join(err, c.Close()); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Print(p)
	return 0
}

func TestProcessesAtOnceNeverShare(t *testing.T) {
	dir := t.TempDir()
	const processes = 6
	got := make([]string, processes)
	var all sync.WaitGroup
	for i := range processes {
		all.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], fmt.Sprintf("/p%d", i))
			cmd.Env = append(os.Environ(), claimInChild+"="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("process %d: %v: %s", i, err, out)
			}
			got[i] = string(out)
		})
	}
	all.Wait()
	seen := map[string]int{}
	for i, p := range got {
		if before, taken := seen[p]; taken {
			t.Errorf("processes %d and %d both have port %s", before, i, p)
		}
		seen[p] = i
	}
}

func TestDeadProjectsLoseTheirPorts(t *testing.T) {
	dir := t.TempDir()
	first := claim(t, ports.Open(dir, everyone), "/dead", func(c *ports.Claims) int { return port(t, c, "peer", 0) })

	alive := ports.Open(dir, everyone)
	if got := claim(t, alive, "/b", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); got == first {
		t.Fatalf("port %d of a project that is alive was given away", got)
	}
	buried := ports.Open(dir, func(dir string) bool { return dir != "/dead" })
	if got := claim(t, buried, "/c", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); got != first {
		t.Errorf("got port %d, and %d of a project that is gone is free", got, first)
	}
	if strings.Contains(text(t, dir), "/dead") {
		t.Errorf("the book still knows the project that is gone:\n%s", text(t, dir))
	}
}

func TestAProjectNeedNotBeAliveForItsOwnPorts(t *testing.T) {
	dir := t.TempDir()
	nobody := func(string) bool { return false } // no state folder yet: the network is being planned
	first := claim(t, ports.Open(dir, nobody), "/a", func(c *ports.Claims) int { return port(t, c, "peer", 27100) })
	if again := claim(t, ports.Open(dir, nobody), "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); again != first {
		t.Errorf("the port was %d, and is %d at the next look", first, again)
	}
}

func TestWantedPorts(t *testing.T) {
	for name, tc := range map[string]struct {
		dir, use string
		wanted   int
		fault    []string // what it says; nil for none
	}{
		"a free one":                 {dir: "/a", use: "peer", wanted: 27200},
		"the same once more":         {dir: "/a", use: "orderer", wanted: 27201},
		"another one than it has":    {dir: "/a", use: "orderer", wanted: 27200},
		"another project's":          {dir: "/b", use: "peer", wanted: 27201, fault: []string{"27201", "peer", "orderer", "/a"}},
		"another use's, same folder": {dir: "/a", use: "peer", wanted: 27201, fault: []string{"27201", "peer", "orderer"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			book := ports.Open(dir, everyone)
			claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "orderer", 27201) })
			var got int
			var err error
			claim(t, book, tc.dir, func(c *ports.Claims) int {
				got, err = c.Port(tc.use, tc.wanted, usual)
				return got
			})
			if tc.fault == nil {
				if err != nil || got != tc.wanted {
					t.Fatalf("got port %d (%v), want %d", got, err, tc.wanted)
				}
				return
			}
			f := fault.From(err)
			if f == nil || f.Kind != fault.Usage || f.Fix == "" {
				t.Fatalf("got port %d and error %#v, want a usage fault with a fix", got, err)
			}
			for _, word := range tc.fault {
				if !strings.Contains(f.What, word) {
					t.Errorf("%q does not name %s", f.What, word)
				}
			}
			if down := strings.Contains(f.Fix, "ccdev down"); down != (tc.dir == "/b") {
				t.Errorf("the fix is %q: another project may go, and not this one", f.Fix)
			}
			// The one who has it keeps it.
			if has := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "orderer", 0) }); has != 27201 {
				t.Errorf("the orderer now has port %d", has)
			}
		})
	}
}

func TestAUseThatMovesGivesItsOldPortBack(t *testing.T) {
	book := ports.Open(t.TempDir(), everyone)
	claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 27201) })
	claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 27202) })
	if got := claim(t, book, "/b", func(c *ports.Claims) int { return port(t, c, "peer", 27201) }); got != 27201 {
		t.Errorf("got port %d", got)
	}
}

func TestAPortThatIsGivenUpGoesToAnother(t *testing.T) {
	book := ports.Open(t.TempDir(), everyone)
	first := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	listen(t, first)
	next := claim(t, book, "/a", func(c *ports.Claims) int {
		c.Yield("orderer") // which it has not
		c.Yield("peer")
		return port(t, c, "peer", 0)
	})
	if next == first {
		t.Errorf("the peer still has port %d, where somebody listens", first)
	}
	if again := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); again != next {
		t.Errorf("the peer got port %d, and has %d at the next run", next, again)
	}
}

func TestReleaseGivesBackTheProjectsOwn(t *testing.T) {
	dir := t.TempDir()
	book := ports.Open(dir, everyone)
	mine := claim(t, book, "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	theirs := claim(t, book, "/b", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	claim(t, book, "/a", func(c *ports.Claims) int { c.Release(); return 0 })

	if strings.Contains(text(t, dir), "/a") {
		t.Errorf("the book still knows /a:\n%s", text(t, dir))
	}
	if got := claim(t, book, "/c", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); got != mine {
		t.Errorf("got port %d, and %d was given back", got, mine)
	}
	if got := claim(t, book, "/b", func(c *ports.Claims) int { return port(t, c, "peer", 0) }); got != theirs {
		t.Errorf("/b had port %d, and has %d after another one's release", theirs, got)
	}
}

func TestADamagedBookBindsNobody(t *testing.T) {
	for name, damaged := range map[string]string{
		"empty":         "",
		"cut off":       `{"27000": {"dir": "/a", "u`,
		"null":          "null",
		"another thing": `["a"]`,
		"no port":       `{"peer": {"dir": "/a", "use": "peer"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "ports.json"), []byte(damaged), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := claim(t, ports.Open(dir, everyone), "/b", func(c *ports.Claims) int { return port(t, c, "peer", 27300) }); got != 27300 {
				t.Errorf("got port %d", got)
			}
			if !json.Valid([]byte(text(t, dir))) {
				t.Errorf("the book is not mended: %s", text(t, dir))
			}
		})
	}
}

func TestTheBookIsForItsOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "here")
	claim(t, ports.Open(dir, everyone), "/a", func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "ports.json"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("the mode of %s is %v (%v), want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestWaitingForTheBookEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	holder, err := ports.Open(dir, everyone).Claim(t.Context(), "/a")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := holder.Close(); err != nil {
			t.Error(err)
		}
	})
	interrupted := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interrupted)
	if _, err := ports.Open(dir, everyone).Claim(ctx, "/b"); !errors.Is(err, interrupted) {
		t.Errorf("the error is %v, want the cause of the context's end", err)
	}
}

func TestNoPortLeft(t *testing.T) {
	claim(t, ports.Open(t.TempDir(), everyone), "/a", func(c *ports.Claims) int {
		_, err := c.Port("peer", 0, 65536)
		if f := fault.From(err); f == nil || f.Kind != fault.Boot || f.Fix == "" {
			t.Errorf("the error is %v, want a boot fault with a fix", err)
		}
		return 0
	})
}

// claim opens the book for a project, uses it and closes it.
func claim(t *testing.T, book *ports.Book, dir string, use func(*ports.Claims) int) int {
	t.Helper()
	c, err := book.Claim(t.Context(), dir)
	if err != nil {
		t.Error(err)
		return 0
	}
	got := use(c)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return got
}

func port(t *testing.T, c *ports.Claims, use string, wanted int) int {
	t.Helper()
	p, err := c.Port(use, wanted, usual)
	if err != nil {
		t.Errorf("a port for %s: %v", use, err)
	}
	return p
}

// listen takes a port of this machine, any for 0, until the test ends.
func listen(t *testing.T, port int) int {
	t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().(*net.TCPAddr).Port
}

func text(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "ports.json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTidyGivesBackWhatIsStale(t *testing.T) {
	alive := map[string]bool{"/a": true, "/b": true}
	book := ports.Open(t.TempDir(), func(dir string) bool { return alive[dir] })
	for _, dir := range []string{"/a", "/b"} {
		claim(t, book, dir, func(c *ports.Claims) int { return port(t, c, "peer", 0) })
	}
	if stale := book.Stale(); len(stale) > 0 {
		t.Errorf("the ports of %v are stale, and their networks are there", stale)
	}
	alive["/b"] = false
	if stale := book.Stale(); len(stale) != 1 || stale["/b"] != 1 {
		t.Errorf("the ports of %v are stale, want one of /b", stale)
	}
	if err := book.Tidy(t.Context()); err != nil {
		t.Fatal(err)
	}
	if stale := book.Stale(); len(stale) > 0 {
		t.Errorf("the ports of %v are stale still", stale)
	}
	alive["/b"] = true
	if stale := book.Stale(); len(stale) > 0 {
		t.Errorf("%v", stale)
	}
}
