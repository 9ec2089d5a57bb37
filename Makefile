# Everything a developer and CI do with Dashly. `make help` lists it.
# Needs: Rust (see rust-toolchain.toml), Node 20 or newer with npm, make, bash, a C compiler.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

CARGO ?= cargo
CRASH_ROUNDS ?= 200
POWER_CUT_ROUNDS ?= 200
HISTORIES ?= 1000000
DATABASE_HISTORIES ?= 10000

# What the build of the web app reads. Folders are in the list because a removed file changes only its folder.
WEB_SOURCES := $(shell find web/src web/public 2>/dev/null) \
	$(wildcard web/index.html web/*.ts web/*.js web/*.mjs web/package.json web/tsconfig*.json)

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | \
		while IFS='|' read -r target text; do printf '  make %-15s %s\n' "$$target" "$$text"; done

# --- run ---------------------------------------------------------------------------------------------------------

.PHONY: run
run: web-build ## Build everything for production and start Dashly on this machine
	exec $(CARGO) run --release --locked -p dashly-cli -- up

.PHONY: dev
dev: web/node_modules/.installed $(if $(wildcard web/dist/index.html),,web-build) ## Start API and web app, rebuilding on every change
	exec scripts/dev

# --- web ---------------------------------------------------------------------------------------------------------

.PHONY: web-build
web-build: web/dist/index.html ## Build the web app, if its sources changed

web/node_modules/.installed: web/package.json web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	touch $@

web/dist/index.html: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run build
	touch $@

# --- check -------------------------------------------------------------------------------------------------------

.PHONY: lint
lint: lint-format lint-scripts lint-web lint-rust lint-docs ## Check format and lints of everything (-k shows all findings)

.PHONY: lint-format
lint-format:
	$(CARGO) fmt --all --check

# The web app is embedded into the server, so Rust code compiles only once it is built.
.PHONY: lint-rust
lint-rust: web-build
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

# Compiles nothing that clippy has not compiled already.
.PHONY: lint-docs
lint-docs: web-build
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --workspace --no-deps --document-private-items --locked --quiet

.PHONY: lint-web
lint-web: web/node_modules/.installed
	cd web && npm run lint

.PHONY: lint-scripts
lint-scripts:
	scripts/lint-scripts

.PHONY: test-tools
test-tools: ## Install what tests need (PostgreSQL, Redis, Chromium, Python, kubectl …), or say how
	scripts/install-test-tools

.PHONY: test
test: web-build test-tools ## Run all tests: Rust, web, the app in a browser, official clients, deployment
	scripts/with-test-services scripts/run-tests

.PHONY: test-deploy
test-deploy: web-build test-tools ## Test manifests, alerts, Dockerfile and compose file (schemas, policies, settings); lint scripts
	scripts/with-test-services scripts/run-tests deploy

.PHONY: test-deploy-scripts
test-deploy-scripts: ## Test the scripts for clusters against a stand-in cluster, killed at every step
	scripts/test-deploy-scripts

.PHONY: test-cluster
test-cluster: ## With KUBECONFIG: updates, good and bad canaries in a namespace of their own on that cluster
	scripts/test-cluster

.PHONY: test-crash
test-crash: web-build test-tools ## Kill the server again and again; nothing acknowledged may be lost (CRASH_ROUNDS=200)
	DASHLY_CRASH_ROUNDS=$(CRASH_ROUNDS) scripts/with-test-services \
		$(CARGO) test --release --locked -p dashly-cli --test it crash -- --nocapture

.PHONY: test-histories
test-histories: web-build test-tools ## Count random histories again by brute force (HISTORIES=1000000 DATABASE_HISTORIES=10000)
	DASHLY_HISTORIES=$(HISTORIES) $(CARGO) test --locked -p dashly-experiments --lib histories -- --nocapture
	DASHLY_DATABASE_HISTORIES=$(DATABASE_HISTORIES) scripts/with-test-services \
		$(CARGO) test --locked -p dashly-api --test it histories::the_totals_equal_a_recount_and -- --nocapture

.PHONY: test-power
test-power: web-build ## Cut the power of the disk again and again, as root (POWER_CUT_ROUNDS=200)
	scripts/install-test-tools --power-cut
	$(CARGO) build --release --locked -p dashly-cli
	scripts/power-cut --rounds $(POWER_CUT_ROUNDS)

.PHONY: test-power-rig
test-power-rig: web-build ## Show that the power-cut rig finds losses when the database syncs too little, as root
	scripts/power-cut --rounds 10 --synchronous NORMAL --expect-loss
	scripts/power-cut --rounds 10 --synchronous OFF --expect-loss

.PHONY: images
images: ## Build the images dashly-api and dashly-genai-gateway (needs Docker)
	scripts/build-images

.PHONY: test-images
test-images: ## Build the images, run them by compose, restart and kill parts under load (needs Docker, jq)
	scripts/test-images

.PHONY: bench
bench: $(if $(filter canary,$(ONLY)),,web-build test-tools) ## Run the benchmarks, then simulate canaries, and print their tables (ONLY=PART or ONLY=canary)
ifeq ($(ONLY),canary)
	$(CARGO) run --release --locked -p dashly-benches --bin dashly-canary-benches
else
	$(CARGO) build --profile dist --locked --workspace --bins
	scripts/with-test-services $${CARGO_TARGET_DIR:-target}/dist/dashly-benches $(ONLY)
	$(if $(ONLY),,$${CARGO_TARGET_DIR:-target}/dist/dashly-canary-benches)
endif

.PHONY: bench-experiments
bench-experiments: ## Simulate A/A and A/B tests: false positives, power (minutes)
	$(CARGO) run --release --locked -p dashly-benches --bin dashly-experiment-benches

# --- generate ----------------------------------------------------------------------------------------------------

.PHONY: openapi
openapi: web-build ## Write openapi/*.json and the web app's types from the server's code
	mkdir -p openapi
	$(CARGO) run --locked -p dashly-cli -- openapi >openapi/api.json.new
	mv openapi/api.json.new openapi/api.json
	$(CARGO) run --locked -p dashly-cli -- openapi --gateway >openapi/gateway.json.new
	mv openapi/gateway.json.new openapi/gateway.json
	cd web && npm run generate:api
