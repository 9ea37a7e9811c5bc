# Two commands matter: `make demo` shows Tidegate, `make test` checks everything.
# Both need only make and Python 3.11 or later (on Debian: python3 python3-venv); the tests use more
# real parts and say what to install where one is missing.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test check format bench eval chaos schemas docs site secrets image-steps lock clean python-version

# The first of these that exists; another one: make demo PYTHON=/path/to/python
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(name)),$(name))) python3)
VENV := .venv
BIN := $(VENV)/bin
DEMO_ARGS ?=
TEST_ARGS ?=
BENCH_ARGS ?=
CHAOS_ARGS ?=
MINUTES ?= 60

# Installing speaks on standard error: `make demo DEMO_ARGS=--json` has only JSON on its output.
# --require-hashes: what is installed is what was locked, byte for byte.
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check --no-input
INSTALL_SELF = $(PIP_INSTALL) --quiet --no-deps --no-build-isolation --editable .

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' \
		| while IFS='|' read -r name text; do printf '  make %-9s %s\n' "$$name" "$$text"; done
	@echo "  Variables: PYTHON, DEMO_ARGS (demo), TEST_ARGS (test), BENCH_ARGS (bench), MINUTES and CHAOS_ARGS (chaos)"

demo: $(VENV)/.installed ## Run the demonstration (DEMO_ARGS="--seconds 30")
	@$(BIN)/tidegate demo $(DEMO_ARGS)

test: check ## Check the code, then run all tests (TEST_ARGS="-k name" for some)
	@echo "== tests"
	@$(BIN)/python -m pytest $(TEST_ARGS)

check: $(VENV)/.installed-dev ## Lint, format, types, direction of imports, schemas, reference
	@echo "== ruff" && $(BIN)/ruff check .
	@echo "== ruff format" && $(BIN)/ruff format --check .
	@echo "== mypy" && $(BIN)/mypy
	@echo "== imports" && $(BIN)/lint-imports
	@echo "== schemas" && $(BIN)/python -m schemas.generate --check
	@echo "== reference" && $(BIN)/python docs/generate.py --check
	@echo "== dashboards" && $(BIN)/python deploy/grafana/generate.py --check

format: $(VENV)/.installed-dev ## Bring the code into its form
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.installed-dev ## Measure, and print a table (never part of the tests)
	@$(BIN)/python -m bench $(BENCH_ARGS)

eval: $(VENV)/.installed-dev ## Measure how well names are met: typos, labelled pairs, alarms, speed
	@$(BIN)/python -m evaluation

chaos: $(VENV)/.installed-dev ## Kill, freeze and starve workers and broker for MINUTES=60, then verify
	@$(BIN)/python -m tests.faults.chaos --minutes $(MINUTES) $(CHAOS_ARGS)

schemas: $(VENV)/.installed-dev ## Write schemas/ from the event models
	@$(BIN)/python -m schemas.generate

docs: $(VENV)/.installed-dev ## Write what is generated: docs/reference/, dashboards
	@$(BIN)/python docs/generate.py
	@$(BIN)/python deploy/grafana/generate.py

site: $(VENV)/.installed-dev ## Build the documentation as a site in var/site; a warning is an error
	@$(BIN)/sphinx-build -q -W --keep-going -E -b html docs var/site && echo "var/site/index.html"

# uv writes one lock for all platforms and Pythons, with the hash of every wheel.
PEER_LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
LOCK = $(PEER_LOCK) --extra build pyproject.toml

lock: $(VENV)/.installed-dev ## Write the locked dependencies anew after a change in pyproject.toml
	$(LOCK) --output-file requirements.lock
	$(LOCK) --constraint requirements.lock --extra dev --output-file requirements-dev.lock
	$(PEER_LOCK) bench/peers/quix.in --output-file bench/peers/quix.txt
	$(PEER_LOCK) evaluation/nomenklatura.in --output-file evaluation/nomenklatura.txt

secrets: ## Write the secrets that docker-compose.yml names, where they are missing
	@deploy/make-secrets

image-steps: python-version ## Install as the Dockerfile does, in a clean folder, without Docker
	@deploy/image-steps "$(PYTHON)"

clean: ## Remove the environment, caches and everything under var/
	rm -rf $(VENV) var build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python-version:
	@command -v $(PYTHON) >/dev/null || { \
		echo "Python 3.11 or later is needed and '$(PYTHON)' was not found." >&2; \
		echo "On Debian: apt-get install python3 python3-venv. Elsewhere: make <target> PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed; $(PYTHON) is $$($(PYTHON) -V 2>&1 | cut -d" " -f2)." >&2; \
		echo "Install one and name it: make <target> PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) lacks the venv module. On Debian: apt-get install python3-venv" >&2; exit 1; }

$(BIN)/python: | python-version
	@echo "== creating $(VENV) with $$($(PYTHON) -V)" >&2
	@$(PYTHON) -m venv --clear $(VENV)

# The stamps make an install happen once for each state of the lock.
$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	@echo "== installing locked dependencies (once, about a minute)" >&2
	@$(PIP_INSTALL) --require-hashes --requirement requirements.lock >&2
	@$(INSTALL_SELF) >&2
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "== installing locked dependencies for development (once, a minute or two)" >&2
	@$(PIP_INSTALL) --require-hashes --requirement requirements-dev.lock >&2
	@$(INSTALL_SELF) >&2
	@touch $(VENV)/.installed $@
