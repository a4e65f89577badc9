package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
)

// endMainThread makes the test binary a program whose first thread ends before the others do, as
// it may happen to every program that is killed.
const endMainThread = "CCDEV_TEST_END_MAIN_THREAD"

func init() {
	if os.Getenv(endMainThread) == "" {
		return
	}
	go func() {
		_, _ = os.Stdout.WriteString("ready\n")
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	_, _, _ = syscall.Syscall(syscall.SYS_EXIT, 0, 0, 0) // of this thread, which is the first while init runs
}

func TestAProcessLivesAsLongAsItsLastThread(t *testing.T) {
	b := newBench(t, "")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), endMainThread+"=1")
	stdin, err := cmd.StdinPipe()
	b.must(err)
	stdout, err := cmd.StdoutPipe()
	b.must(err)
	b.must(cmd.Start())
	defer cmd.Wait() //nolint:errcheck // it ends with its input, or the test's
	_, err = bufio.NewReader(stdout).ReadString('\n')
	b.must(err)
	b.until("the end of its first thread", func() bool {
		s, ok := readStat(strconv.Itoa(cmd.Process.Pid))
		return ok && s.state == "Z"
	})
	if _, alive := identify(cmd.Process.Pid); !alive {
		t.Error("it has ended, and has a thread")
	}
	b.must(stdin.Close())
	b.until("its end", func() bool {
		_, alive := identify(cmd.Process.Pid)
		return !alive
	})
}
