package trace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// spoken is one message of a recorded transaction.
type spoken struct {
	toPeer bool
	msg    *peer.ChaincodeMessage
}

// recorded reads a transaction that the Go shim spoke, recorded by testdata/record.
func recorded(t testing.TB, name string) []spoken {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".stream"))
	if err != nil {
		t.Fatal(err)
	}
	var all []spoken
	for len(raw) > 0 {
		b, n := protowire.ConsumeBytes(raw[1:])
		if n < 0 {
			t.Fatal(protowire.ParseError(n))
		}
		m := &peer.ChaincodeMessage{}
		if err := proto.Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
		all, raw = append(all, spoken{raw[0] == '>', m}), raw[1+n:]
	}
	return all
}

var began = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC)

// play records a transaction; each message 100 µs after the one before.
func play(r *Ring, from string, all []spoken) {
	r.Begin(began, from, 7, all[0].msg)
	for i, s := range all[1:] {
		r.Message(began.Add(time.Duration(i+1)*100*time.Microsecond), from, s.toPeer, s.msg)
	}
}

func played(t testing.TB, name string, o Options) Trace {
	t.Helper()
	r := New(Config{Chaincode: "basic"})
	play(r, "peer0.org1", recorded(t, name))
	r.work.Wait()
	return only(t, r, o)
}

func only(t testing.TB, r *Ring, o Options) Trace {
	t.Helper()
	all := r.List(0, o)
	if len(all) != 1 {
		t.Fatalf("%d transactions", len(all))
	}
	return all[0]
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// tx is a short transaction made by hand, for tests of the ring.
func tx(txid string) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_TRANSACTION, ChannelId: "mychannel", Txid: txid, Payload: marshal(
		&peer.ChaincodeInput{Args: [][]byte{[]byte("Get"), []byte(txid)}})}
}

func get(txid, key string) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_GET_STATE, ChannelId: "mychannel", Txid: txid, Payload: marshal(&peer.GetState{Key: key})}
}

func put(txid, key string, value []byte) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_PUT_STATE, ChannelId: "mychannel", Txid: txid, Payload: marshal(&peer.PutState{Key: key, Value: value})}
}

func response(txid string, payload []byte) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_RESPONSE, ChannelId: "mychannel", Txid: txid, Payload: payload}
}

func completed(txid string) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_COMPLETED, ChannelId: "mychannel", Txid: txid, Payload: marshal(&peer.Response{Status: 200})}
}

func failed(txid, why string) *peer.ChaincodeMessage {
	return &peer.ChaincodeMessage{Type: peer.ChaincodeMessage_ERROR, ChannelId: "mychannel", Txid: txid, Payload: []byte(why)}
}

func marshal(m proto.Message) []byte {
	raw, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return raw
}
