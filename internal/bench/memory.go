package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// nodePIDs gives the processes of the orderer and the peers from what "ccdev status -o json"
// says. All of them must run, and on this machine.
func nodePIDs(status []byte) ([]int, error) {
	var s struct {
		Services []struct {
			Name string `json:"name"`
			PID  int    `json:"pid"`
		} `json:"services"`
	}
	if err := json.Unmarshal(status, &s); err != nil {
		return nil, fmt.Errorf("read the status: %w", err)
	}
	var pids []int
	for _, service := range s.Services {
		if service.Name != "orderer" && !strings.HasPrefix(service.Name, "peer") {
			continue
		}
		if service.PID == 0 {
			return nil, fmt.Errorf("%s has no process", service.Name)
		}
		pids = append(pids, service.PID)
	}
	if len(pids) < 2 {
		return nil, errors.New("the status names no orderer, or no peer")
	}
	return pids, nil
}

// pss is the memory of a process in KiB, with its share of what it shares with others
// (proc_pid_smaps(5)).
func pss(pid int) (int, error) {
	rollup, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0, err
	}
	return parsePSS(string(rollup))
}

var pssLine = regexp.MustCompile(`(?m)^Pss:\s+(\d+) kB$`)

func parsePSS(rollup string) (int, error) {
	m := pssLine.FindStringSubmatch(rollup)
	if m == nil {
		return 0, errors.New("smaps_rollup has no line Pss")
	}
	return strconv.Atoi(m[1])
}
