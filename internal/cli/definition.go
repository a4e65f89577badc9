package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/ccdev/ccdev/internal/fabric/lifecycle"
	"github.com/ccdev/ccdev/internal/fabric/policy"
)

// definitionJSON is a definition as -o json has it.
type definitionJSON struct {
	Name         string   `json:"name"`
	Version      string   `json:"version"`
	Sequence     int64    `json:"sequence"`
	Endorsement  string   `json:"endorsement"`
	Collections  []string `json:"collections"`
	InitRequired bool     `json:"initRequired"`
}

func jsonOf(d lifecycle.Definition) definitionJSON {
	out := definitionJSON{
		Name: d.Name, Version: d.Version, Sequence: d.Sequence, InitRequired: d.InitRequired,
		Endorsement: policy.Text(d.Policy), Collections: []string{},
	}
	for _, c := range d.Collections.GetConfig() {
		out.Collections = append(out.Collections, c.GetStaticCollectionConfig().GetName())
	}
	return out
}

func tableOf(list []definitionJSON) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CHAINCODE\tVERSION\tSEQUENCE\tINIT\tENDORSEMENT\tCOLLECTIONS")
	for _, d := range list {
		required := "-"
		if d.InitRequired {
			required = "required"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", d.Name, d.Version, d.Sequence, required, d.Endorsement, orNone(strings.Join(d.Collections, ","), "-"))
	}
	_ = w.Flush() // a strings.Builder takes everything
	return b.String()
}
