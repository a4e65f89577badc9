//go:build unix

package control

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
)

// behaviour is the variable that makes the test binary a relay or a chaincode.
const behaviour = "CCDEV_TEST_BEHAVIOUR"

// quickExit keeps the race detector from waiting for a second at the end of a process.
const quickExit = "GORACE=atexit_sleep_ms=0"

func TestMain(m *testing.M) {
	name, argument, _ := strings.Cut(os.Getenv(behaviour), "=")
	var err error
	switch name {
	case "":
		os.Exit(m.Run())
	case "relay":
		err = beRelay(argument)
	case "server":
		err = beServer(argument)
	case "client":
		err = beClient(argument)
	default:
		err = errors.New("no such behaviour")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

const packageID = "basic_1.0:0123"

// beRelay runs a relay as "ccdev agent relay" does.
func beRelay(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return Run(ctx, RunOptions{
		Listen: "127.0.0.1:0", Control: "127.0.0.1:0", PackageID: packageID, Dir: dir, TokenFile: filepath.Join(dir, "token"),
		Env: []string{quickExit}, Out: os.Stdout, Err: os.Stderr,
	})
}

// beServer is a chaincode that listens, and answers with its name.
func beServer(name string) error {
	l, err := net.Listen("tcp", os.Getenv("CHAINCODE_SERVER_ADDRESS"))
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	peer.RegisterChaincodeServer(s, chaincodeServer{name: name})
	return s.Serve(l)
}

type chaincodeServer struct {
	peer.UnimplementedChaincodeServer
	name string
}

func (c chaincodeServer) Connect(stream peer.Chaincode_ConnectServer) error {
	return chat(stream, c.name)
}

// beClient is one that dials.
func beClient(name string) error {
	if len(os.Args) != 3 || os.Args[1] != "--peer.address" {
		return fmt.Errorf("the arguments are %q", os.Args[1:])
	}
	conn, err := grpc.NewClient("passthrough:///"+os.Args[2], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	stream, err := peer.NewChaincodeSupportClient(conn).Register(context.Background())
	if err != nil {
		return err
	}
	return chat(stream, name)
}

type stream interface {
	Send(*peer.ChaincodeMessage) error
	Recv() (*peer.ChaincodeMessage, error)
}

func chat(s stream, name string) error {
	id, err := proto.Marshal(&peer.ChaincodeID{Name: os.Getenv("CORE_CHAINCODE_ID_NAME")})
	if err != nil {
		return err
	}
	if err := s.Send(&peer.ChaincodeMessage{Type: peer.ChaincodeMessage_REGISTER, Payload: id}); err != nil {
		return err
	}
	response, err := proto.Marshal(&peer.Response{Status: 200, Payload: []byte(name)})
	if err != nil {
		return err
	}
	for {
		msg, err := s.Recv()
		if err != nil {
			return err
		}
		if msg.GetType() != peer.ChaincodeMessage_TRANSACTION {
			continue
		}
		answer := &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_COMPLETED, ChannelId: msg.GetChannelId(), Txid: msg.GetTxid(), Payload: response}
		if err := s.Send(answer); err != nil {
			return err
		}
	}
}

// program writes a script that becomes the test binary with a behaviour, or does anything else.
func program(t *testing.T, how string) string {
	t.Helper()
	if strings.Contains(how, "=") {
		how = fmt.Sprintf("%s=%s exec '%s' \"$@\"", behaviour, how, os.Args[0])
	}
	return file(t, "#!/bin/sh\n"+how+"\n")
}

// relayProcess is a relay that can be killed.
type relayProcess struct {
	cmd    *exec.Cmd
	peers  string
	client *Client
}

var addressed = regexp.MustCompile(`^relay: peers dial (\S+), the API is at (\S+),`)

func startRelay(t *testing.T, dir string) *relayProcess {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &relayProcess{cmd: exec.Command(os.Args[0])}
	p.cmd.Env = append(os.Environ(), behaviour+"=relay="+dir, quickExit)
	said, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); <-read; _ = p.cmd.Wait(); p.client.Close() })
	found := make(chan []string, 1)
	go func() {
		defer close(read)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if m := addressed.FindStringSubmatch(lines.Text()); m != nil {
				found <- m
			}
		}
		close(found)
	}()
	p.client = Dial("", token)
	m := <-found
	if m == nil {
		t.Fatal("the relay does not say where it listens")
	}
	p.peers, p.client = m[1], Dial(m[2], token)
	return p
}

// invoke calls the chaincode as a peer does, and gives what it answers.
func (p *relayProcess) invoke(t *testing.T, txid string) string {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+p.peers, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := peer.NewChaincodeClient(conn).Connect(ctx)
	if err != nil {
		t.Fatal(err)
	}
	input, err := proto.Marshal(&peer.ChaincodeInput{Args: [][]byte{[]byte("Who")}})
	if err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := s.Recv()
		if err != nil {
			t.Fatal(err)
		}
		var answers []*peer.ChaincodeMessage
		switch msg.GetType() {
		case peer.ChaincodeMessage_REGISTER:
			answers = []*peer.ChaincodeMessage{{Type: peer.ChaincodeMessage_REGISTERED}, {Type: peer.ChaincodeMessage_READY},
				{Type: peer.ChaincodeMessage_TRANSACTION, ChannelId: "mychannel", Txid: txid, Payload: input}}
		case peer.ChaincodeMessage_COMPLETED:
			var r peer.Response
			if err := proto.Unmarshal(msg.GetPayload(), &r); err != nil {
				t.Fatal(err)
			}
			return string(r.GetPayload())
		case peer.ChaincodeMessage_ERROR:
			return "error: " + string(msg.GetPayload())
		}
		for _, a := range answers {
			if err := s.Send(a); err != nil {
				t.Fatal(err)
			}
		}
	}
}
