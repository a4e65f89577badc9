package host

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// goPanicExit is the exit code of a Go program that panics, or that its runtime ends.
const goPanicExit = 2

// panicLines is how much of a panic is kept until it is known that the process has ended by it.
const panicLines = 300

// goPanic keeps what a Go program wrote since it began to say why it ends: the last lines alone are
// often those of the libraries that have called the user's code.
type goPanic struct{ lines []string }

func (g *goPanic) add(text string) {
	if strings.HasPrefix(text, "panic: ") || strings.HasPrefix(text, "fatal error: ") {
		g.lines = nil
	} else if len(g.lines) == 0 || len(g.lines) == panicLines {
		return
	}
	g.lines = append(g.lines, text)
}

// told gives the reason, and the frames of the user's own code; where there are none, those there
// are. It is empty for what is no panic.
func (g *goPanic) told() []string {
	at := slices.IndexFunc(g.lines, func(l string) bool { return strings.HasPrefix(l, "goroutine ") })
	if at < 0 {
		return nil
	}
	head := slices.Clone(g.lines[:at])
	for len(head) > 0 && head[len(head)-1] == "" {
		head = head[:len(head)-1]
	}
	told := slices.Concat(head, usersFrames(g.lines[at+1:]))
	if len(told) == len(head) {
		told = append(told, g.lines[at:]...)
	}
	return told[:min(len(told), tailLines)]
}

// usersFrames are the frames of the first goroutine, two lines each, that are not of a library.
func usersFrames(lines []string) (frames []string) {
	for i := 0; i+1 < len(lines) && lines[i] != ""; i++ {
		place, isPlace := strings.CutPrefix(lines[i+1], "\t")
		if !isPlace {
			continue // it tells how many frames are left out
		}
		place, _, _ = strings.Cut(place, " +0x")
		if usersOwn(lines[i], place) {
			frames = append(frames, withoutArguments(lines[i]), "\t"+place)
		}
		i++
	}
	return frames
}

// inModule is what the module cache has in the path of every file.
var inModule = regexp.MustCompile(`@v\d+\.\d+\.\d+`)

// usersOwn says whether a frame is neither of a module, nor of Go's own library, whose files lie in
// the src of GOROOT.
func usersOwn(call, place string) bool {
	pkg := packageOf(call)
	if pkg == "" || pkg == "main" {
		return pkg == "main"
	}
	file, _, _ := strings.Cut(place, ":")
	return !inModule.MatchString(file) && !strings.Contains(file, "/vendor/") && !strings.HasSuffix(path.Dir(file), "/src/"+pkg)
}

// packageOf is the package of the function in a line of a stack: of "a.b/c.(*T).f(0x1)" "a.b/c".
func packageOf(call string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(call, "created by "), "(")
	last := strings.LastIndex(name, "/") + 1
	pkg, _, found := strings.Cut(name[last:], ".")
	if !found {
		return ""
	}
	return name[:last] + pkg
}

// withoutArguments leaves out of a call what are addresses anyway.
func withoutArguments(call string) string {
	if at := strings.LastIndex(call, "("); at > 0 && strings.HasSuffix(call, ")") {
		return call[:at] + "(...)"
	}
	return call
}
