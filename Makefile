# What there is to do: `make help`. Everything needs Go and nothing else; Docker is used where
# its daemon answers.
.DEFAULT_GOAL := help
.PHONY: help build up down test test-short lint bench man recording release-snapshot clean

GO      ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X github.com/ccdev/ccdev/internal/cli.version=$(VERSION)

# The race detector needs a C compiler; Go knows whether there is one.
RACE := $(if $(filter 1,$(shell $(GO) env CGO_ENABLED)),-race)

# The linters are built once for a version of theirs and of Go.
LINTERS := v2.15.0
LINT    := bin/golangci-lint-$(LINTERS)-$(shell $(GO) env GOVERSION)

DEMO := .demo/assets

help: ## list what there is to do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/ccdev
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ccdev ./cmd/ccdev

up: build ## bring up a network with a chaincode on it, and call that (RUNTIME=docker or process chooses)
	@set -e; \
	[ -e $(DEMO)/go.mod ] || bin/ccdev init $(DEMO) >/dev/null; \
	cd $(DEMO); ccdev=../../bin/ccdev; \
	$$ccdev up -d $(if $(RUNTIME),--runtime $(RUNTIME)) >/dev/null; \
	id=asset-$$(date +%s)-$$$$; \
	echo; \
	echo "\$$ ccdev invoke CreateAsset $$id alice 100"; $$ccdev invoke CreateAsset $$id alice 100; \
	echo "\$$ ccdev query ReadAsset $$id"; $$ccdev query ReadAsset $$id; \
	runtime=$$($$ccdev status -o json | sed -n 's/^  "runtime": "\(.*\)",$$/\1/p'); \
	echo; \
	echo "A real Fabric network is up, on the $$runtime runtime. Go on with it:"; \
	echo "  cd $(DEMO); PATH=\$$PATH:$(CURDIR)/bin"; \
	echo "  ccdev query GetAllAssets"; \
	echo "  ccdev status"; \
	echo "Change asset.go, then:"; \
	echo "  ccdev reload"; \
	echo "To stop it, and leave nothing:"; \
	echo "  make down"

down: build ## take the network of make up down, with its ledger
	@[ ! -d $(DEMO)/.ccdev ] || { $(MAKE) --no-print-directory build && bin/ccdev down -v --dir $(DEMO); }

# What make test says, first and last, of the tests on Docker. ccdev knows best whether its
# daemon answers.
define docker_note
	if ! bin/ccdev images list >/dev/null 2>&1; then \
	  echo "****************************************************************"; \
	  case ",$$CCDEV_TEST_RUNTIMES," in \
	    *,docker,*) echo "** NO DOCKER DAEMON ANSWERS, and CCDEV_TEST_RUNTIMES asks for it: **"; \
	                echo "** the tests on Docker fail.";; \
	    *)          echo "** NO DOCKER DAEMON ANSWERS: the tests on Docker DO NOT RUN. **";; \
	  esac; \
	  echo "****************************************************************"; \
	fi
endef

test: build ## run all tests, on real Fabric, on every runtime there is (CCDEV_TEST_RUNTIMES says which must be)
	@$(docker_note); \
	[ -n "$(RACE)" ] || echo "no C compiler: the tests run without the race detector"; \
	status=0; \
	$(GO) test $(RACE) -timeout 20m $$($(GO) list ./... | grep -v /internal/e2e) || status=1; \
	$(GO) test -count=1 -timeout 50m ./internal/e2e/... || status=1; \
	$(docker_note); \
	exit $$status

test-short: ## run the tests that take seconds
	$(GO) test -short $(RACE) ./...

lint: $(LINT) ## run the linters, and check the format of the sources
	$(LINT) run ./...

$(LINT):
	@echo "building golangci-lint $(LINTERS): a minute, once"
	GOBIN="$(CURDIR)/bin" $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINTERS)
	@mv bin/golangci-lint $@

bench: build ## measure ccdev against its budgets (BENCH='-runs 3 -only process' narrows it)
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench -ccdev bin/ccdev -o bench.json $(BENCH)

man: ## write the manual pages and the completions to dist/man
	$(GO) run ./cmd/man dist/man

recording: build ## film ccdev up in a terminal, for the README
	$(GO) run ./cmd/record -ccdev bin/ccdev -o .readme/up.svg

release-snapshot: ## make the archives of a release in dist/, for all platforms, and publish nothing
	$(GO) run ./cmd/release -version $(VERSION) -o dist

clean: down ## remove what make has made, the network of make up too
	rm -rf bin .demo dist bench.json
