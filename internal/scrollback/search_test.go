package scrollback_test

import (
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/scrollback"
	"github.com/google/go-cmp/cmp"
)

func TestSearch(t *testing.T) {
	b, v := numbered(20) // hits: 1, 10, 11, …, 19
	v.Search("e 1")
	hits := func(current, total int) {
		t.Helper()
		if c, n := v.Hits(); c != current || n != total {
			t.Fatalf("hit %d of %d, want %d of %d", c, n, current, total)
		}
	}
	hits(0, 11)
	if !v.Following() {
		t.Fatal("to search is not to move")
	}
	v.Next() // the first one in the window
	hits(8, 11)
	expect(t, v, ">lin<e 1>6", "lin<e 1>7", "lin<e 1>8", "lin<e 1>9")
	if v.Following() {
		t.Fatal("the hit would scroll away")
	}
	add(b, 20, 21)
	v.Previous()
	hits(7, 11)
	expect(t, v, "lin<e 1>3", "lin<e 1>4", ">lin<e 1>5", "lin<e 1>6")
	v.Scroll(-9)
	v.Next() // the current one is not in the window
	hits(2, 11)
	v.Previous()
	hits(1, 11)
	expect(t, v, "line 0", ">lin<e 1>", "line 2", "line 3")
	v.Previous()
	hits(11, 11)
	expect(t, v, "lin<e 1>7", "lin<e 1>8", ">lin<e 1>9", "line 20")
	v.Next()
	hits(1, 11)
	add(b, 100, 102)
	hits(1, 13)
	v.Filter("3")
	hits(0, 1)
	v.Filter("")
	hits(1, 13)
	v.Search("line 1x")
	v.Next()
	v.Previous()
	hits(0, 0)
	v.Search("")
	expect(t, v, "line 0", "line 1", "line 2", "line 3")
}

func TestTheWindowMovesToTheHit(t *testing.T) {
	far := strings.Repeat("-", 95) + "here" + strings.Repeat("-", 90)
	v := of(10, 3, "a", far, "b", "c", "d", "e")
	v.Search("here")
	v.Previous()
	expect(t, v, "", ">-<here>-----", "")
	v.Search("a")
	v.Previous()
	expect(t, v, "><a>", "----------", "b")
	v.Wrap(true)
	v.Search("here")
	v.Next()
	expect(t, v, "+>----------", "+>-----<here>-", "+>----------")
}

func TestAWindowWithoutRowsCanBeMoved(t *testing.T) {
	_, v := numbered(9)
	v.Resize(20, 0)
	v.Search("line")
	v.Next()
	v.Previous()
	v.Scroll(-1)
	v.Select(true)
	v.MoveSelection(-1)
	if v.Selected() == "" {
		t.Error("nothing is selected")
	}
}

func TestDroppedHitsAreCountedNoMore(t *testing.T) {
	b := scrollback.New(10, 1<<20)
	v := scrollback.NewView(b)
	v.Resize(20, 4)
	add(b, 0, 10)
	v.Search("line")
	v.Next()
	v.Previous() // line 5
	add(b, 10, 14)
	if c, n := v.Hits(); c != 2 || n != 10 {
		t.Errorf("hit %d of %d, want 2 of 10", c, n)
	}
	add(b, 14, 16)
	if c, n := v.Hits(); c != 0 || n != 10 {
		t.Errorf("hit %d of %d, want none of 10", c, n)
	}
}

func TestSelection(t *testing.T) {
	b, v := numbered(20)
	selected := func(want string) {
		t.Helper()
		if diff := cmp.Diff(want, v.Selected()); diff != "" {
			t.Fatalf("selected (-want +got):\n%s", diff)
		}
	}
	selected("")
	v.MoveSelection(-1)
	v.Select(true)
	add(b, 20, 22) // the window waits
	expect(t, v, "line 16", "line 17", "line 18", "*line 19")
	v.Select(true)
	v.MoveSelection(-1)
	selected("line 18\nline 19")
	v.MoveSelection(-3)
	expect(t, v, "*line 15", "*line 16", "*line 17", "*line 18")
	v.MoveSelection(5)
	selected("line 19\nline 20")
	expect(t, v, "line 17", "line 18", "*line 19", "*line 20")
	v.MoveSelection(99)
	v.Filter("line 2")
	selected("line 20\nline 21")
	v.Filter("no")
	v.MoveSelection(1)
	selected("")
	v.Filter("")
	if v.Following() || !v.Selecting() {
		t.Fatal("it follows while lines are selected")
	}
	v.Select(false)
	selected("")
	expect(t, v, "line 18", "line 19", "line 20", "line 21")
	if !v.Following() {
		t.Fatal("it followed before")
	}
}

func TestThereIsNothingToSelect(t *testing.T) {
	v := of(10, 3)
	v.Select(true)
	if v.MoveSelection(1); v.Selecting() || v.Selected() != "" {
		t.Error("a selection of nothing")
	}
}
