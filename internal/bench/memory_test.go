package bench

import (
	"os"
	"runtime"
	"slices"
	"testing"
)

func TestNodePIDs(t *testing.T) {
	tests := []struct {
		name, status string
		want         []int // none is an error
	}{
		{
			"two orgs, a chaincode and an extra service",
			`{"services":[{"name":"chaincode-a","pid":1},{"name":"orderer","pid":2},{"name":"peer0.org1","pid":3},
			  {"name":"peer0.org2","pid":4},{"name":"explorer","pid":5}]}`,
			[]int{2, 3, 4},
		},
		{"a node that does not run", `{"services":[{"name":"orderer","pid":2},{"name":"peer0.org1"}]}`, nil},
		{"no peer", `{"services":[{"name":"orderer","pid":2}]}`, nil},
		{"no JSON", `up`, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := nodePIDs([]byte(tt.status))
			if (err == nil) != (tt.want != nil) || !slices.Equal(got, tt.want) {
				t.Errorf("got %v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestParsePSS(t *testing.T) {
	const rollup = "00400000-7fff00 ---p 00000000 00:00 0   [rollup]\nRss:     9000 kB\nPss:     8123 kB\nPss_Dirty:   77 kB\nPss_Anon:   66 kB\n"
	if got, err := parsePSS(rollup); err != nil || got != 8123 {
		t.Errorf("got %d, %v", got, err)
	}
	if _, err := parsePSS("Rss:     9000 kB\n"); err == nil {
		t.Error("no error where there is no Pss")
	}
}

func TestPSSOfThisProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	if got, err := pss(os.Getpid()); err != nil || got < 1024 {
		t.Errorf("got %d KiB, %v", got, err)
	}
}
