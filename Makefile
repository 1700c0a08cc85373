# A developer's day. `make demo` and `make test` do all their own set-up.
# They need: Rust, a C compiler, make, Python 3.11+, Node 20+.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
CARGO := cargo
# One profile, one target folder, for everything: each crate is built once.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
PROFILE := --release
# Property tests try the same cases every time, so that a change is judged by what it changes. Others: PROPTEST_RNG_SEED=$RANDOM make test-rust
export PROPTEST_RNG_SEED ?= 20261125
DEMO := $(CARGO_TARGET_DIR)/release/zt-demo
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
EMULATED := $(BIN)/python examples/python/emulator.py --

CORE := Cargo.toml Cargo.lock $(shell find zt-core zt-crypto -name '*.rs' -o -name '*.toml' -o -name '*.bin')
WHEEL := $(CORE) $(shell find zt-python -name '*.rs' -o -name '*.toml' -o -name '*.py' -o -name '*.pyi') zt-python/README.md
ADDON := $(CORE) zt-node/package.json zt-node/tsconfig.json $(shell find zt-node/src -type f)
RUST := $(CORE) $(shell find examples/rust -name '*.rs' -o -name '*.toml')

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 20

# --- set-up -----------------------------------------------------------------------------------

.PHONY: tools
tools:
	@scripts/tools.sh '$(PYTHON)'

$(STAMPS)/tools: zt-python/requirements-test.txt | tools
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement $<
	mkdir -p $(STAMPS) && touch $@

$(STAMPS)/wheel: $(WHEEL) $(STAMPS)/tools
	rm -rf target/wheel && mkdir -p target/wheel
	$(BIN)/maturin build $(PROFILE) --quiet --locked --manifest-path zt-python/Cargo.toml --out target/wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps target/wheel/*.whl
	touch $@

zt-node/node_modules/.stamp: zt-node/package.json zt-node/package-lock.json | tools
	cd zt-node && npm ci --no-audit --no-fund --loglevel=error
	touch $@

zt-node/node_modules/.built: $(ADDON) zt-node/node_modules/.stamp
	cd zt-node && npm run --silent build
	touch $@

$(DEMO): $(RUST) | tools
	$(CARGO) build $(PROFILE) --quiet --locked --package zt-examples --bins --examples
	touch $@

.PHONY: build
build: $(DEMO) $(STAMPS)/wheel zt-node/node_modules/.built ## Build the crates, the wheel and the addon

# --- what people run --------------------------------------------------------------------------

.PHONY: demo
demo: build ## Watch it work, without an AWS account
	@$(BIN)/python examples/python/demo.py --zt-demo $(DEMO)

.PHONY: test
test: lint test-rust test-python test-node test-whole test-packages ## Everything that has to pass
	@echo; echo 'make test: all passed'

# --- parts of `make test` ---------------------------------------------------------------------

.PHONY: lint
lint: $(STAMPS)/tools ## Format, lints, documentation, minimum versions
	$(CARGO) fmt --all --check
	$(CARGO) clippy $(PROFILE) --quiet --locked --workspace --all-targets --features zt-examples/emulator -- --deny warnings
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc $(PROFILE) --quiet --locked --no-deps --all-features --package zt-core --package zt-crypto
	$(BIN)/python scripts/msrv.py
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-catalogue -- --check

.PHONY: test-rust
test-rust: $(STAMPS)/tools
	$(EMULATED) $(CARGO) test $(PROFILE) --locked --workspace --features zt-examples/emulator
	@# zt-crypto's tests once more on each AES-GCM backend; the run above was on the default for this CPU.
	for backend in aws-lc-rs ring aes-gcm; do \
		ZT_TEST_BACKEND=$$backend $(CARGO) test $(PROFILE) --quiet --locked --package zt-crypto --tests \
			--features __test-backend,rust-crypto,tokio; \
	done

.PHONY: test-python
test-python: $(STAMPS)/wheel
	cd zt-python && $(BIN)/python -m pytest -q
	cd $(STAMPS) && $(BIN)/python -m mypy.stubtest zt._zt
	cd zt-python && $(BIN)/python -m mypy tests
	cd tests && $(BIN)/python -m mypy --strict --disable-error-code import-untyped --exclude migration_ . ../examples/python ../scripts

.PHONY: test-node
test-node: zt-node/node_modules/.built $(STAMPS)/tools
	cd zt-node && npm run --silent check
	cd zt-node && PATH="$(BIN):$$PATH" npm test
	cd zt-node && npm run --silent types

.PHONY: test-whole
test-whole: build ## One language seals, the others open; the README and the examples; the demo
	$(BIN)/python -m pytest -q tests

.PHONY: test-packages
test-packages: build ## Each package installs and runs in an empty project
	$(BIN)/python scripts/packages.py

# --- the rest of the day ----------------------------------------------------------------------

.PHONY: fmt
fmt: ## Format
	$(CARGO) fmt --all

.PHONY: catalogue
catalogue: ## Write what is generated from AWS's catalogue: CATALOGUE=path/to/a/newer/catalogue.json
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-catalogue -- $(CATALOGUE)

.PHONY: catalogue-size
catalogue-size: ## What the catalogue adds to a program, as published: table and code, below 500 KiB
	scripts/catalogue_size.sh

.PHONY: readme
readme: $(DEMO) ## Put the examples and the decision table into README.md
	$(PYTHON) scripts/readme.py $(DEMO)

.PHONY: docs
docs: ## The crates' documentation, under target/doc
	RUSTDOCFLAGS='--deny warnings' $(CARGO) doc $(PROFILE) --locked --no-deps --all-features --package zt-core --package zt-crypto

.PHONY: bench
bench: ## Encryption against the hardware's limits, decisions and checks a second: no peers, about a minute after building
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-benches --bin bench-crypto
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-benches --bin bench-policy
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-benches --bin bench-validate

.PHONY: bench-crypto
bench-crypto: $(STAMPS)/wheel zt-node/node_modules/.built ## Encryption in three languages against limits and AWS's SDKs, one table
	PYTHON=$(BIN)/python benches/peers/run.sh

.PHONY: bench-esdk
bench-esdk: ## Figures of crates.io aws-esdk, for the table of bench-crypto (minutes to build)
	benches/peers/esdk/run.sh bench

.PHONY: interop-esdk
interop-esdk: ## crates.io aws-esdk and zt-crypto open each other's messages (minutes to build)
	benches/peers/esdk/run.sh interop

.PHONY: bench-policy
bench-policy: ## Policies: deciding, checking, parsing and printing, beside other people's evaluators and linters
	benches/peers/policy/run.sh
	benches/peers/policy/lint/run.sh
	$(MAKE) --no-print-directory bench-bindings

.PHONY: bench-bindings
bench-bindings: $(STAMPS)/wheel zt-node/node_modules/.built ## What a decision costs through Python and Node, beside Rust
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-benches --bin bench-bindings -- $(BIN)/python node

.PHONY: bench-data
bench-data: ## The classifier: megabytes a second, precision and recall on the labelled set
	$(CARGO) run $(PROFILE) --quiet --locked --package zt-benches --bin bench-data

.PHONY: fuzz
fuzz: ## Fuzz what reads untrusted bytes, a minute for each target (needs a C++ compiler)
	fuzz/run

.PHONY: deny
deny: ## Licences and advisories of what we depend on (needs cargo-deny)
	$(CARGO) deny --locked check

.PHONY: clean
clean: ## Forget everything that was built
	rm -rf target .venv dist zt-node/node_modules zt-node/index.js zt-node/index.d.ts zt-node/api zt-node/*.node
