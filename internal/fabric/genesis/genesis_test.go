package genesis

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fabric/msp"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/google/go-cmp/cmp"
	"github.com/hyperledger/fabric-config/configtx"
	"github.com/hyperledger/fabric-config/configtx/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"google.golang.org/protobuf/proto"
)

func testNetwork(t *testing.T) network.Network {
	t.Helper()
	node := func(name, inside string) network.Node {
		return network.Node{Name: name, Endpoint: network.Endpoint{Inside: inside}}
	}
	n := network.Network{
		Dir: t.TempDir(), Fabric: "3.1.1", Channel: "mychannel", BatchTimeout: 10 * time.Millisecond,
		Orderer: network.Orderer{Node: node("orderer", "orderer:7050"), MSPID: "OrdererMSP", Domain: "example.com"},
		Orgs: []network.Org{
			{Name: "Org1", MSPID: "Org1MSP", Domain: "org1.example.com", Peers: []network.Peer{{Node: node("peer0.org1", "peer0.org1:7051")}}},
			{Name: "Org2", MSPID: "Org2MSP", Domain: "org2.example.com", Peers: []network.Peer{
				{Node: node("peer0.org2", "127.0.0.1:9051")}, {Node: node("peer1.org2", "127.0.0.1:9052")},
			}},
		},
	}
	if _, err := msp.Ensure(n); err != nil {
		t.Fatal(err)
	}
	return n
}

// decode reads a genesis block as Fabric does.
func decode(t *testing.T, raw []byte) (*common.Block, *common.ChannelHeader, *common.Config) {
	t.Helper()
	var (
		block    common.Block
		envelope common.Envelope
		payload  common.Payload
		header   common.ChannelHeader
		config   common.ConfigEnvelope
	)
	steps := []func() error{
		func() error { return proto.Unmarshal(raw, &block) },
		func() error { return proto.Unmarshal(block.GetData().GetData()[0], &envelope) },
		func() error { return proto.Unmarshal(envelope.GetPayload(), &payload) },
		func() error { return proto.Unmarshal(payload.GetHeader().GetChannelHeader(), &header) },
		func() error { return proto.Unmarshal(payload.GetData(), &config) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return &block, &header, config.GetConfig()
}

func makeBlock(t *testing.T, n network.Network) []byte {
	t.Helper()
	raw, err := Block(n)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestBlockIsAGenesisBlock(t *testing.T) {
	block, header, _ := decode(t, makeBlock(t, testNetwork(t)))
	if block.Header.Number != 0 || len(block.Header.PreviousHash) != 0 || len(block.Data.Data) != 1 {
		t.Errorf("header %v with %d transactions", block.Header, len(block.Data.Data))
	}
	if header.ChannelId != "mychannel" || header.Type != int32(common.HeaderType_CONFIG) {
		t.Errorf("channel header %v", header)
	}
	if sum := sha256.Sum256(block.Data.Data[0]); !bytes.Equal(sum[:], block.Header.DataHash) {
		t.Error("the header does not hold the hash of the data")
	}
}

func TestOrdererConfiguration(t *testing.T) {
	n := testNetwork(t)
	_, _, config := decode(t, makeBlock(t, n))
	tx := configtx.New(config)
	got, err := tx.Orderer().Configuration()
	if err != nil {
		t.Fatal(err)
	}
	if got.OrdererType != orderer.ConsensusTypeEtcdRaft || got.BatchTimeout != 10*time.Millisecond || got.State != orderer.ConsensusStateNormal {
		t.Errorf("%s, batch timeout %s, %s", got.OrdererType, got.BatchTimeout, got.State)
	}
	size := orderer.BatchSize{MaxMessageCount: 500, AbsoluteMaxBytes: 99 << 20, PreferredMaxBytes: 2 << 20}
	if d := cmp.Diff(size, got.BatchSize); d != "" {
		t.Error(d)
	}
	if o := got.EtcdRaft.Options; o.ElectionTick <= o.HeartbeatTick || o.HeartbeatTick == 0 || o.MaxInflightBlocks == 0 {
		t.Errorf("Fabric refuses raft options %+v", o)
	}
	file, err := os.ReadFile(filepath.Join(n.NodeDir(n.Orderer.Node), "tls", "server.crt"))
	if err != nil {
		t.Fatal(err)
	}
	der, _ := pem.Decode(file)
	for _, c := range got.EtcdRaft.Consenters {
		if c.Address != (orderer.EtcdAddress{Host: "orderer", Port: 7050}) {
			t.Errorf("consenter at %v", c.Address)
		}
		if !bytes.Equal(c.ServerTLSCert.Raw, der.Bytes) || !bytes.Equal(c.ClientTLSCert.Raw, der.Bytes) {
			t.Error("the consenter's certificates are not the orderer's")
		}
	}
	if len(got.EtcdRaft.Consenters) != 1 || len(got.Organizations) != 1 {
		t.Fatalf("%d consenters of %d orgs", len(got.EtcdRaft.Consenters), len(got.Organizations))
	}
	org, err := tx.Orderer().Organization("OrdererMSP").Configuration()
	if err != nil || !slices.Equal(org.OrdererEndpoints, []string{"orderer:7050"}) {
		t.Errorf("endpoints %v, %v", org.OrdererEndpoints, err)
	}
}

func TestOrgConfiguration(t *testing.T) {
	n := testNetwork(t)
	_, _, config := decode(t, makeBlock(t, n))
	tx := configtx.New(config)
	tests := []struct {
		mspID, domain string
		anchor        configtx.Address
	}{
		{"Org1MSP", "org1.example.com", configtx.Address{Host: "peer0.org1", Port: 7051}},
		{"Org2MSP", "org2.example.com", configtx.Address{Host: "127.0.0.1", Port: 9051}},
	}
	for _, tt := range tests {
		t.Run(tt.mspID, func(t *testing.T) {
			got, err := tx.Application().Organization(tt.mspID).Configuration()
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.AnchorPeers, []configtx.Address{tt.anchor}) {
				t.Errorf("anchors %v, want %v", got.AnchorPeers, tt.anchor)
			}
			if got.MSP.Name != tt.mspID || !got.MSP.NodeOUs.Enable || got.MSP.NodeOUs.PeerOUIdentifier.OrganizationalUnitIdentifier != "peer" {
				t.Errorf("MSP %s, node OUs %+v", got.MSP.Name, got.MSP.NodeOUs)
			}
			admin, err := msp.LoadUser(n, tt.mspID, network.AdminUser)
			if err != nil {
				t.Fatal(err)
			}
			roots := x509.NewCertPool()
			roots.AddCert(got.MSP.RootCerts[0])
			if _, err := admin.Certificate.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
				t.Errorf("the channel does not know the org's Admin: %v", err)
			}
			tlsCA, err := readCertificate(n.TLSCAFile(tt.domain))
			if err != nil || len(got.MSP.TLSRootCerts) != 1 || !got.MSP.TLSRootCerts[0].Equal(tlsCA) {
				t.Errorf("TLS roots %v, %v", got.MSP.TLSRootCerts, err)
			}
			// fabric-config reads one of one back as all of one.
			if rule := got.Policies["Endorsement"].Rule; rule != "AND('"+tt.mspID+".peer')" {
				t.Errorf("endorsement %q", rule)
			}
			for _, p := range []string{"Readers", "Writers", "Admins"} {
				if got.Policies[p].Rule == "" {
					t.Errorf("no policy %s", p)
				}
			}
		})
	}
}

func TestApplicationPolicies(t *testing.T) {
	_, _, config := decode(t, makeBlock(t, testNetwork(t)))
	tx := configtx.New(config)
	got, err := tx.Application().Policies()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"Readers": "ANY Readers", "Writers": "ANY Writers", "Admins": "MAJORITY Admins",
		"Endorsement": "MAJORITY Endorsement", "LifecycleEndorsement": "MAJORITY Endorsement",
	}
	for name, rule := range want {
		if got[name].Rule != rule {
			t.Errorf("%s is %q, want %q", name, got[name].Rule, rule)
		}
	}
}

func TestCapabilitiesFollowTheVersion(t *testing.T) {
	n := testNetwork(t)
	tests := []struct{ fabric, channel, orderer, application string }{
		{"3.1.1", "V3_0", "V2_0", "V2_5"},
		{"3.0.0-beta", "V3_0", "V2_0", "V2_5"},
		{"2.5.9", "V2_0", "V2_0", "V2_5"},
		{"2.4.7", "V2_0", "V2_0", "V2_0"},
	}
	for _, tt := range tests {
		t.Run(tt.fabric, func(t *testing.T) {
			n := n
			n.Fabric = tt.fabric
			_, _, config := decode(t, makeBlock(t, n))
			tx := configtx.New(config)
			channel, err1 := tx.Channel().Capabilities()
			ordering, err2 := tx.Orderer().Capabilities()
			application, err3 := tx.Application().Capabilities()
			if err := errors.Join(err1, err2, err3); err != nil {
				t.Fatal(err)
			}
			got := [][]string{channel, ordering, application}
			if d := cmp.Diff([][]string{{tt.channel}, {tt.orderer}, {tt.application}}, got); d != "" {
				t.Error(d)
			}
		})
	}
	for _, version := range []string{"", "latest", "1.4.12", "2", "v3.1.1"} {
		t.Run("not "+version, func(t *testing.T) {
			n := n
			n.Fabric = version
			_, err := Block(n)
			var f *fault.Fault
			if !errors.As(err, &f) || f.Kind != fault.Usage {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTwoBlocksHoldTheSameConfiguration(t *testing.T) {
	n := testNetwork(t)
	_, _, one := decode(t, makeBlock(t, n))
	_, _, other := decode(t, makeBlock(t, n))
	if !proto.Equal(one, other) {
		t.Error("they differ")
	}
}

func TestEnsureNeverChangesABlock(t *testing.T) {
	n := testNetwork(t)
	if made, err := Ensure(n); !made || err != nil {
		t.Fatalf("first call: %v, %v", made, err)
	}
	before, err := os.ReadFile(n.GenesisBlock())
	if err != nil {
		t.Fatal(err)
	}
	decode(t, before)
	n.BatchTimeout = time.Second
	if made, err := Ensure(n); made || err != nil {
		t.Errorf("second call: %v, %v", made, err)
	}
	after, err := os.ReadFile(n.GenesisBlock())
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the block changed (%v)", err)
	}
}

func TestBlockNeedsIdentities(t *testing.T) {
	n := testNetwork(t)
	n.Dir = t.TempDir()
	if made, err := Ensure(n); made || err == nil {
		t.Errorf("got %v, %v", made, err)
	}
}
