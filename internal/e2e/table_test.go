package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"

	"github.com/ccdev/ccdev/internal/network"
)

// tableVariable asks for every row of the table with this value. Without it, there are few rows for
// Node, whose dependencies take long to install, and for the older Fabric.
const tableVariable, allRows = "CCDEV_TEST_TABLE", "all"

func everyRow() bool { return os.Getenv(tableVariable) == allRows }

// row is one combination of what ccdev offers.
type row struct {
	style           style
	tls             string
	relay           bool
	runtime, fabric string
}

// olderFabric is run for Go only: to a peer, who is dialled or dials is all that tells chaincodes apart.
const olderFabric = "2.5.9"

var tlsModes = []string{"off", "server", "mutual"}

// table is every row, in the order of its columns.
func table() []row {
	var rows []row
	for _, fabric := range []string{network.DefaultFabric, olderFabric} {
		for _, runtime := range []string{"process", "docker"} {
			for _, s := range styles() {
				for _, tls := range tlsModes {
					for _, relay := range []bool{true, false} {
						if fabric == network.DefaultFabric || s.group == groupGo {
							rows = append(rows, row{s, tls, relay, runtime, fabric})
						}
					}
				}
			}
		}
	}
	return rows
}

// name is that of the row's chaincode.
func (r row) name() string {
	way := "relay"
	if !r.relay {
		way = "direct"
	}
	return r.style.name + "-" + r.tls + "-" + way
}

// group names those rows that share a network. All rows of Node at once would have so many
// dependencies installed that the peer has no time.
func (r row) group() string {
	group := r.style.group
	if everyRow() && group == groupNode {
		group = r.style.name
	}
	return r.runtime + "/" + r.fabric + "/" + group
}

// notRun says why a row cannot run here, or does not.
func (r row) notRun() string {
	if !slices.Contains(shared.runtimes, r.runtime) {
		return "no tests on " + r.runtime + " here: its daemon does not answer, or CCDEV_TEST_RUNTIMES leaves it out"
	}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil && r.style.group == groupNode {
			return "there is no " + name + " on this machine"
		}
	}
	if !everyRow() && !r.always() {
		return tableVariable + "=" + allRows + " runs it"
	}
	return ""
}

// always tells whether the row is run at every time. Of Node's there are three for each style,
// such that each two options occur together.
func (r row) always() bool {
	s := slices.IndexFunc(styles(), func(s style) bool { return s.name == r.style.name })
	t := slices.Index(tlsModes, r.tls)
	switch {
	case r.fabric == olderFabric:
		return r.runtime == "process" && r.tls == "mutual"
	case r.style.group == groupNode:
		return (r.runtime == "docker") == ((s+t)%2 == 1) && r.relay == ((s/2+t)%2 == 0)
	default:
		return true
	}
}

// Few rows must leave out no two options.
func TestTablePairs(t *testing.T) {
	pairs := func(which func(row) bool) map[string]bool {
		seen := map[string]bool{}
		for _, r := range table() {
			if r.fabric == olderFabric || r.style.group != groupNode || !which(r) {
				continue
			}
			options := []string{r.style.name, "tls " + r.tls, fmt.Sprintf("relay %t", r.relay), r.runtime}
			for i, a := range options {
				for _, b := range options[i+1:] {
					seen[a+" with "+b] = true
				}
			}
		}
		return seen
	}
	few := pairs(row.always)
	for pair := range pairs(func(row) bool { return true }) {
		if !few[pair] {
			t.Errorf("no row has %s", pair)
		}
	}
}

// refused is what ccdev says of a row that cannot be: "" for all others.
func (r row) refused() string {
	switch {
	case r.style.name == "dockerfile" && r.runtime == "process":
		return "chaincode " + r.name() + " is built by a Dockerfile, which takes Docker"
	case r.style.dials && !r.relay:
		return "can only dial a peer, and without a relay no peer lets it"
	default:
		return ""
	}
}

// config is the row in ccdev.yaml.
func (r row) config(t *testing.T) string {
	line := fmt.Sprintf("  - {name: %s, path: %s, tls: %s, relay: %t", r.name(), r.style.name, r.tls, r.relay)
	if r.style.lang != "" {
		line += ", lang: " + r.style.lang
	}
	if r.style.group == groupNode && r.runtime == "docker" {
		line += ", image: " + nodeImage(t)
	}
	return line + "}\n"
}

// verdicts are what the table says in its last column.
type verdicts struct {
	mu  sync.Mutex
	all map[string]string
}

func (o *verdicts) set(r row, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all[r.group()+r.name()] = text
}

// Every language, style, TLS mode, way to the peer, runtime and Fabric: up, an invoke, a query, and
// new code after a reload. -v prints the table.
func TestTable(t *testing.T) {
	said := verdicts{all: map[string]string{}}
	groups := map[string][]row{}
	for _, r := range table() {
		if why := r.notRun(); why != "" {
			said.set(r, "not run: "+why)
			continue
		}
		groups[r.group()] = append(groups[r.group()], r)
	}
	t.Cleanup(func() { t.Log("\n" + said.String()) })
	for name, rows := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newRig(t, rows).run(t, &said)
		})
	}
}

// String is the table.
func (o *verdicts) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FABRIC\tRUNTIME\tSTYLE\tTLS\tRELAY\tOUTCOME")
	for _, r := range table() {
		outcome := o.all[r.group()+r.name()]
		if outcome == "" {
			outcome = "its network did not come up"
		}
		relay := map[bool]string{true: "on", false: "off"}[r.relay]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.fabric, r.runtime, r.style.name, r.tls, relay, outcome)
	}
	_ = w.Flush() // to memory
	return text.String()
}
