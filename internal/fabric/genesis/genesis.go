// Package genesis makes the channel's first block.
package genesis

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/ccdev/ccdev/internal/atomicfile"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/hyperledger/fabric-config/configtx"
	"github.com/hyperledger/fabric-config/configtx/orderer"
	"google.golang.org/protobuf/proto"
)

const mebibyte = 1 << 20

// Ensure writes the network's genesis block, unless there is one: the ledgers were made from it.
// The network's identities must have been made. made tells whether it was written.
func Ensure(n network.Network) (made bool, err error) {
	file := n.GenesisBlock()
	_, err = os.Stat(file)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	block, err := Block(n)
	if err != nil {
		return false, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return false, fmt.Errorf("keep the genesis block: %w", err)
	}
	return true, atomicfile.Write(file, block, 0o644)
}

// Block makes a genesis block, as a marshalled common.Block. Two blocks of one network differ in
// nonce, time and transaction ID, and in nothing else.
func Block(n network.Network) ([]byte, error) {
	channel, err := channelConfig(n)
	if err != nil {
		return nil, fmt.Errorf("configure channel %s: %w", n.Channel, err)
	}
	block, err := configtx.NewApplicationChannelGenesisBlock(channel, n.Channel)
	if err != nil {
		return nil, fmt.Errorf("make the genesis block of %s: %w", n.Channel, err)
	}
	if err := addAnchors(block, n.Orgs); err != nil {
		return nil, fmt.Errorf("name the anchor peers of %s: %w", n.Channel, err)
	}
	return proto.Marshal(block)
}

func channelConfig(n network.Network) (configtx.Channel, error) {
	caps, err := capabilitiesOf(n.Fabric)
	if err != nil {
		return configtx.Channel{}, err
	}
	ordering, err := ordererConfig(n, caps)
	if err != nil {
		return configtx.Channel{}, err
	}
	app := configtx.Application{Capabilities: caps.application, Policies: applicationPolicies()}
	for _, o := range n.Orgs {
		m, err := readMSP(n, o.MSPID, o.Domain)
		if err != nil {
			return configtx.Channel{}, err
		}
		app.Organizations = append(app.Organizations,
			configtx.Organization{Name: o.MSPID, MSP: m, Policies: peerOrgPolicies(o.MSPID)})
	}
	return configtx.Channel{
		Capabilities: caps.channel,
		Policies:     standardPolicies(),
		Orderer:      ordering,
		Application:  app,
	}, nil
}

func ordererConfig(n network.Network, caps capabilities) (configtx.Orderer, error) {
	m, err := readMSP(n, n.Orderer.MSPID, n.Orderer.Domain)
	if err != nil {
		return configtx.Orderer{}, err
	}
	consenter, err := consenter(n)
	if err != nil {
		return configtx.Orderer{}, err
	}
	return configtx.Orderer{
		OrdererType:  orderer.ConsensusTypeEtcdRaft,
		State:        orderer.ConsensusStateNormal,
		BatchTimeout: n.BatchTimeout,
		// Blocks are cut by the timeout. The absolute limit is just under what gRPC carries in
		// Fabric (100 MiB), so that a chaincode meets that limit and not one of ours.
		BatchSize: orderer.BatchSize{
			MaxMessageCount: 500, AbsoluteMaxBytes: 99 * mebibyte, PreferredMaxBytes: 2 * mebibyte,
		},
		EtcdRaft: orderer.EtcdRaft{Consenters: []orderer.Consenter{consenter}, Options: raftOptions()},
		Organizations: []configtx.Organization{{
			Name: n.Orderer.MSPID, MSP: m, Policies: ordererOrgPolicies(n.Orderer.MSPID),
			OrdererEndpoints: []string{n.Orderer.Endpoint.Inside},
		}},
		Capabilities: caps.orderer,
		Policies:     ordererPolicies(),
	}, nil
}

// raftOptions make the one orderer its own leader fast. It campaigns every 2 heartbeats on a
// new channel, and after one to two election timeouts when it starts again (etcdraft/node.go).
// Half an election timeout is also what it allows a disk write before it warns of a slow disk;
// and each tick costs it a little, even when idle.
func raftOptions() orderer.EtcdRaftOptions {
	return orderer.EtcdRaftOptions{
		TickInterval: "20ms", HeartbeatTick: 1, ElectionTick: 5,
		MaxInflightBlocks: 5, SnapshotIntervalSize: 16 * mebibyte,
	}
}

// capabilities are the features all nodes must have, per part of the configuration.
type capabilities struct{ channel, orderer, application []string }

// capabilitiesOf gives the newest capabilities that a version of Fabric has (its package
// common/capabilities).
func capabilitiesOf(version string) (capabilities, error) {
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	release, err := strconv.Atoi(major)
	if err != nil {
		return capabilities{}, badVersion(version)
	}
	point, err := strconv.Atoi(minor)
	if err != nil || release < 2 {
		return capabilities{}, badVersion(version)
	}
	v2, v25, v3 := []string{"V2_0"}, []string{"V2_5"}, []string{"V3_0"}
	switch {
	case release >= 3:
		return capabilities{channel: v3, orderer: v2, application: v25}, nil
	case point >= 5:
		return capabilities{channel: v2, orderer: v2, application: v25}, nil
	}
	return capabilities{channel: v2, orderer: v2, application: v2}, nil
}

func badVersion(version string) error {
	return fault.New(fault.Usage, `set fabric to a version such as "3.1.1" or "2.5.9"`,
		"%q is no version of Fabric that ccdev can make a channel for", version)
}
