package network_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/google/go-cmp/cmp"
)

// usualPorts gives every use the port it wants, else its usual one.
func usualPorts(_ string, wanted, usual int) (int, error) {
	if wanted != 0 {
		return wanted, nil
	}
	return usual, nil
}

func assets(dir string) project.Project {
	return project.Project{Dir: dir, Name: "assets", Chaincodes: []project.Chaincode{
		{Name: "basic", Version: "1.0", Label: "basic_1.0", Path: dir, Env: map[string]string{"A": "b"}},
	}}
}

func made(t *testing.T, p project.Project, runtime string) network.Network {
	t.Helper()
	n, err := network.New(p, runtime, usualPorts)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDefaults(t *testing.T) {
	p := assets("/p")
	n := made(t, p, network.RuntimeDocker)
	endpoint := func(service string, inside, host string) network.Endpoint {
		return network.Endpoint{Listen: "0.0.0.0:" + inside, Inside: service + ":" + inside, Host: "127.0.0.1:" + host}
	}
	node := func(name, port, data string) network.Node {
		return network.Node{
			Name: name, Endpoint: endpoint(name, port, port),
			ConfigDir: "/etc/ccdev", DataDir: data,
		}
	}
	want := network.Network{
		ID: p.ID(), Name: "assets", Dir: "/p", Fabric: network.DefaultFabric, Runtime: "docker", Channel: "mychannel",
		BatchTimeout: 10 * time.Millisecond, StateDatabase: project.LevelDB,
		Orderer: network.Orderer{
			Node: node("orderer", "7050", "/var/hyperledger/production/orderer"), MSPID: "OrdererMSP", Domain: "example.com",
			Admin: endpoint("orderer", "7053", "7053"),
		},
		Orgs: []network.Org{{
			Name: "Org1", MSPID: "Org1MSP", Domain: "org1.example.com",
			Peers: []network.Peer{{Node: node("peer0.org1", "7051", "/var/hyperledger/production"), BuilderDir: network.ContainerBuilderDir}},
		}},
		Chaincodes: []network.Chaincode{{
			Name: "basic", Version: "1.0", Label: "basic_1.0", Path: "/p", Env: map[string]string{"A": "b"},
			Service: "chaincode-basic", Endpoint: endpoint("chaincode-basic", "9999", "9999"),
			Relay: true, Control: endpoint("chaincode-basic", "9998", "8999"),
			Debug: endpoint("chaincode-basic", "2345", "2345"),
		}},
	}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPlainProcessesHaveOneAddressEach(t *testing.T) {
	n := made(t, assets("/p"), network.RuntimeProcess)
	peer := n.Peers()[0]
	for name, e := range map[string]network.Endpoint{
		"orderer": n.Orderer.Endpoint, "orderer's admin": n.Orderer.Admin, "peer": peer.Endpoint, "chaincode": n.Chaincodes[0].Endpoint,
	} {
		if e.Listen != e.Host || e.Inside != e.Host || !strings.HasPrefix(e.Host, "127.0.0.1:") {
			t.Errorf("the %s is at %+v", name, e)
		}
	}
	want := network.Node{
		Name: "peer0.org1", Endpoint: peer.Endpoint,
		ConfigDir: "/p/.ccdev/nodes/peer0.org1", DataDir: "/p/.ccdev/data/peer0.org1",
	}
	if diff := cmp.Diff(network.Peer{Node: want, BuilderDir: "/p/.ccdev/builder"}, peer); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n.Orderer.DataDir != "/p/.ccdev/data/orderer" {
		t.Errorf("the orderer's data is in %s", n.Orderer.DataDir)
	}
}

func TestOrgsAndPeers(t *testing.T) {
	for name, tc := range map[string]struct {
		orgs project.Orgs
		want []string // MSP ID: peer@port, …
	}{
		"as nobody asks": {nil, []string{"Org1MSP: peer0.org1@7051"}},
		"two":            {make(project.Orgs, 2), []string{"Org1MSP: peer0.org1@7051", "Org2MSP: peer0.org2@9051"}},
		"three, one with a name and peers": {
			project.Orgs{{}, {Name: "ACME-x", Peers: 2}, {Peers: 1}},
			[]string{"Org1MSP: peer0.org1@7051", "ACME-xMSP: peer0.acme-x@9051 peer1.acme-x@11051", "Org3MSP: peer0.org3@13051"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := assets("/p")
			p.Orgs = tc.orgs
			var got []string
			for _, o := range made(t, p, network.RuntimeDocker).Orgs {
				line := o.MSPID + ":"
				for _, peer := range o.Peers {
					line += " " + peer.Name + "@" + strings.TrimPrefix(peer.Endpoint.Host, "127.0.0.1:")
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTheLargestNetworkHasPortsForAll(t *testing.T) {
	p := assets("/p")
	p.Orgs = make(project.Orgs, 26)
	for i := range p.Orgs {
		p.Orgs[i].Peers = 10
	}
	seen := map[int]string{}
	_, err := network.New(p, network.RuntimeProcess, func(use string, _, usual int) (int, error) {
		if usual < 1024 || usual > 65000 {
			t.Errorf("%s is to have port %d or above", use, usual)
		}
		if other, taken := seen[usual]; taken {
			t.Errorf("%s and %s are both to have port %d", other, use, usual)
		}
		seen[usual] = use
		return usual, nil
	})
	if err != nil || len(seen) != 26*10+5 {
		t.Errorf("%d ports: %v", len(seen), err)
	}
}

func TestPortsThatTheProjectAsksFor(t *testing.T) {
	p := assets("/p")
	p.Ports = map[string]int{"peer0.org1": 7050, "orderer-admin": 17053, "chaincode-basic": 19999}
	n := made(t, p, network.RuntimeDocker)
	for name, tc := range map[string]struct {
		got  network.Endpoint
		want string
	}{
		"orderer, whose usual one the peer is to have": {n.Orderer.Endpoint, "127.0.0.1:7051"},
		"orderer's admin": {n.Orderer.Admin, "127.0.0.1:17053"},
		"peer":            {n.Peers()[0].Endpoint, "127.0.0.1:7050"},
		"chaincode":       {n.Chaincodes[0].Endpoint, "127.0.0.1:19999"},
	} {
		if tc.got.Host != tc.want {
			t.Errorf("%s: %s, want %s", name, tc.got.Host, tc.want)
		}
	}
	if got := n.Peers()[0].Endpoint.Inside; got != "peer0.org1:7051" {
		t.Errorf("inside, the peer is at %s: a container keeps its usual port", got)
	}
}

func TestAPortForWhatIsNotThereIsAFault(t *testing.T) {
	p := assets("/p")
	p.Ports = map[string]int{"peer0.org2": 9051}
	check := func(t *testing.T, err error) {
		t.Helper()
		f := fault.From(err)
		if f == nil || f.Kind != fault.Usage || !strings.Contains(f.What, "peer0.org2") {
			t.Fatalf("the error is %v", err)
		}
		for _, name := range []string{"orderer", "orderer-admin", "peer0.org1", "chaincode-basic"} {
			if !strings.Contains(f.Fix, name) {
				t.Errorf("the fix does not name %s: %s", name, f.Fix)
			}
		}
	}
	_, err := network.New(p, network.RuntimeDocker, usualPorts)
	check(t, err)
	_, err = made(t, assets("/p"), network.RuntimeDocker).WithChaincodes(p, usualPorts)
	check(t, err)
}

func TestNoPortNoNetwork(t *testing.T) {
	none := errors.New("no port")
	asked := 0
	_, err := network.New(assets("/p"), network.RuntimeDocker, func(string, int, int) (int, error) { asked++; return 0, none })
	if !errors.Is(err, none) || asked != 1 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

func TestWithChaincodesKeepsAllElse(t *testing.T) {
	p := assets("/p")
	n := made(t, p, network.RuntimeProcess)
	held := map[string]int{"chaincode-basic": 9999} // as the book of ports has it
	port := func(use string, wanted, usual int) (int, error) {
		if p, has := held[use]; has {
			return p, nil
		}
		held[use] = usual + 100
		return held[use], nil
	}
	p.Channel, p.Chaincodes = "other", append([]project.Chaincode{{Name: "new", Version: "1.0", Label: "new_1.0", Path: "/new"}}, p.Chaincodes...)
	got, err := n.WithChaincodes(p, port)
	if err != nil {
		t.Fatal(err)
	}
	if c, found := got.Chaincode("basic"); !found || c.Endpoint != n.Chaincodes[0].Endpoint {
		t.Errorf("basic moved from %v to %v", n.Chaincodes[0].Endpoint, c.Endpoint)
	}
	if c, found := got.Chaincode(""); !found || c.Name != "new" || c.Service != "chaincode-new" || c.Endpoint.Host != "127.0.0.1:10099" {
		t.Errorf("the first chaincode is %+v", c)
	}
	if _, found := got.Chaincode("none"); found {
		t.Error("found a chaincode that is not there")
	}
	if len(n.Chaincodes) != 1 {
		t.Errorf("the network it was made of has changed: %+v", n.Chaincodes)
	}
	got.Chaincodes, n.Chaincodes = nil, nil
	if diff := cmp.Diff(n, got); diff != "" {
		t.Errorf("more than the chaincodes changed (-was +is):\n%s", diff)
	}
}

func TestWithUsers(t *testing.T) {
	p := assets("/p")
	p.Orgs = project.Orgs{{Users: []project.User{{Name: "old"}}}, {}}
	n := made(t, p, network.RuntimeDocker)
	p.Orgs = project.Orgs{{}, {Users: []project.User{{Name: "new", Attributes: map[string]string{"a": "b"}}}}}
	got := n.WithUsers(p)
	if len(got.Orgs[0].Users) != 0 || got.Orgs[1].Users[0].Name != "new" || got.Orgs[1].Users[0].Attributes["a"] != "b" {
		t.Errorf("the users are %+v and %+v", got.Orgs[0].Users, got.Orgs[1].Users)
	}
	if n.Orgs[0].Users[0].Name != "old" || len(n.Orgs[1].Users) != 0 {
		t.Error("the network it was made of has changed")
	}
}

func TestUsersThatWereAddedStay(t *testing.T) {
	p := assets("/p")
	p.Orgs = project.Orgs{{Users: []project.User{{Name: "old"}}}}
	n := made(t, p, network.RuntimeDocker)
	n.Orgs[0].Users = append(n.Orgs[0].Users, network.User{Name: "added", Added: true}, network.User{Name: "both", Added: true})
	p.Orgs = project.Orgs{{Users: []project.User{{Name: "both", Attributes: map[string]string{"from": "file"}}}}}
	users := n.WithUsers(p).Orgs[0].Users
	if len(users) != 2 || users[0].Name != "both" || users[0].Added || users[1].Name != "added" {
		t.Errorf("the users are %+v", users)
	}
}

func TestOrgByAnyName(t *testing.T) {
	p := assets("/p")
	p.Orgs = make(project.Orgs, 2)
	n := made(t, p, network.RuntimeDocker)
	for _, name := range []string{"Org2", "Org2MSP", "org2.example.com"} {
		if o, found := n.Org(name); !found || o.Name != "Org2" {
			t.Errorf("%s finds %q", name, o.Name)
		}
	}
	for _, name := range []string{"", "org2", "Org3", "OrdererMSP"} {
		if o, found := n.Org(name); found {
			t.Errorf("%q finds %s", name, o.Name)
		}
	}
}
