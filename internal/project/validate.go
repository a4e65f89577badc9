package project

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/goccy/go-yaml"
)

var (
	projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`) // compose-spec's project name
	channelName = regexp.MustCompile(`^[a-z][a-z0-9.-]*$`)    // common/configtx/validator.go
	fabricName  = regexp.MustCompile(`^(2\.[5-9]|[3-9]\.[0-9]+)(\.[0-9]+)?$`)
	orgName     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	userName    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*$`)
)

// maxOrgs keeps a mistyped count from starting hundreds of peers.
const maxOrgs = 26

// check is one rule: the YAML path it is about, and the error if it is broken.
type check struct {
	path string
	err  error
}

func validate(p Project, source []byte) error {
	checks := slices.Concat(networkChecks(p), orgChecks(p.Orgs), orgNameChecks(p.Orgs), chaincodeChecks(p.Chaincodes))
	for _, c := range checks {
		if c.err != nil {
			return at(source, c.path, c.err)
		}
	}
	return nil
}

func networkChecks(p Project) []check {
	checks := []check{
		{"$.name", matches("project name", p.Name, projectName, "lower-case letters, digits, - and _, a letter or digit first")},
		{"$.channel", matches("channel", p.Channel, channelName, "lower-case letters, digits, dots and -, a letter first")},
		{"$.fabric", matches("Fabric version", p.Fabric, fabricName, "a version from 2.5 on, such as \"3.1.1\"")},
		{"$.runtime", oneOf("runtime", p.Runtime, RuntimeAuto, RuntimeDocker, RuntimeProcess)},
		{"$.images", oneOf("images", p.Images.Source, "auto", "pull", "build")},
		stateDatabaseCheck(p),
	}
	if len(p.Channel) > 249 {
		checks = append(checks, check{"$.channel", fmt.Errorf("channel %q is longer than 249 characters", p.Channel)})
	}
	if p.BatchTimeout < 0 {
		checks = append(checks, check{"$.batchTimeout", fmt.Errorf("batchTimeout %s is negative", p.BatchTimeout)})
	}
	for _, service := range slices.Sorted(maps.Keys(p.Ports)) {
		if port := p.Ports[service]; port < 1 || port > 65535 {
			checks = append(checks, check{"$.ports.'" + service + "'", fmt.Errorf("port %d of %s is not between 1 and 65535", port, service)})
		}
	}
	return checks
}

func orgChecks(orgs Orgs) []check {
	var checks []check
	if orgs != nil && (len(orgs) == 0 || len(orgs) > maxOrgs) {
		checks = append(checks, check{"$.orgs", fmt.Errorf("a network has between 1 and %d orgs", maxOrgs)})
	}
	for i, org := range orgs {
		path := fmt.Sprintf("$.orgs[%d]", i)
		checks = append(checks, check{path + ".name", matches("org name", org.Name, orgName, "letters, digits and -, a letter first")})
		if org.Peers < 0 || org.Peers > 10 {
			checks = append(checks, check{path + ".peers", fmt.Errorf("%d peers: an org has between 1 and 10", org.Peers)})
		}
		for j, user := range org.Users {
			checks = append(checks, check{fmt.Sprintf("%s.users[%d].name", path, j), userError(user.Name)})
		}
	}
	return checks
}

// orgNameChecks tell apart what the orgs' names become: MSP IDs, and host names, which are the
// same in any case.
func orgNameChecks(orgs Orgs) []check {
	var checks []check
	seen := map[string]bool{}
	for i, org := range orgs {
		path := fmt.Sprintf("$.orgs[%d].name", i)
		name := org.Name
		if name == "" {
			name = OrgName(i)
		}
		key := strings.ToLower(name)
		if seen[key] {
			checks = append(checks, check{path, fmt.Errorf("two orgs are named %q", name)})
		}
		if key == "orderer" {
			checks = append(checks, check{path, fmt.Errorf("the org name %q is the orderer's own", name)})
		}
		seen[key] = true
	}
	return checks
}

// ValidateUserName checks the name of a user. The error is a fault of the kind Usage.
func ValidateUserName(name string) error {
	if err := userError(name); err != nil {
		return fault.New(fault.Usage, "choose another name", "%w", err)
	}
	return nil
}

func userError(name string) error {
	if name == "" {
		return fmt.Errorf("a user needs a name")
	}
	return matches("user name", name, userName, "letters, digits, dots, - and _")
}

func chaincodeChecks(chaincodes []Chaincode) []check {
	var checks []check
	seen := map[string]bool{}
	for i, cc := range chaincodes {
		path := fmt.Sprintf("$.chaincodes[%d]", i)
		checks = append(checks,
			check{path + ".name", ccpackage.ValidateName(cc.Name)},
			check{path + ".version", ccpackage.ValidateVersion(cc.Version)},
			check{path + ".label", ccpackage.ValidateLabel(cc.Label)},
			check{path + ".lang", oneOf("lang", cc.Lang, LangAuto, LangGo, LangNode, LangDockerfile, LangExternal)},
			check{path + ".mode", modeError(cc)},
			check{path + ".init", initError(cc.Init)})
		checks = append(checks, tlsChecks(cc.TLS, path+".tls")...)
		key := strings.ToLower(cc.Name) // host names are the same in any case
		if seen[key] {
			checks = append(checks, check{path + ".name", fmt.Errorf("two chaincodes are named %q", cc.Name)})
		}
		seen[key] = true
	}
	return checks
}

func modeError(cc Chaincode) error {
	if cc.Mode == ModeClient && !cc.Relayed() {
		return errors.New("without a relay there is nobody for the chaincode to dial: mode client needs relay true")
	}
	if cc.Mode == ModeClient && cc.Lang == LangDockerfile {
		return errors.New("a chaincode in a container of its own has to listen: mode client needs another lang than dockerfile")
	}
	return oneOf("mode", cc.Mode, ModeAuto, ModeServer, ModeClient)
}

func initError(i *Init) error {
	if i != nil && i.Function == "" {
		return errors.New("init is a call, and needs the function: {function: NAME, args: [ARG, …]}")
	}
	return nil
}

func matches(what, value string, form *regexp.Regexp, rule string) error {
	if value == "" || form.MatchString(value) {
		return nil
	}
	return fmt.Errorf("%s %q is not valid: it takes %s", what, value, rule)
}

func oneOf(what, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s %q is not known: it is one of %s", what, value, strings.Join(allowed, ", "))
}

// at makes a fault of err with the lines of the project file that the YAML path is about. Where
// the file does not have them, as for a name that is missing, it shows what they would be in.
func at(source []byte, path string, err error) error {
	what, fix := err.Error(), "correct "+FileName
	if rule := (*fault.Fault)(nil); errors.As(err, &rule) {
		fix = rule.Fix
	}
	for ; path != "$" && len(source) > 0; path = parent(path) {
		p, err := yaml.PathString(path)
		if err != nil {
			continue
		}
		if excerpt, err := p.AnnotateSource(source, false); err == nil {
			return fault.New(fault.Usage, fix, "%s\n%s", what, strings.TrimRight(string(excerpt), "\n"))
		}
	}
	return fault.New(fault.Usage, "correct the flag, or "+FileName, "%s", what)
}

// parent is the path without its last part: .name, ['name'] or [0].
func parent(path string) string {
	if i := strings.LastIndexAny(path, ".["); i > 0 {
		return path[:i]
	}
	return "$"
}
