// Package collections reads the definitions of private data collections, in the JSON of Fabric's peer command.
package collections

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/fabric/policy"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/yamlerror"
	"github.com/goccy/go-yaml"
	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
)

// collection is one of them as the file has it (internal/peer/chaincode/common.go).
type collection struct {
	Name              string       `yaml:"name"`
	Policy            string       `yaml:"policy"`
	RequiredPeerCount *int32       `yaml:"requiredPeerCount"`
	MaxPeerCount      *int32       `yaml:"maxPeerCount"`
	BlockToLive       uint64       `yaml:"blockToLive"`
	MemberOnlyRead    bool         `yaml:"memberOnlyRead"`
	MemberOnlyWrite   bool         `yaml:"memberOnlyWrite"`
	EndorsementPolicy *endorsement `yaml:"endorsementPolicy"`
}

type endorsement struct {
	SignaturePolicy     string `yaml:"signaturePolicy"`
	ChannelConfigPolicy string `yaml:"channelConfigPolicy"`
}

// What the peer command takes where the file says nothing (getCollectionConfigFromBytes).
const (
	defaultRequired = 0
	defaultMax      = 1
)

// nameForm is the peer's rule (core/chaincode/lifecycle/scc.go, collectionNameRegExp).
var nameForm = regexp.MustCompile(`^[A-Za-z0-9-]+([A-Za-z0-9_-]+)*$`)

// Read reads a file of collections whose members are among the orgs with these MSP IDs, each with the
// number of its peers. It is nil for a file that lists none. The error is a fault of the kind Usage that shows the line it means.
func Read(file string, peers map[string]int) (*peer.CollectionConfigPackage, error) {
	source, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Usage, "give the JSON file that lists the collections, relative to ccdev.yaml",
			"cannot read the collections: %w", err)
	}
	r := reader{file: file, source: source, peers: peers, mspIDs: slices.Sorted(maps.Keys(peers))}
	list, err := r.parse()
	if err != nil {
		return nil, err
	}
	var pkg *peer.CollectionConfigPackage
	seen := map[string]bool{}
	for i, c := range list {
		config, err := r.config(i, c)
		if err != nil {
			return nil, err
		}
		if seen[c.Name] {
			return nil, r.at(path(i, "name"), fmt.Errorf("two collections are named %q", c.Name), "")
		}
		seen[c.Name] = true
		if pkg == nil {
			pkg = &peer.CollectionConfigPackage{}
		}
		pkg.Config = append(pkg.Config, &peer.CollectionConfig{
			Payload: &peer.CollectionConfig_StaticCollectionConfig{StaticCollectionConfig: config},
		})
	}
	return pkg, nil
}

// Members are the MSP IDs of the orgs that a collection's values are for.
func Members(c *peer.StaticCollectionConfig) []string {
	var mspIDs []string
	for _, p := range c.GetMemberOrgsPolicy().GetSignaturePolicy().GetIdentities() {
		var role msp.MSPRole
		if err := proto.Unmarshal(p.GetPrincipal(), &role); err == nil { // Read makes no other kind
			mspIDs = append(mspIDs, role.GetMspIdentifier())
		}
	}
	slices.Sort(mspIDs)
	return slices.Compact(mspIDs)
}

// reader is one file being read.
type reader struct {
	file   string
	source []byte
	peers  map[string]int
	mspIDs []string
}

// parse reads the JSON as YAML, whose reader says where a field is wrong. YAML takes no tabs
// where JSON has them; none can be in a string.
func (r *reader) parse() ([]collection, error) {
	r.source = bytes.TrimPrefix(r.source, []byte("\ufeff"))
	var document any
	if err := json.Unmarshal(r.source, &document); err != nil {
		return nil, r.broken(err)
	}
	r.source = bytes.ReplaceAll(r.source, []byte("\t"), []byte(" "))
	if _, isList := document.([]any); !isList {
		return nil, r.fault("", "it is not a list of collections: [{\"name\": …}, …]")
	}
	var list []collection
	if err := yaml.NewDecoder(bytes.NewReader(r.source), yaml.Strict()).Decode(&list); err != nil {
		return nil, r.fault("the fields are name, policy, requiredPeerCount, maxPeerCount, blockToLive, memberOnlyRead, memberOnlyWrite, "+
			"and endorsementPolicy with signaturePolicy or channelConfigPolicy",
			"%s", yamlerror.Text(err))
	}
	return list, nil
}

// broken says in which line the JSON ends to be JSON.
func (r *reader) broken(err error) error {
	line := 1 + bytes.Count(r.source, []byte("\n"))
	if syntax := (*json.SyntaxError)(nil); errors.As(err, &syntax) {
		line = 1 + bytes.Count(r.source[:min(int(syntax.Offset), len(r.source))], []byte("\n"))
	}
	return r.fault("", "it is not JSON, in line %d: %w", line, err)
}

// config checks a collection as the peer would at its approval (validateCollectionConfigs).
func (r *reader) config(i int, c collection) (*peer.StaticCollectionConfig, error) {
	config := &peer.StaticCollectionConfig{
		Name: c.Name, RequiredPeerCount: defaultRequired, MaximumPeerCount: defaultMax, BlockToLive: c.BlockToLive,
		MemberOnlyRead: c.MemberOnlyRead, MemberOnlyWrite: c.MemberOnlyWrite,
	}
	if c.RequiredPeerCount != nil {
		config.RequiredPeerCount = *c.RequiredPeerCount
	}
	if c.MaxPeerCount != nil {
		config.MaximumPeerCount = *c.MaxPeerCount
	}
	switch {
	case c.Name == "":
		return nil, r.at(path(i, "name"), errors.New("a collection has no name"), `give it one, such as "name": "prices"`)
	case c.Policy == "":
		return nil, r.at(path(i, "policy"), fmt.Errorf("the collection %s has no policy, which says whose it is", c.Name),
			`give it one, such as "policy": `+policy.Example)
	case !nameForm.MatchString(c.Name):
		return nil, r.at(path(i, "name"), fmt.Errorf("%q is no name of a collection", c.Name), "use letters, digits, - and _, and no _ at its beginning")
	case config.RequiredPeerCount < 0:
		return nil, r.at(path(i, "requiredPeerCount"), errors.New("requiredPeerCount is below 0"), "")
	case config.RequiredPeerCount > config.MaximumPeerCount:
		return nil, r.at(path(i, "requiredPeerCount"), fmt.Errorf("requiredPeerCount %d is more than maxPeerCount %d",
			config.RequiredPeerCount, config.MaximumPeerCount), fmt.Sprintf("set maxPeerCount to %d at least; it is %d where the file does not say", config.RequiredPeerCount, defaultMax))
	}
	var err error
	if config.MemberOrgsPolicy, err = r.members(i, c.Policy); err != nil {
		return nil, err
	}
	if err := r.enough(i, config); err != nil {
		return nil, err
	}
	config.EndorsementPolicy, err = r.endorsement(i, c.EndorsementPolicy)
	return config, err
}

// enough refuses a collection that no member's peer could endorse a write to: it first has to give the
// values to that many others (gossip/privdata/distributor.go).
func (r *reader) enough(i int, config *peer.StaticCollectionConfig) error {
	members := Members(config)
	peers := 0
	for _, mspID := range members {
		peers += r.peers[mspID]
	}
	others, required := max(peers-1, 0), int(config.GetRequiredPeerCount())
	if required <= others {
		return nil
	}
	return r.at(path(i, "requiredPeerCount"),
		fmt.Errorf("requiredPeerCount %d of the collection %s cannot be met: its members (%s) have %d peer(s), and the one that endorses does not count",
			required, config.GetName(), strings.Join(members, ", "), peers),
		fmt.Sprintf("set requiredPeerCount to %d at most in this network; or give the members more peers: in ccdev.yaml, orgs: [{name: …, peers: N}]", others))
}

// members is the policy that lists the orgs of a collection. It consists of ORs only.
func (r *reader) members(i int, text string) (*peer.CollectionPolicyConfig, error) {
	envelope, err := policy.Signature(text, r.mspIDs)
	if err == nil && !onlyOr(envelope.GetRule()) {
		err = fault.New(fault.Usage, `list the orgs with OR, such as "OR('Org1MSP.member','Org2MSP.member')"`,
			"the policy of a collection lists its members: only OR is possible in it")
	}
	if err != nil {
		return nil, r.at(path(i, "policy"), err, "")
	}
	return &peer.CollectionPolicyConfig{Payload: &peer.CollectionPolicyConfig_SignaturePolicy{SignaturePolicy: envelope}}, nil
}

// onlyOr is the peer's rule (validateSpOrConcat).
func onlyOr(rule *common.SignaturePolicy) bool {
	gate := rule.GetNOutOf()
	if gate == nil {
		return true
	}
	for _, operand := range gate.GetRules() {
		if !onlyOr(operand) {
			return false
		}
	}
	return gate.GetN() == 1
}

func (r *reader) endorsement(i int, e *endorsement) (*peer.ApplicationPolicy, error) {
	if e == nil {
		return nil, nil
	}
	field, text := "endorsementPolicy.signaturePolicy", e.SignaturePolicy
	if e.ChannelConfigPolicy != "" {
		if text != "" {
			return nil, r.at(path(i, "endorsementPolicy"), errors.New("it has both a signaturePolicy and a channelConfigPolicy"), "take one of them out")
		}
		field, text = "endorsementPolicy.channelConfigPolicy", "/"+strings.TrimPrefix(e.ChannelConfigPolicy, "/")
	}
	p, err := policy.Application(text, r.mspIDs)
	if err != nil {
		return nil, r.at(path(i, field), err, "")
	}
	return p, nil
}

func path(i int, field string) string { return fmt.Sprintf("$[%d].%s", i, field) }

// at makes a fault of err with the lines that the path is about; those of the collection where it
// does not have the field.
func (r *reader) at(path string, err error, fix string) error {
	what := err.Error()
	if inner := fault.From(err); fix == "" {
		fix = inner.Fix
	}
	for ; strings.Contains(path, "."); path = path[:strings.LastIndex(path, ".")] {
		if excerpt := r.excerpt(path); excerpt != "" {
			return r.fault(fix, "%s\n%s", what, excerpt)
		}
	}
	return r.fault(fix, "%s\n%s", what, r.excerpt(path))
}

func (r *reader) excerpt(path string) string {
	place, err := yaml.PathString(path)
	if err != nil {
		return ""
	}
	excerpt, err := place.AnnotateSource(r.source, false)
	if err != nil {
		return ""
	}
	return strings.TrimRight(string(excerpt), "\n")
}

func (r *reader) fault(fix, format string, args ...any) error {
	if fix == "" {
		fix = "correct " + r.file
	}
	return fault.New(fault.Usage, fix, "%s: %w", r.file, fmt.Errorf(format, args...))
}
