package docker

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"

	"github.com/ccdev/ccdev/internal/fault"
)

// What of a compose file is carried out, by its names there. Whatever else is set is a fault:
// a field that is silently ignored costs its user an afternoon.
var (
	serviceFields = []string{
		"name", // of the service itself
		"image", "entrypoint", "command", "environment", "ports", "labels", "networks", "volumes",
		"configs", "secrets", "user", "working_dir", "hostname", "restart", "stop_signal",
		"stop_grace_period", "depends_on", "healthcheck", "extra_hosts", "cap_add", "cap_drop",
		"init", "mem_limit", "cpus", "tmpfs", "pull_policy", "deploy", "scale",
		"expose", "profiles", // expose is a note to the reader; profiles have been applied
	}
	deployFields      = []string{"replicas", "resources"}
	limitFields       = []string{"cpus", "memory"}
	attachmentFields  = []string{"aliases", "priority"} // priority decides between networks: there is one
	dependencyFields  = []string{"condition", "required"}
	healthFields      = []string{"test", "timeout", "interval", "retries", "start_period", "disable"}
	portFields        = []string{"name", "mode", "host_ip", "target", "published", "protocol", "app_protocol"}
	mountFields       = []string{"type", "source", "target", "read_only", "bind", "volume", "tmpfs"}
	bindFields        = []string{"create_host_path"}
	volumeMountFields = []string{"nocopy"}
	tmpfsFields       = []string{"size", "mode"}
	fileFields        = []string{"name", "file", "content", "environment"}
	fileUseFields     = []string{"source", "target", "uid", "gid", "mode"}
	networkFields     = []string{"name", "driver", "labels", "internal", "driver_opts", "ipam"}
	volumeFields      = []string{"name", "driver", "driver_opts", "labels"}
)

// surplus names the first field of a compose struct that is set and not among these.
func surplus(v any, fields []string) string {
	value := reflect.Indirect(reflect.ValueOf(v))
	if !value.IsValid() { // a nil pointer sets nothing
		return ""
	}
	for i := range value.NumField() {
		field := value.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case field.Anonymous:
			if inner := surplus(value.Field(i).Interface(), fields); inner != "" {
				return inner
			}
		case hasYAML(name) && !slices.Contains(fields, name) && !value.Field(i).IsZero():
			return name
		}
	}
	return ""
}

// hasYAML says whether a struct's tag names a field of a compose file. Extensions, which begin
// with x- there, are for other programs.
func hasYAML(name string) bool { return name != "" && name != "-" && !strings.HasPrefix(name, "#") }

// unsupported is the fault of a field of a service that Docker would have to be told of in a way
// ccdev does not know. why may be empty.
func unsupported(service, field, why string) error {
	if why != "" {
		why = ": " + why
	}
	return fault.New(fault.Usage, fmt.Sprintf("take %s out of service %s in the compose file", field, service),
		"service %s sets %s, which ccdev does not support%s", service, field, why)
}

// checker looks for the first field that is not supported.
type checker struct {
	service string
	err     error
}

func (c *checker) only(v any, fields []string, under string) {
	if name := surplus(v, fields); name != "" {
		c.refuse(under+name, "")
	}
}

func (c *checker) refuse(field, why string) {
	if c.err == nil {
		c.err = unsupported(c.service, field, why)
	}
}

// checkService refuses what is not supported in a service itself.
func checkService(s types.ServiceConfig) error {
	c := &checker{service: s.Name}
	if s.Privileged {
		c.refuse("privileged", "such a container is root on this machine")
	}
	if s.NetworkMode != "" {
		c.refuse("network_mode", "all services share the project's network")
	}
	if s.Build != nil {
		c.refuse("build", "build the image and name it under image")
	}
	c.only(s, serviceFields, "")
	c.deploy(s)
	if s.HealthCheck != nil {
		c.only(s.HealthCheck, healthFields, "healthcheck.")
	}
	for name, n := range s.Networks {
		if name != defaultNetwork {
			c.refuse("networks."+name, "a project has the one network \"default\"")
		}
		c.only(n, attachmentFields, "networks."+name+".")
	}
	for _, p := range s.Ports {
		c.only(p, portFields, "ports.")
	}
	c.dependencies(s.DependsOn)
	if !slices.Contains([]string{"", types.PullPolicyMissing, types.PullPolicyIfNotPresent, types.PullPolicyNever}, s.PullPolicy) {
		c.refuse("pull_policy: "+s.PullPolicy, "")
	}
	return c.err
}

func (c *checker) deploy(s types.ServiceConfig) {
	if s.GetScale() != 1 {
		c.refuse("scale (or deploy.replicas)", "every service runs once")
	}
	if s.Deploy == nil {
		return
	}
	c.only(s.Deploy, deployFields, "deploy.")
	c.only(s.Deploy.Resources, []string{"limits"}, "deploy.resources.")
	c.only(s.Deploy.Resources.Limits, limitFields, "deploy.resources.limits.")
}

func (c *checker) dependencies(on types.DependsOnConfig) {
	for name, d := range on {
		c.only(d, dependencyFields, "depends_on."+name+".")
		switch d.Condition {
		case "", types.ServiceConditionStarted, types.ServiceConditionHealthy:
		default:
			c.refuse("depends_on."+name+".condition: "+d.Condition, "")
		}
	}
}
