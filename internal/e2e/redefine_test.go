package e2e

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An up that stays takes a change of what the definition is made of to the channel, whichever file
// it is in, and tells of one that it cannot; code goes live as before, without a new sequence.
func TestDevelopRedefines(t *testing.T) {
	forRuntimes(t, func(t *testing.T, runtime string) {
		dir := project(t, "demo")
		writeVersion(t, dir, listens, 1)
		write(t, dir, "ccdev.yaml", "chaincodes: [{name: demo}]\n")
		up := ccdev(dir, "up", "--runtime", runtime, "--orgs", "2", "-o", "json")
		events := reports(t, up)
		await(t, events, func(c change) bool { return strings.HasPrefix(c.Text, "taking changes live") })

		write(t, dir, "ccdev.yaml", "chaincodes: [{name: demo, endorsement: \"OR('Org1MSP.peer'\"}]\n")
		failed := await(t, events, func(c change) bool { return c.Phase == "failed" })
		if !strings.Contains(failed.Error, "character 18 of the policy") {
			t.Errorf("the failure says %q", failed.Error)
		}
		write(t, dir, "ccdev.yaml", "chaincodes: [{name: demo, endorsement: \"OR('Org1MSP.peer')\"}]\n")
		redefined(t, events, "sequence 2: endorsement policy changed")

		collection := `[{"name": "secret", "policy": "OR('Org1MSP.member')"}]`
		write(t, dir, "collections_config.json", collection)
		redefined(t, events, "sequence 3: collection secret is new")

		write(t, dir, "META-INF/statedb/couchdb/indexes/owner.json", `{"index": {"fields": ["owner"]}}`)
		redefined(t, events, "sequence 4: META-INF changed")

		writeVersion(t, dir, listens, 2)
		await(t, events, func(c change) bool { return c.Phase == "live" && c.Generation == 2 })
		answers(t, dir, 2)
		if status, err := statusOf(dir); err != nil || status.Chaincodes[0].Sequence != 4 {
			t.Errorf("after new code the chaincodes are %+v (%v)", status.Chaincodes, err)
		}

		// Both at once, as by a checkout.
		writeVersion(t, dir, listens, 3)
		write(t, dir, "ccdev.yaml", "chaincodes: [{name: demo}]\n")
		redefined(t, events, "sequence 5: endorsement policy changed")
		awaitVersion(t, dir, events, 3)
		leave(t, up, events)
	})
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// redefined waits for the commit of a sequence, and for the answer that ends its deployment.
func redefined(t *testing.T, events <-chan change, note string) {
	t.Helper()
	await(t, events, func(c change) bool { return c.Step == "commit demo" && c.Note == note })
	await(t, events, func(c change) bool { return c.Step == "ready demo" && c.Event == "step_done" })
}

// reports starts an up that stays, and gives what it reports.
func reports(t *testing.T, up *exec.Cmd) <-chan change {
	t.Helper()
	stderr, err := up.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	events := make(chan change, 1000)
	go func() {
		defer close(events)
		lines := bufio.NewScanner(stderr)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var c change
			if json.Unmarshal(lines.Bytes(), &c) == nil && slices.Contains([]string{"change", "notice", "step_done", "step_progress"}, c.Event) {
				events <- c
			}
		}
	}()
	return events
}
