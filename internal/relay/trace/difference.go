package trace

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/charmbracelet/x/ansi"
)

// Difference is the first thing in which the executions of one transaction on several peers differ: a
// line for each of them. There is none where they came to the same. Those that still run do not count.
func Difference(executions []Trace) []string {
	executions = slices.DeleteFunc(slices.Clone(executions), func(t Trace) bool { return t.Running })
	var all [][]string
	longest := 0
	for _, t := range executions {
		s := steps(t)
		all, longest = append(all, s), max(longest, len(s))
	}
	for i := range longest {
		var lines []string
		differ := false
		for k, t := range executions {
			step := "nothing more"
			if i < len(all[k]) {
				step = all[k][i]
			}
			differ = differ || i >= len(all[k]) || i >= len(all[0]) || step != all[0][i]
			lines = append(lines, clean(t.Peer)+": "+ansi.Truncate(step, 160, "…"))
		}
		if differ {
			return lines
		}
	}
	return nil
}

// steps are what a transaction has read and written, each with its value, and its result.
func steps(t Trace) []string {
	var all []string
	for _, r := range t.Requests {
		if r.Items == nil {
			all = append(all, step(r.Type, r.subject(), r.Value))
			continue
		}
		var batch []string
		for _, i := range r.Items {
			name := key(i.Key)
			if i.Collection != "" {
				name = clean(i.Collection) + ": " + name
			}
			kind := i.Type
			if kind == "" {
				kind = r.Type
			}
			batch = append(batch, step(kind, name, i.Value))
		}
		slices.Sort(batch) // shims have the writes of a batch in no order, and it does not matter
		all = append(all, batch...)
	}
	switch {
	case t.Result != nil:
		text := strconv.Itoa(int(t.Result.Status)) + " " + clean(t.Result.Message) + shown(t.Result.Payload)
		all = append(all, "its result is "+text)
	case t.Error != "":
		all = append(all, "it failed: "+clean(t.Error))
	}
	return all
}

func step(kind, name string, value *Value) string {
	if value == nil {
		return fmt.Sprintf("%s %s", kind, name)
	}
	return fmt.Sprintf("%s %s = %s", kind, name, shown(*value))
}
