package network

import (
	"github.com/ccdev/ccdev/internal/fault"
	"github.com/ccdev/ccdev/internal/project"
)

// needsContainers refuses a chaincode that is an image where services are plain processes.
func (b *builder) needsContainers(cc Chaincode) {
	if b.err == nil && cc.Lang == project.LangDockerfile && b.net.Runtime == RuntimeProcess {
		b.err = fault.New(fault.Usage, "start Docker, then: ccdev up --runtime docker (after \"ccdev down -v\" where there is a network already);\n"+
			"or start the chaincode yourself: set lang: external for it in ccdev.yaml",
			"chaincode %s is built by a Dockerfile, which takes Docker, and this network runs plain processes", cc.Name)
	}
}
