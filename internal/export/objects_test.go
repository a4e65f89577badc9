package export

import (
	"bytes"
	"net"
	"path"
	"strconv"
	"strings"
	"testing"

	"github.com/ccdev/ccdev/internal/ccpackage"
	"github.com/ccdev/ccdev/internal/project"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// objects are those of chaincode.yaml.
type objects struct {
	namespace  corev1.Namespace
	secret     *corev1.Secret
	deployment appsv1.Deployment
	service    corev1.Service
}

// fabricChaincode is what hlf-operator's type of this name has of the fields that are set
// (pkg/apis/hlf.kungfusoftware.es/v1alpha1).
type fabricChaincode struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		Image               string                        `json:"image"`
		ImagePullPolicy     corev1.PullPolicy             `json:"imagePullPolicy"`
		ImagePullSecrets    []corev1.LocalObjectReference `json:"imagePullSecrets"`
		PackageID           string                        `json:"packageId"`
		Replicas            int                           `json:"replicas"`
		Env                 []corev1.EnvVar               `json:"env"`
		ChaincodeServerPort int                           `json:"chaincodeServerPort"`
	} `json:"spec"`
}

// strictly decodes YAML into a type of Kubernetes, which must know every field.
func strictly(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

func decode(t *testing.T, text []byte) (o objects) {
	t.Helper()
	for _, doc := range bytes.Split(text, []byte("\n---\n")) {
		var kind metav1.TypeMeta
		if err := yaml.Unmarshal(doc, &kind); err != nil {
			t.Fatal(err)
		}
		switch kind.APIVersion + " " + kind.Kind {
		case "v1 Namespace":
			strictly(t, doc, &o.namespace)
		case "v1 Secret":
			o.secret = &corev1.Secret{}
			strictly(t, doc, o.secret)
		case "apps/v1 Deployment":
			strictly(t, doc, &o.deployment)
		case "v1 Service":
			strictly(t, doc, &o.service)
		default:
			t.Fatalf("an object of the kind %v", kind)
		}
	}
	return o
}

// Everything in the objects fits what the peer reads in the package, and each other.
func TestObjectsFitThePackage(t *testing.T) {
	for _, mode := range []string{"", project.TLSServer, project.TLSMutual} {
		t.Run("tls "+mode, func(t *testing.T) {
			k := onCluster(t, mode)
			made := files(t, k)
			pkg, err := ccpackage.Read(made[k.Chaincode.Label+".tar.gz"])
			if err != nil {
				t.Fatal(err)
			}
			o := decode(t, made["chaincode.yaml"])
			o.reachedAt(t, pkg.Connection.Address)
			pod := o.deployment.Spec.Template.Spec
			env := variables(t, pod.Containers[0].Env)
			for _, name := range []string{"CHAINCODE_ID", "CORE_CHAINCODE_ID", "CORE_CHAINCODE_ID_NAME"} {
				if env[name] != pkg.ID {
					t.Errorf("%s is %q, and the package's ID %q", name, env[name], pkg.ID)
				}
			}
			o.secured(t, *pkg.Connection, env)
			if mode == "" {
				o.sameByOperator(t, made["hlf-operator.yaml"])
			}
			commands := string(made["README.md"])
			for _, said := range []string{pod.Containers[0].Image, pkg.ID, k.Chaincode.Label + ".tar.gz", k.BuilderImage} {
				if !strings.Contains(commands, said) {
					t.Errorf("the README does not have %s:\n%s", said, commands)
				}
			}
		})
	}
}

// reachedAt follows a peer's way from the address to the listening socket.
func (o objects) reachedAt(t *testing.T, address string) {
	t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	if want := o.service.Name + "." + o.service.Namespace + ".svc"; host != want {
		t.Errorf("the package names %s, and the Service is %s", host, want)
	}
	for _, namespace := range []string{o.service.Namespace, o.deployment.Namespace} {
		if namespace != o.namespace.Name {
			t.Errorf("an object is in the namespace %q, not %q", namespace, o.namespace.Name)
		}
	}
	served := o.service.Spec.Ports[0]
	if strconv.Itoa(int(served.Port)) != port {
		t.Errorf("the package names port %s, and the Service has %d", port, served.Port)
	}
	template := o.deployment.Spec.Template
	for name, value := range o.service.Spec.Selector {
		if template.Labels[name] != value || o.deployment.Spec.Selector.MatchLabels[name] != value {
			t.Errorf("the Service selects %s=%s, and the pods have %v", name, value, template.Labels)
		}
	}
	container := template.Spec.Containers[0]
	opened := container.Ports[0]
	if served.TargetPort.StrVal != opened.Name {
		t.Errorf("the Service goes to the port %s, and the container has %s", served.TargetPort.StrVal, opened.Name)
	}
	for name, probe := range map[string]*corev1.Probe{
		"startup": container.StartupProbe, "readiness": container.ReadinessProbe, "liveness": container.LivenessProbe,
	} {
		if probe == nil || probe.TCPSocket == nil || probe.TCPSocket.Port.StrVal != opened.Name {
			t.Errorf("the %s probe is %+v", name, probe)
		}
	}
	env := variables(t, container.Env)
	for _, name := range []string{"CHAINCODE_SERVER_ADDRESS", "CORE_CHAINCODE_ADDRESS"} {
		if want := "0.0.0.0:" + strconv.Itoa(int(opened.ContainerPort)); env[name] != want {
			t.Errorf("%s is %q, want %q", name, env[name], want)
		}
	}
}

// secured checks that the files of the environment are keys of the Secret, whose CA is the package's.
func (o objects) secured(t *testing.T, c ccpackage.Connection, env map[string]string) {
	t.Helper()
	if (o.secret != nil) != c.TLSRequired || (env["CORE_PEER_TLS_ENABLED"] == "true") != c.TLSRequired ||
		(env["CHAINCODE_TLS_DISABLED"] == "false") != c.TLSRequired || (env["CHAINCODE_CLIENT_CA_CERT"] != "") != c.ClientAuthRequired {
		t.Errorf("the package says TLS %t, clients %t, and the environment %v", c.TLSRequired, c.ClientAuthRequired, env)
	}
	if o.secret == nil {
		return
	}
	pod := o.deployment.Spec.Template.Spec
	dir := ""
	for _, v := range pod.Volumes {
		if v.Secret == nil || v.Secret.SecretName != o.secret.Name || o.secret.Namespace != o.deployment.Namespace {
			continue
		}
		if *v.Secret.DefaultMode != 0o440 {
			t.Errorf("the keys have the mode %o", *v.Secret.DefaultMode)
		}
		for _, mount := range pod.Containers[0].VolumeMounts {
			if mount.Name == v.Name {
				dir = mount.MountPath
			}
		}
	}
	for name, file := range env {
		if !strings.HasPrefix(file, "/") {
			continue
		}
		if o.secret.StringData[path.Base(file)] == "" || path.Dir(file) != dir {
			t.Errorf("%s is %s, and the Secret, which is at %q, has no such key", name, file, dir)
		}
	}
	if o.secret.StringData["ca.pem"] != c.RootCert {
		t.Error("the package trusts another CA than that of the Secret")
	}
}

// sameByOperator checks that the operator would make the same of its object.
func (o objects) sameByOperator(t *testing.T, text []byte) {
	t.Helper()
	var made fabricChaincode
	strictly(t, text, &made)
	container := o.deployment.Spec.Template.Spec.Containers[0]
	if made.Name != o.service.Name || made.Namespace != o.service.Namespace || made.Spec.Image != container.Image ||
		made.Spec.ChaincodeServerPort != int(container.Ports[0].ContainerPort) || made.Spec.Replicas != int(*o.deployment.Spec.Replicas) {
		t.Errorf("the operator's object is another chaincode: %+v", made)
	}
	env := variables(t, made.Spec.Env)
	own := variables(t, container.Env)
	if made.Spec.PackageID != own["CHAINCODE_ID"] {
		t.Errorf("the operator's object has the package ID %q", made.Spec.PackageID)
	}
	for name, value := range own {
		if env[name] != value && !operatorSets(name) {
			t.Errorf("by the operator %s is %q, not %q", name, env[name], value)
		}
	}
}

// variables are an environment, in which nothing is there twice.
func variables(t *testing.T, list []corev1.EnvVar) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, v := range list {
		if _, twice := env[v.Name]; twice {
			t.Errorf("%s is there twice", v.Name)
		}
		env[v.Name] = v.Value
	}
	return env
}

// The builder is where the peer is told that it is, and the image and volume are the same throughout.
func TestPeerPatch(t *testing.T) {
	k := onCluster(t, "")
	made := files(t, k)
	var patch appsv1.Deployment
	strictly(t, made["peer-patch.yaml"], &patch)
	pod := patch.Spec.Template.Spec
	copier, peer := pod.InitContainers[0], pod.Containers[0]
	if copier.Image != k.BuilderImage || copier.Command[0] != "/copy" || copier.Command[1] != copier.VolumeMounts[0].MountPath {
		t.Errorf("the init container is %+v", copier)
	}
	volume := pod.Volumes[0].Name
	if copier.VolumeMounts[0].Name != volume || peer.VolumeMounts[0].Name != volume {
		t.Errorf("the volume %s is not that of both containers", volume)
	}
	type builder struct {
		Name, Path           string
		PropagateEnvironment []string
	}
	var told []builder
	strictly(t, []byte(peer.Env[0].Value), &told)
	var stanza struct {
		Chaincode struct{ ExternalBuilders []builder }
	}
	strictly(t, made["external-builders.yaml"], &stanza)
	for _, b := range []builder{told[0], stanza.Chaincode.ExternalBuilders[0]} {
		if b.Path != peer.VolumeMounts[0].MountPath || len(b.PropagateEnvironment) != 1 ||
			b.PropagateEnvironment[0] != "CHAINCODE_AS_A_SERVICE_BUILDER_CONFIG" {
			t.Errorf("the peer is told of %+v, and has it at %s", b, peer.VolumeMounts[0].MountPath)
		}
	}
}
