// Package main is a service that does what its arguments say, for the suite in runtimetest.
//
// The arguments are actions, done in order. Their paths and address come from the environment,
// because they differ between runtimes: FILES_DIR, DATA_DIR and LISTEN_HOST.
//
//	out=TEXT, err=TEXT   writes a line to stdout, to stderr
//	in                   writes what it reads from stdin to stdout
//	bytes=HEX            writes these bytes to stdout, with no newline
//	long=N               writes a line of N times "x"
//	lines=N              writes "line 1" to "line N"
//	data=TEXT            writes a line "former: " and what the data folder kept, then keeps TEXT
//	env=NAME             writes a line "NAME=value", or "NAME is not set"
//	deaf                 ignores SIGTERM from here on
//	child=PORT           starts a child of its own, which ignores SIGTERM and serves on PORT
//	serve=PORT           answers each connection with "hello $GREETING " and the file "greeting"
//	exit=N               ends with this code
//	wait                 waits for SIGTERM, then ends with code 0
package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)
	for _, arg := range os.Args[1:] {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "deaf":
			signal.Ignore(syscall.SIGTERM)
		case "wait":
			<-terminate
			return
		case "exit":
			os.Exit(number(value))
		default:
			if err := act(name, value); err != nil {
				fmt.Fprintln(os.Stderr, "testservice:", arg, err)
				os.Exit(99)
			}
		}
	}
}

var actions = map[string]func(value string) error{
	"out":   func(v string) error { return printLine(os.Stdout, v) },
	"err":   func(v string) error { return printLine(os.Stderr, v) },
	"long":  func(v string) error { return printLine(os.Stdout, strings.Repeat("x", number(v))) },
	"in":    func(string) error { _, err := io.Copy(os.Stdout, os.Stdin); return err },
	"bytes": writeBytes,
	"lines": writeLines,
	"data":  keep,
	"env":   showEnv,
	"child": spawn,
	"serve": serve,
}

func act(name, value string) error {
	action, ok := actions[name]
	if !ok {
		return errors.New("no such action")
	}
	return action(value)
}

func number(value string) int {
	n, err := strconv.Atoi(value)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testservice:", err)
		os.Exit(99)
	}
	return n
}

func printLine(to *os.File, line string) error {
	_, err := fmt.Fprintln(to, line)
	return err
}

func writeBytes(value string) error {
	b, err := hex.DecodeString(value)
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(b)
	return err
}

func writeLines(value string) error {
	for i := 1; i <= number(value); i++ {
		if err := printLine(os.Stdout, "line "+strconv.Itoa(i)); err != nil {
			return err
		}
	}
	return nil
}

func keep(value string) error {
	file := filepath.Join(os.Getenv("DATA_DIR"), "kept")
	former, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := printLine(os.Stdout, "former: "+string(former)); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(value), 0o600)
}

func showEnv(name string) error {
	value, ok := os.LookupEnv(name)
	if !ok {
		return printLine(os.Stdout, name+" is not set")
	}
	return printLine(os.Stdout, name+"="+value)
}

func spawn(port string) error {
	child := exec.Command(os.Args[0], "deaf", "serve="+port, "wait")
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	return child.Start()
}

func serve(port string) error {
	l, err := net.Listen("tcp", net.JoinHostPort(os.Getenv("LISTEN_HOST"), port))
	if err != nil {
		return err
	}
	greeting, err := os.ReadFile(filepath.Join(os.Getenv("FILES_DIR"), "greeting"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(conn, "hello %s %s", os.Getenv("GREETING"), greeting)
			_ = conn.Close()
		}
	}()
	return nil
}
