# Every target sets up what it needs first; `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
CLIENT := consumers/client/register.py
SET_UP := $(READY) $(CLIENT)

.DEFAULT_GOAL := help
.PHONY: help demo up down test check lint-asyncapi lint-openapi torture bench-log bench-delivery bench-dossier bench-api pictures clean lock

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(SET_UP)  ## the life of a case, from referral to a sanction a judge can check
	@$(BIN)/ambito demo

up: $(SET_UP)  ## start PostgreSQL, Kafka and the register, and leave them running
	@$(BIN)/ambito up --detach

down: $(SET_UP)  ## stop what `make up` started
	@$(BIN)/ambito down

# Where no bytecode may be kept, each of the processes that the tests start would compile the register for itself.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(SET_UP)  ## all three tiers; PYTEST_ARGS='-k patto' narrows them
	@$(BIN)/python -m pytest -q --no-header -n 3 --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS) \
		$(if $(PYTEST_ARGS),,tests/system tests/integration tests/unit)

check: $(SET_UP)  ## lint, format, types and the arrows between the rooms; silent when clean
	@status=0; \
	quietly() { out=$$("$$@" 2>&1) || { status=1; printf '%s\n' "$$out" >&2; }; }; \
	quietly $(BIN)/ruff check .; \
	quietly $(BIN)/ruff format --check .; \
	quietly $(BIN)/mypy; \
	quietly $(BIN)/lint-imports --no-logo; \
	exit $$status

lint-asyncapi: $(SET_UP)  ## the AsyncAPI document, by the command of AsyncAPI (npm fetches it: 450 MB)
	@mkdir -p var
	@$(BIN)/ambito asyncapi >var/asyncapi.json
	@ASYNCAPI_METRICS=false CI=true SUPPRESS_NO_CONFIG_WARNING=1 NODE_ENV= npm_config_ignore_scripts=true npm_config_loglevel=error \
		npx --yes @asyncapi/cli@6.2.0 validate --fail-severity=warn var/asyncapi.json

# Folder with spectral.yml and spectral-full.yml of italia/api-oas-checker-rules, where they were built.
AMBITO_SPECTRAL_RULES ?=

lint-openapi: $(SET_UP)  ## the OpenAPI documents, by Spectral (npm fetches it: 60 MB) with our rules and the official ones
	@rm -rf var/openapi && mkdir -p var/openapi
	@for version in "" --newer; do \
		$(BIN)/ambito openapi $$version >var/openapi/api$$version.json && \
		for office in cpi ust asl comune-058091; do \
			$(BIN)/ambito openapi --agency $$office $$version >var/openapi/$$office$$version.json || exit 1; done || exit 1; done
	@for rules in tests/openapi/rules.yaml $(addprefix $(AMBITO_SPECTRAL_RULES)/,$(if $(AMBITO_SPECTRAL_RULES),spectral.yml spectral-full.yml)); do \
		npm_config_loglevel=error npx --yes @stoplight/spectral-cli@6.16.3 lint --fail-severity=hint --ruleset "$$rules" var/openapi/*.json || exit 1; done

torture: $(SET_UP)  ## the campaigns in full: crashes, races, lost networks, random lives, faults (hours)
	@AMBITO_TORTURE=1 $(BIN)/python -m pytest --no-header --timeout=0 -m torture $(PYTEST_ARGS)

bench-log: $(SET_UP)  ## measure the log against the stock library and bare drivers (half an hour)
	@$(BIN)/python -m bench.log

bench-delivery: $(SET_UP)  ## measure views, relay and subscriber against the stock library and bare drivers (a quarter of an hour)
	@$(BIN)/python -m bench.delivery

bench-dossier: $(SET_UP)  ## measure the dossier of a measure in a log of 1e4 and of 1e6 events (five minutes)
	@$(BIN)/python -m bench.dossier

bench-api: $(SET_UP)  ## measure the API against a bare FastAPI app (a quarter of an hour; python -m bench.api memory: ten minutes more)
	@$(BIN)/python -m bench.api

pictures: $(SET_UP)  ## the dossier of the demo's decurtazione in docs/, as the tests make it; needs Chromium
	@AMBITO_WRITE_DOCS=1 AMBITO_REQUIRE_BROWSER=1 $(BIN)/python -m pytest -q --no-header \
		tests/unit/dossier/test_page.py tests/integration/test_dossier_in_a_browser.py

# var/ goes only after what runs from it has stopped.
clean:  ## stop everything, remove var/, caches and build products; .venv stays
	@if [ -d var ]; then \
		$(MAKE) --no-print-directory down || { echo "var/ is kept: what runs from it could not be stopped" >&2; exit 1; }; \
	fi
	@rm -rf var build dist *.egg-info .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -path ./.venv -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +

lock: $(READY)  ## requirements.lock from pyproject.toml; UPGRADE=1 also renews what it does not pin
	@CUSTOM_COMPILE_COMMAND='make lock' $(BIN)/pip-compile --quiet $(if $(UPGRADE),--upgrade) --extra server --extra dev \
		--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-trusted-host \
		--no-emit-find-links --no-emit-options --output-file requirements.lock pyproject.toml

# The client says again what the OpenAPI document says: it is made from it, and kept in no repository.
$(CLIENT): $(READY) consumers/client/generate.py $(shell find api domain -name '*.py' -o -name 'examples.json')
	@$(BIN)/python -m deploy.client

# A virtual environment knows its own path: a checkout that was moved or copied gets a new one.
ifneq ($(shell cat $(READY) 2>/dev/null),$(CURDIR))
.PHONY: $(READY)
endif

# Hashes decide what is installed; where pip finds it is the user's own configuration.
$(READY): export PIP_DISABLE_PIP_VERSION_CHECK := 1
$(READY): export PIP_REQUIRE_HASHES := 0
$(READY): export PIP_USER := 0
$(READY): requirements.lock pyproject.toml
	@recent='import sys; sys.exit(sys.version_info < (3, 11))'; \
	if [ -f $@ ] && [ "$$(cat $@)" != "$(CURDIR)" ] \
		|| ! .venv/bin/python -c "$$recent" 2>/dev/null || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then \
		$(PYTHON) -c "$$recent" 2>/dev/null || { \
			echo "ambito needs Python 3.11 or newer, and $(PYTHON) is not: make PYTHON=python3.12 ..." >&2; exit 1; }; \
		$(PYTHON) -m venv --clear .venv || { \
			echo "$(PYTHON) could not make a virtual environment: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }; \
	fi
	@rm -f $@
	@echo "setting up .venv from requirements.lock: a minute or two the first time" >&2
	@.venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock
	@.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@echo "$(CURDIR)" >$@
