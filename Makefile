# `make help` lists the targets.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# The recipes share node_modules, dist and the Docker daemon.
.NOTPARALLEL:

export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

KUBEVIRT_PROVIDER ?= k8s-1.36
# The same, shorter, and only from the command line, since others use so general a name in the environment:
# make e2e PROVIDER=NAME
ifeq ($(origin PROVIDER),command line)
KUBEVIRT_PROVIDER := $(PROVIDER)
endif
export KUBEVIRT_PROVIDER
# YES=1 installs missing packages without asking.
export YES

# Passed on to the command of a target: make cluster-up ARGS="--memory 4G"
ARGS ?=
# vm-debian-13 is made from vm/debian-13.
PROVIDER_FOLDER = cluster-provision/$(shell name='$(KUBEVIRT_PROVIDER)'; printf '%s' "$${name/-//}")

# Where `make install` puts the command.
PREFIX ?= $(if $(filter 0,$(shell id -u)),/usr/local,$(HOME)/.local)

# Where `make package` puts the tarball.
PACKAGE_DIR ?= dist/package

GOCLI := $(CURDIR)/gocli-ts/bin/gocli.js
COMMAND = $(DESTDIR)$(PREFIX)/bin/gocli
BOOTSTRAP := cluster-up/bootstrap.sh
SHELL_SCRIPTS = $(sort $(filter-out %.conf %.nft,$(wildcard .ci/* cluster-provision/runner/files/usr/lib/gocli/*)) \
	$(shell find cluster-up cluster-provision test -name '*.sh'))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

## --- building

.PHONY: build
build: ## build the command line (npm ci and tsc, each only when needed)
	@$(BOOTSTRAP) cli

.PHONY: install
install: build ## put gocli on PATH, as a link to this checkout (PREFIX=/usr/local)
	@mkdir -p "$(DESTDIR)$(PREFIX)/bin"
	@ln -sfn "$(GOCLI)" "$(COMMAND)"
	@echo "$(COMMAND) -> $(GOCLI)"

.PHONY: uninstall
uninstall: ## remove that link
	@if [[ "$$(readlink "$(COMMAND)")" == "$(GOCLI)" ]]; then rm "$(COMMAND)"; echo "removed $(COMMAND)"; \
	else echo "$(COMMAND) is not a link to this checkout; left alone"; fi

.PHONY: package
package: build ## make the npm package that installs without a network (PACKAGE_DIR=dist/package)
	@mkdir -p "$(PACKAGE_DIR)"
	@npm pack --silent --pack-destination "$(PACKAGE_DIR)"

.PHONY: clean
clean: ## remove what was built in the checkout (not clusters, images or caches)
	rm -rf dist coverage

## --- checking

.PHONY: lint
lint: build ## eslint, imports between rooms, unused code, format, syntax of shell scripts, shellcheck when it is installed
	eslint .
	knip
	prettier --check .
	depcruise --config gocli-ts/house.config.js gocli-ts/src
	@# tsc 6.0 leaves the ".ts" of import() as it is in functions that have "using"; Node finds no such file.
	@if grep -rnE --include='*.js' "import\(['\"]\.[^'\"]*\.ts['\"]\)" dist/gocli-ts/src; then \
	echo 'import() of a ".ts" file is left in the built code: move it out of the function that has "using"'; exit 1; fi
	@for script in $(SHELL_SCRIPTS); do bash -n "$$script"; done
	@if command -v shellcheck >/dev/null; then shellcheck -x --severity=warning $(SHELL_SCRIPTS); else echo "shellcheck is not installed; skipped"; fi

.PHONY: unit
unit: build ## unit tests: no Docker, no network
	@.ci/tier unit $(ARGS)

.PHONY: integration
integration: build ## integration tests: a real Docker daemon and a tiny guest
	@$(BOOTSTRAP) docker provision
	@.ci/tier integration $(ARGS)

# `left` of the cases goes on where the last run with this build ended; `all` begins anew.
FAULTS ?= left
.PHONY: faults
faults: build ## break everything on purpose (docs/faults.md), on from where it ended; FAULTS=all begins anew
	@$(BOOTSTRAP) docker provision
	@FAULTS="$(FAULTS)" .ci/tier faults $(ARGS)

.PHONY: faults-short
faults-short: build ## one of each kind of them, in six minutes
	@$(BOOTSTRAP) docker provision
	@FAULTS=short .ci/tier faults $(ARGS)

.PHONY: e2e
e2e: build ## end-to-end tests: the real provider, provisioned if need be
	@$(BOOTSTRAP) docker provision
	@.ci/tier e2e $(ARGS)

.PHONY: charts
charts: build ## what popular charts ask of a cluster, shown with the real provider
	@$(BOOTSTRAP) docker provision
	@.ci/tier charts $(ARGS)

.PHONY: addons
addons: build ## addons, used in a cluster of two nodes
	@$(BOOTSTRAP) docker provision
	@.ci/tier addons $(ARGS)

.PHONY: e2e-lab
e2e-lab: build ## what this host lacks: KVM, cgroup v2, a current Docker and Podman, in an emulated Debian host (slow)
	@$(BOOTSTRAP) docker provision
	@.ci/tier lab $(ARGS)

.PHONY: test
test: lint unit integration e2e ## lint, types, unit, integration, e2e

.PHONY: verify
verify: lint unit ## what a change must pass before review

.PHONY: docs
docs: build ## write docs/cli.md, docs/errors.md and docs/faults.md from the code
	node dist/test/docs/write.js

.PHONY: demo
demo: build ## record a real run for README: docs/demo.svg
	@$(BOOTSTRAP) provider
	node dist/test/demo/record.js

.PHONY: bench
bench: build ## measure and write test/bench/results; with ARGS="--against=CHECKOUT" compare with that
	@$(BOOTSTRAP) provider
	node dist/test/bench/bench.js $(ARGS)

## --- using

.PHONY: provision
provision: build ## build the provider image of KUBEVIRT_PROVIDER, or of PROVIDER=NAME
	@$(BOOTSTRAP) docker provision
	@"$(GOCLI)" provision "$(PROVIDER_FOLDER)" $(ARGS)

.PHONY: cluster-up
cluster-up: ## start a cluster, from nothing if need be
	@cluster-up/up.sh $(ARGS)

.PHONY: cluster-down
cluster-down: ## remove it
	@cluster-up/down.sh $(ARGS)
