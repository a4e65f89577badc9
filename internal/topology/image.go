package topology

import (
	"strconv"
	"strings"

	"github.com/ccdev/ccdev/internal/cctls"
	"github.com/ccdev/ccdev/internal/network"
	"github.com/ccdev/ccdev/internal/project"
	"github.com/compose-spec/compose-go/v2/types"
)

// GenerationService is the service that a generation of an image is, behind the chaincode's relay.
func GenerationService(cc network.Chaincode, number int) string {
	return cc.Service + "-g" + strconv.Itoa(number)
}

// GenerationOf gives the number of the generation that a service is.
func GenerationOf(cc network.Chaincode, service string) (number int, is bool) {
	digits, found := strings.CutPrefix(service, cc.Service+"-g")
	if cc.Lang != project.LangDockerfile || !found {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil && number > 0
}

// addImage adds a generation that is a container. It comes back by itself when it crashes, and the
// relay then takes it again; a few times, so that one that can never run is found out.
func addImage(model *types.Project, n network.Network, cc network.Chaincode, g Generation) {
	service := newService(GenerationService(cc, g.Number), program{image: g.Image}, chaincodeEnv(n, cc, g))
	service.Labels[GenerationLabel] = strconv.Itoa(g.Number)
	service.PullPolicy = types.PullPolicyNever
	service.Restart = "on-failure:3"
	service.StopSignal = "SIGKILL" // as for a chaincode without a relay
	service.StopGracePeriod = grace(0)
	addTLS(model, &service, cc, tlsIn(n, cc), cctls.ChaincodeFiles())
	model.Services[service.Name] = service
}
