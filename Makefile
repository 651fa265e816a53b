# `make` alone prints what there is. Each target installs what it needs, once, into .venv and node_modules.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
# What `make load` does: so many sessions, measured for so many seconds, each at so many epochs a second (empty: as fast as it can);
# CLASS=1: in each something is pressed every second, and every fourth has a larger network, at 60 epochs a second unless SPEED says otherwise;
# LEFT=5: instead, what one session keeps of its epochs while so many train on that were just left without a goodbye
SESSIONS ?= 30
SECONDS ?= 20
SPEED ?=
CLASS ?=
LEFT ?=
# How many tests run side by side: most of them wait for a server or a browser
JOBS ?= 4
# What `make image` builds upon (empty: what the Dockerfile says) and with (empty: what works), and the name of the image
BASE_IMAGE ?=
BUILDER ?=
IMAGE ?= neural-playground
# More arguments for what a target runs: make test ARGS="-k outbox", make run ARGS="--help"
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input

# Whatever the environment says: compiled modules are kept, as a test run starts some hundred processes that load them.
export PYTHONDONTWRITEBYTECODE :=

# Stamps: a target is installed if its stamp is newer than what it was installed from.
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
PARITY := $(VENV)/.installed-parity
NODE_MODULES := node_modules/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help run image test test-js test-python quick looks soak kernels parity bench load attacks check lint types imports js spelling generated \
	format protocol reference pins install clean clean-all require-npm

help:  ## Print this
	@echo "Neural Playground. Only Python 3.11 or newer and make have to be there; each target installs the rest."
	@echo
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'
	@echo
	@echo "Variables: PYTHON=$(PYTHON) HOST=$(HOST) PORT=$(PORT) JOBS=$(JOBS) ARGS=\"more arguments for the command\""

# ------------------------------------------------------------------------------------------------------------- people

run: $(RUN)  ## Serve the playground at http://HOST:PORT (ARGS=--lan: to everybody in the room)
	@$(PY) -m server --host "$(HOST)" --port "$(PORT)" $(ARGS)

image:  ## Build the container image with docker, podman or buildah, whichever works (BASE_IMAGE=another base)
	@for tool in $(or $(BUILDER),docker podman buildah) none; do if $$tool info >/dev/null 2>&1; then break; fi; done; \
	case $$tool in \
	none) echo "None of these works here: $(or $(BUILDER),docker podman buildah). On Debian: apt-get install buildah" >&2; exit 1;; \
	docker) format="";; \
	*) format="--format docker";; \
	esac; \
	set -x; \
	$$tool build $$format $(if $(BASE_IMAGE),--build-arg "BASE_IMAGE=$(BASE_IMAGE)") --tag "$(IMAGE)" $(ARGS) .

# ------------------------------------------------------------------------------------------------------------- tests

test: test-js test-python  ## Run every test, in a real browser too (it is brought if there is none)

# Node's own test runner; without a Node on the PATH the one inside the playwright package does.
test-js: $(DEV)
	@set -e; \
	files=$$(find tests/js -name '*.test.js' 2>/dev/null | sort); \
	if [ -z "$$files" ]; then echo "JavaScript unit tests: none found in tests/js"; \
	elif node=$$($(PY) scripts/find_node.py); then "$$node" --test $$files; \
	else echo "JavaScript unit tests: SKIPPED, as there is no Node.js"; fi

# axe-core is an npm package: without npm, the accessibility test says that it is skipped.
test-python: $(DEV)
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_MODULES); \
	else echo "npm packages: SKIPPED, as there is no npm"; fi
	@browser=$$($(PY) scripts/find_browser.py --install) || exit 1; \
	echo "Browser: $$browser"; \
	$(PY) scripts/find_programs.py --install proxies; \
	export PLAYGROUND_BROWSER="$$browser"; \
	{ $(PY) -m pytest -m "alone and not soak" $(ARGS) || [ $$? -eq 5 ]; } && \
	$(PY) -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder -m "not soak and not alone" $(ARGS) && \
	{ $(PY) -m scripts.run_kernels --other --numprocesses 2 -m "training and not soak" $(ARGS) || [ $$? -eq 5 ]; }

quick: $(DEV)  ## Run the Python tests that need no browser
	@$(PY) -m pytest -m "not soak and not browser" $(ARGS)

looks: $(DEV)  ## Run the browser tests in every size of the page, light and dark
	@browser=$$($(PY) scripts/find_browser.py --install) || exit 1; \
	for look in wide-dark medium-light medium-dark phone-light phone-dark; do \
	echo "$$look"; \
	PLAYGROUND_BROWSER="$$browser" PLAYGROUND_LOOK="$$look" \
	$(PY) -m pytest --numprocesses $(JOBS) --dist loadfile -m "browser and not soak" tests/browser $(ARGS) || exit 1; \
	done

soak: $(DEV)  ## Run the tests that take minutes
	@browser=$$($(PY) scripts/find_browser.py --install) || exit 1; \
	$(PY) scripts/find_programs.py --install image; \
	PLAYGROUND_BROWSER="$$browser" $(PY) -m pytest -m soak --timeout=3600 $(ARGS)

kernels: $(DEV)  ## Run what computes under every kernel of OpenBLAS and NumPy that this processor can do
	@$(PY) -m scripts.run_kernels --numprocesses $(JOBS) --dist loadfile $(ARGS)

parity: $(PARITY)  ## Run whole trainings and exported scripts in PyTorch, Keras, scikit-learn (large: installed for this only)
	@OMP_NUM_THREADS=1 $(PY) -m pytest tests/parity/torch_parity.py tests/parity/exports.py $(ARGS)

bench: $(BENCH)  ## Measure: ratios within one run, against scikit-learn among others
	@browser=$$($(PY) scripts/find_browser.py --install) || exit 1; \
	PLAYGROUND_BROWSER="$$browser" $(PY) -m benchmarks $(ARGS)

load: $(DEV)  ## Measure a server under SESSIONS=30 sessions for SECONDS=20, SPEED= epochs a second each (CLASS=1: a class; LEFT=5: beside sessions left)
	@$(PY) -m benchmarks.load --sessions "$(SESSIONS)" --seconds "$(SECONDS)" $(if $(SPEED),--speed "$(SPEED)") $(if $(CLASS),--class) $(if $(LEFT),--left "$(LEFT)") $(ARGS)

attacks: $(DEV)  ## Measure what a class notices of each of several attacks (ARGS="--pairs", ARGS="--kills")
	@$(PY) -m benchmarks.attacks $(ARGS)

# ------------------------------------------------------------------------------------------------------------- checks

check: lint types imports js spelling generated  ## Format, lint, types, import directions, spelling, generated files

lint: $(DEV)
	$(PY) -m ruff format --check
	$(PY) -m ruff check

# Once more as if on Windows and macOS: what is missing there is an error where it is used without asking.
types: $(DEV)
	$(PY) -m mypy
	$(PY) -m mypy --platform win32 --cache-dir .mypy_cache/win32 engine server scripts
	$(PY) -m mypy --platform darwin --cache-dir .mypy_cache/darwin engine server scripts

imports: $(DEV)
	$(BIN)/lint-imports

js: $(NODE_MODULES)
	node_modules/.bin/tsc --project jsconfig.json
	node_modules/.bin/biome check

spelling: $(DEV)
	$(BIN)/codespell

generated: $(DEV)
	$(PY) -m scripts.generate_protocol_types --check
	$(PY) -m scripts.generate_reference --check
	$(PY) -m scripts.generate_fixtures --check
	$(PY) -m scripts.pin_requirements --check
	$(PY) -m scripts.check_links
	$(PY) -m scripts.check_prose

format: $(DEV) $(NODE_MODULES)  ## Format all code and mend what can be mended
	$(PY) -m ruff check --fix-only --exit-zero
	$(PY) -m ruff format
	node_modules/.bin/biome check --write

protocol: $(DEV)  ## Write static/js/types/protocol.d.ts anew from the server's models
	$(PY) -m scripts.generate_protocol_types

reference: $(DEV)  ## Write docs/reference.md and the settings in README.md anew from what is declared
	$(PY) -m scripts.generate_reference

fixtures: $(DEV)  ## Write tests/fixtures/experiment.json anew from the engine's defaults
	$(PY) -m scripts.generate_fixtures

pins: $(DEV)  ## Write requirements/*.txt anew from pyproject.toml, with today's versions (ARGS=--keep: with those of before)
	$(PY) -m scripts.pin_requirements $(ARGS)

# ------------------------------------------------------------------------------------------------------- installation

install: $(DEV)  ## Make the environment for developers in .venv

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed. If it has another name: make $(or $(MAKECMDGOALS),run) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments: its venv or ensurepip module is missing." >&2; \
	  echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)

# Files with hashes: pip installs no other file. The package itself has none, so that is a second command, and what
# builds it is installed by the first, as pip would otherwise bring the newest.
$(RUN): requirements/run.txt requirements/build.txt pyproject.toml | $(PY)
	$(PIP) install --quiet --requirement requirements/run.txt --requirement requirements/build.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(PIP) install --quiet --requirement requirements/dev.txt
	@touch $@

$(BENCH): requirements/bench.txt $(DEV)
	$(PIP) install --quiet --requirement requirements/bench.txt
	@touch $@

$(PARITY): requirements/parity.txt $(BENCH)
	$(PIP) install --quiet --requirement requirements/parity.txt
	@touch $@

$(NODE_MODULES): package.json package-lock.json | require-npm
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

require-npm:
	@command -v npm >/dev/null || { \
	  echo "The checks of the JavaScript need Node.js 20 or newer with npm; 'make lint types imports' do without." >&2; exit 1; }

clean:  ## Remove caches and what was built
	rm -rf build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache test-results
	find . -path ./$(VENV) -prune -o -path ./node_modules -prune -o -name __pycache__ -type d -print | xargs rm -rf

clean-all: clean  ## Remove the environment and the npm packages as well
	rm -rf $(VENV) node_modules
