package genesis

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/ccdev/ccdev/internal/network"
	"github.com/hyperledger/fabric-config/configtx"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// addAnchors names each org's first peer as its anchor, which is how peers of other orgs find
// it, and how more peers of its own do. fabric-config leaves anchors out of the blocks it makes;
// naming them here saves a configuration update per org.
func addAnchors(block *common.Block, orgs []network.Org) error {
	if len(block.GetData().GetData()) != 1 {
		return errors.New("the block does not hold one transaction")
	}
	var envelope common.Envelope
	var payload common.Payload
	var config common.ConfigEnvelope
	if err := errors.Join(
		proto.Unmarshal(block.Data.Data[0], &envelope),
		proto.Unmarshal(envelope.GetPayload(), &payload),
		proto.Unmarshal(payload.GetData(), &config),
	); err != nil {
		return err
	}
	application := config.GetConfig().GetChannelGroup().GetGroups()[configtx.ApplicationGroupKey]
	for _, o := range orgs {
		if err := addAnchor(application.GetGroups()[o.MSPID], o); err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
	}
	var err error
	if payload.Data, err = proto.Marshal(&config); err != nil {
		return err
	}
	if envelope.Payload, err = proto.Marshal(&payload); err != nil {
		return err
	}
	if block.Data.Data[0], err = proto.Marshal(&envelope); err != nil {
		return err
	}
	// Fabric's protoutil.ComputeBlockDataHash: of the transactions, one after the other.
	sum := sha256.Sum256(block.Data.Data[0])
	block.Header.DataHash = sum[:]
	return nil
}

func addAnchor(group *common.ConfigGroup, o network.Org) error {
	if group == nil {
		return errors.New("the channel configuration lacks it")
	}
	if len(o.Peers) == 0 {
		return nil
	}
	host, port, err := splitAddress(o.Peers[0].Endpoint.Inside)
	if err != nil {
		return err
	}
	anchors, err := proto.Marshal(&peer.AnchorPeers{AnchorPeers: []*peer.AnchorPeer{{Host: host, Port: port}}})
	if err != nil {
		return err
	}
	group.Values[configtx.AnchorPeersKey] = &common.ConfigValue{Value: anchors, ModPolicy: configtx.AdminsPolicyKey}
	return nil
}
