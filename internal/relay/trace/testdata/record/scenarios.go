package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
)

func strs(args ...string) [][]byte {
	var all [][]byte
	for _, a := range args {
		all = append(all, []byte(a))
	}
	return all
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func get[T any](v T, err error) T {
	must(err)
	return v
}

type iterator interface {
	HasNext() bool
	Close() error
}

// drain reads an iterator: n results, or all of them.
func drain[T any, I interface {
	iterator
	Next() (T, error)
}](it I, n int) {
	for ; n != 0 && it.HasNext(); n-- {
		get(it.Next())
	}
	must(it.Close())
}

func scenarios() []scenario {
	large := bytes.Repeat([]byte("large "), 11<<10)
	return []scenario{
		{name: "create", args: strs("CreateAsset", "a9", "alice", "100"), do: func(s shim.ChaincodeStubInterface) *peer.Response {
			get(s.GetState("a9"))
			must(s.PutState("a9", []byte(`{"id":"a9","owner":"alice","value":100}`)))
			must(s.SetEvent("AssetCreated", []byte(`{"id":"a9"}`)))
			return shim.Success([]byte(`{"id":"a9"}`))
		}},
		{name: "reads", args: strs("Report"), do: reads},
		{name: "private", args: strs("SetPrice", "p1"), transient: map[string][]byte{"price": []byte(`{"price":4444}`)}, do: private},
		{name: "batch", args: strs("Import"), do: func(s shim.ChaincodeStubInterface) *peer.Response {
			s.StartWriteBatch()
			must(s.PutState("b1", []byte("one")))
			must(s.DelState("a1"))
			must(s.PutPrivateData("prices", "p9", []byte(`{"price":9999}`)))
			must(s.SetStateValidationParameter("b1", []byte("policy")))
			must(s.PurgePrivateData("prices", "p1"))
			return shim.Success(nil)
		}},
		{name: "refused", args: strs("CreateAsset", "a1"), do: func(s shim.ChaincodeStubInterface) *peer.Response {
			get(s.GetState("a1"))
			return shim.Error("the asset a1 already exists")
		}},
		{name: "init", init: true, args: strs("Setup", "x"), do: func(shim.ChaincodeStubInterface) *peer.Response {
			return shim.Error("not today")
		}},
		{name: "binary", args: [][]byte{[]byte("Store"), {0xff, 0xfe, 0}, []byte("ключ")}, do: func(s shim.ChaincodeStubInterface) *peer.Response {
			return shim.Success(get(s.GetState("a4")))
		}},
		{name: "large", args: [][]byte{[]byte("Store"), large}, do: func(s shim.ChaincodeStubInterface) *peer.Response {
			must(s.PutState("big", large))
			return shim.Success(large)
		}},
		{name: "called", calledBy: "shop", args: strs("ReadAsset", "a1"), do: func(s shim.ChaincodeStubInterface) *peer.Response {
			return shim.Success(get(s.GetState("a1")))
		}},
		{name: "queries", state: true, args: strs("Queries"), do: queries},
	}
}

func reads(s shim.ChaincodeStubInterface) *peer.Response {
	drain(get(s.GetStateByRange("a1", "a6")), -1)
	drain(get(s.GetStateByPartialCompositeKey("owner~asset", []string{"alice"})), -1)
	if _, err := s.GetQueryResult(`{"selector":{"owner":"alice"}}`); err == nil {
		log.Fatal("a query of LevelDB succeeded")
	}
	drain(get(s.GetHistoryForKey("a1")), 1)
	get(s.GetMultipleStates("a1", "none", "a4"))
	get(s.GetStateValidationParameter("a1"))
	if r := s.InvokeChaincode("rates", strs("Rate", "EUR"), "mychannel"); r.Status != 200 {
		log.Fatal(r)
	}
	if r := s.InvokeChaincode("missing", strs("Rate"), ""); r.Status == 200 {
		log.Fatal(r)
	}
	must(s.SetStateValidationParameter("a1", []byte("policy")))
	must(s.DelState("a2"))
	return shim.Success([]byte("done"))
}

func private(s shim.ChaincodeStubInterface) *peer.Response {
	price := get(s.GetTransient())["price"]
	get(s.GetPrivateData("prices", "p1"))
	get(s.GetPrivateDataHash("prices", "p1"))
	must(s.PutPrivateData("prices", "p1", price))
	get(s.GetMultiplePrivateData("prices", "p2", "p3"))
	drain(get(s.GetPrivateDataByRange("prices", "", "")), -1)
	drain(get(s.GetPrivateDataQueryResult("prices", `{"selector":{"price":4444}}`)), 1)
	must(s.SetPrivateDataValidationParameter("prices", "p1", []byte("policy")))
	must(s.DelPrivateData("prices", "p2"))
	must(s.SetEvent("PriceSet", price))
	return shim.Success(price)
}

// queries are the reads that package state makes, as the shim makes them.
func queries(s shim.ChaincodeStubInterface) *peer.Response {
	get(s.GetState("a1"))
	get(s.GetState("none"))
	get(s.GetPrivateData("prices", "p1"))
	if _, err := s.GetPrivateData("nowhere", "p1"); err == nil {
		log.Fatal("there is no such collection")
	}
	it, meta, err := s.GetStateByRangeWithPagination("a1", "a6", 2, "")
	must(err)
	drain(it, -1)
	it, _, err = s.GetStateByRangeWithPagination("a1", "a6", 4, meta.Bookmark)
	must(err)
	drain(it, -1)
	it, _, err = s.GetStateByPartialCompositeKeyWithPagination("owner~asset", nil, 100, "")
	must(err)
	drain(it, -1)
	drain(get(s.GetPrivateDataByRange("prices", "p1", "p9")), -1)
	drain(get(s.GetPrivateDataByRange("prices", "p1", "p9")), 1)
	drain(get(s.GetHistoryForKey("a1")), -1)
	return shim.Success(nil)
}

const txid = "3f2a9c1d5b7e4f60a1b2c3d4e5f60718293a4b5c6d7e8f901a2b3c4d5e6f7081"

// transaction is what the peer sends first.
func transaction(s scenario) *peer.ChaincodeMessage {
	name := "basic"
	input := &peer.ChaincodeInput{Args: s.args, IsInit: s.init}
	proposed := input
	if s.calledBy != "" {
		name, proposed = s.calledBy, &peer.ChaincodeInput{Args: strs("Buy", "a1")}
	}
	id := &peer.ChaincodeID{Name: name}
	header := marshal(&common.Header{
		ChannelHeader: marshal(&common.ChannelHeader{
			Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: "mychannel", TxId: txid,
			Extension: marshal(&peer.ChaincodeHeaderExtension{ChaincodeId: id}),
		}),
		SignatureHeader: marshal(&common.SignatureHeader{Creator: creator(), Nonce: []byte("nonce")}),
	})
	payload := marshal(&peer.ChaincodeProposalPayload{
		Input:        marshal(&peer.ChaincodeInvocationSpec{ChaincodeSpec: &peer.ChaincodeSpec{ChaincodeId: id, Input: proposed}}),
		TransientMap: s.transient,
	})
	kind := peer.ChaincodeMessage_TRANSACTION
	if s.init {
		kind = peer.ChaincodeMessage_INIT
	}
	return &peer.ChaincodeMessage{
		Type: kind, ChannelId: "mychannel", Txid: txid, Payload: marshal(input),
		Proposal: &peer.SignedProposal{
			ProposalBytes: marshal(&peer.Proposal{Header: header, Payload: payload}), Signature: []byte("signature"),
		},
	}
}

func creator() []byte {
	key := get(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "User1@org1.example.com", OrganizationalUnit: []string{"client"}},
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der := get(x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key))
	return marshal(&msp.SerializedIdentity{Mspid: "Org1MSP", IdBytes: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})})
}
