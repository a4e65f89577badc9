package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// external waits until the chaincode that the script starts is there, or is not: external DIR true|false.
func external(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: external DIR true|false")
	}
	want, err := strconv.ParseBool(args[1])
	ts.Check(err)
	ts.Check(externalComes(ts.MkAbs(args[0]), "", want))
}

// externalComes waits until a chaincode that is started by hand (any for an empty name)
// is connected, or is not.
func externalComes(dir, name string, want bool) error {
	var status struct {
		Chaincodes []struct {
			Name     string
			External struct{ Connected bool }
		}
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		out, err := ccdev(dir, "status", "-o", "json").Output()
		if err == nil {
			err = json.Unmarshal(out, &status)
		}
		if err != nil {
			return err
		}
		for _, cc := range status.Chaincodes {
			if (name == "" || cc.Name == name) && cc.External.Connected == want {
				return nil
			}
		}
	}
	return fmt.Errorf("connected is not %t", want)
}

// externalEnv is what to start a chaincode with.
func externalEnv(t *testing.T, dir, name string) (environ []string) {
	t.Helper()
	var env struct{ Variables map[string]string }
	if err := json.Unmarshal([]byte(mustRun(t, ccdev(dir, "env", "--chaincode", name, "-o", "json"))), &env); err != nil {
		t.Fatal(err)
	}
	for name, value := range env.Variables {
		environ = append(environ, name+"="+value)
	}
	return environ
}

// An up that stays tells when the chaincode comes and goes.
func TestExternalIsTold(t *testing.T) {
	dir := project(t, "demo")
	writeVersion(t, dir, listens, 1)
	build := exec.Command("go", "build", "-o", "cc", ".")
	build.Dir = dir
	mustRun(t, build)
	if err := os.WriteFile(filepath.Join(dir, "ccdev.yaml"), []byte("chaincodes: [{name: demo, lang: external}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	up := ccdev(dir, "up", "--runtime", "process", "-o", "json")
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
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			var c change
			if json.Unmarshal(lines.Bytes(), &c) == nil && c.Event == "notice" {
				events <- c
			}
		}
	}()
	await(t, events, func(c change) bool { return strings.HasPrefix(c.Text, "demo: waiting for your chaincode at ") })
	env := externalEnv(t, dir, "demo")
	for range 3 {
		cc := exec.Command(filepath.Join(dir, "cc"))
		cc.Env = env
		if err := cc.Start(); err != nil {
			t.Fatal(err)
		}
		await(t, events, func(c change) bool { return c.Text == "demo: the external chaincode has come" })
		answers(t, dir, 1)
		_ = cc.Process.Kill()
		_ = cc.Wait() // it was killed
		await(t, events, func(c change) bool { return c.Text == "demo: the external chaincode has gone" })
	}
	if err := up.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for range events { // to the end: a reader that is gone would end it as well
	}
	_ = up.Wait() // by the signal
}
