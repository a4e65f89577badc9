package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

const (
	dockerRuntime  = "docker"
	processRuntime = "process"
)

// row is one thing to measure; or several, where one measurement gives them all.
type row struct {
	name    string
	runtime string // that it needs; none for an empty one
	orgs    int
	runs    int // that count, where it is not for the user to say
	unit    string
	budget  float64 // in the unit; 0 where there is none

	begin   func(context.Context, *project) error             // once, not measured
	once    func(context.Context, *project) (float64, error)  // gives one value in the unit; or
	several func(context.Context, *project) ([]Result, error) // gives results whose names begin with the row's
}

const (
	unitTime   = "ms"
	unitMemory = "MiB"
	unitRate   = "tx/s"
	unitShare  = "%"
	unitCount  = "count"
)

// without is a row's result where there is none.
func (r row) without(verdict Verdict, why string) Result {
	return r.judge(Result{Name: r.name, Unit: r.unit, Verdict: verdict, Why: why})
}

// judge judges a result by the row's budget, if it has one.
func (r row) judge(result Result) Result {
	if r.budget == 0 {
		return result
	}
	return result.within(r.budget)
}

// rows are all there is to measure, with the budgets they have.
func rows(swaps int) []row {
	list := []row{
		{name: "up -d, docker, 1 org", runtime: dockerRuntime, orgs: 1, budget: 2000, once: upFresh},
		{name: "up -d, docker, 2 orgs", runtime: dockerRuntime, orgs: 2, budget: 2500, once: upFresh},
		{name: "up -d, process, 1 org", runtime: processRuntime, orgs: 1, budget: 700, once: upFresh},
		{name: "up -d, process, 2 orgs", runtime: processRuntime, orgs: 2, once: upFresh},
		{name: "up -d again, docker", runtime: dockerRuntime, orgs: 1, budget: 1200, begin: up, once: upAgain},
		{name: "up -d again, process", runtime: processRuntime, orgs: 1, begin: up, once: upAgain},
		{name: "reload, docker", runtime: dockerRuntime, orgs: 1, budget: 900, begin: upWithAsset, once: reload},
		{name: "reload, process", runtime: processRuntime, orgs: 1, budget: 700, begin: upWithAsset, once: reload},
		{name: "save to answer, docker", runtime: dockerRuntime, orgs: 1, runs: saves, budget: 900, begin: beginSaving, once: save},
		{name: "save to answer, process", runtime: processRuntime, orgs: 1, runs: saves, budget: 700, begin: beginSaving, once: save},
		{name: "version", budget: 40, once: func(ctx context.Context, p *project) (float64, error) { return timed(p.ccdev(ctx, "version")) }},
		{name: "idle memory, docker", runtime: dockerRuntime, orgs: 1, unit: unitMemory, budget: 80, once: idleMemory},
		{name: "idle memory, process", runtime: processRuntime, orgs: 1, unit: unitMemory, budget: 80, once: idleMemory},
	}
	for _, runtime := range []string{dockerRuntime, processRuntime} {
		list = append(list,
			row{name: "invoke, " + runtime, runtime: runtime, orgs: 1, begin: up, once: invoke},
			row{name: "query, " + runtime, runtime: runtime, orgs: 1, begin: upWithAsset, once: query},
			row{name: fmt.Sprintf("%d swaps, %s", swaps, runtime), runtime: runtime, orgs: 1, begin: upWithAsset, several: swapsUnderLoad(swaps)},
			row{name: "relay's cost, " + runtime, runtime: runtime, orgs: 1, budget: 0.15, begin: upBothWays, several: relayCost})
	}
	for i := range list {
		if list[i].unit == "" {
			list[i].unit = unitTime
		}
	}
	return list
}

// timed makes a call of ccdev a value.
func timed(c call, err error) (float64, error) { return milliseconds(c.took), err }

func up(ctx context.Context, p *project) error {
	_, err := p.up(ctx)
	return err
}

func upWithAsset(ctx context.Context, p *project) error {
	if err := up(ctx, p); err != nil {
		return err
	}
	_, err := p.ccdev(ctx, "invoke", "CreateAsset", assetID, "alice", "1")
	return err
}

func upFresh(ctx context.Context, p *project) (float64, error) {
	value, err := timed(p.up(ctx))
	if err != nil {
		return 0, err
	}
	_, err = p.ccdev(ctx, "down", "-v")
	return value, err
}

func upAgain(ctx context.Context, p *project) (float64, error) {
	if _, err := p.ccdev(ctx, "down"); err != nil {
		return 0, err
	}
	return timed(p.up(ctx))
}

// reload changes what the chaincode says of an asset that exists, and checks, once the time is
// taken, that it is the new code that says it.
func reload(ctx context.Context, p *project) (float64, error) {
	mark, err := p.edit()
	if err != nil {
		return 0, err
	}
	value, err := timed(p.ccdev(ctx, "reload"))
	if err != nil {
		return 0, err
	}
	return value, p.fails(ctx, mark, "query", "CreateAsset", assetID, "alice", "1")
}

func invoke(ctx context.Context, p *project) (float64, error) {
	id := assetID + strconv.FormatInt(time.Now().UnixNano(), 10)
	return timed(p.ccdev(ctx, "invoke", "CreateAsset", id, "alice", "1"))
}

func query(ctx context.Context, p *project) (float64, error) {
	return timed(p.ccdev(ctx, "query", "ReadAsset", assetID))
}

// idleMemory is what the nodes of a network take that has just come up. The chaincode runs, and
// is not counted: it is the user's.
func idleMemory(ctx context.Context, p *project) (float64, error) {
	if err := up(ctx, p); err != nil {
		return 0, err
	}
	status, err := p.ccdev(ctx, "status", "-o", "json")
	if err != nil {
		return 0, err
	}
	pids, err := nodePIDs(status.stdout)
	if err != nil {
		return 0, err
	}
	var kib int
	for _, pid := range pids {
		n, err := pss(pid)
		if err != nil {
			return 0, fmt.Errorf("memory of pid %d: %w", pid, err)
		}
		kib += n
	}
	_, err = p.ccdev(ctx, "down", "-v")
	return float64(kib) / 1024, err
}
