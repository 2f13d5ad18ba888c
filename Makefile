# What people do with a checkout. `make run` needs Python 3.11 or later, Java 17 or later and Maven; nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--custom-compile-command "make lock"
NEWER = $(if $(filter all,$(UPGRADE)),--upgrade,$(addprefix --upgrade-package=,$(UPGRADE)))
SEED ?= 1
EVENTS ?= 20000
TESTERS ?= 3
TOOLS := chromium faketime strace wrk

.DEFAULT_GOAL := help
.PHONY: help install install-dev run demo demos test check bench fill faults learned mapped hostile outage settings-page errors-page tools lock sbom images clean

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed ## what the lock file says, into .venv

install-dev: $(VENV)/.installed-dev ## the same, with what tests and checks need

run: install ## run everything on this machine until Ctrl-C
	@exec $(BIN)/recibo up

demo: install ## post traffic whose truth is known and compare every message (SEED=, EVENTS=, SABOTAGE=)
	@SEED=$(SEED) EVENTS=$(EVENTS) SABOTAGE=$(SABOTAGE) $(BIN)/recibo demo

demos: install-dev ## the demo round after round, the engine merging as it likes, never or always (ROUNDS=, FROM=, EVENTS=)
	$(BIN)/python -m tests.faults.demo_rounds --rounds $(or $(ROUNDS),20) --from $(or $(FROM),1) --events $(EVENTS)

test: install-dev ## all tests, on the real broker and engine (JUnit XML in build/; TESTERS= processes, each with servers of its own; CLICKHOUSE_URL=: an engine of yours)
	$(BIN)/python -m pytest --junit-xml=build/junit.xml --numprocesses=$(TESTERS) --dist=loadfile $(ARGS)

check: install-dev ## style, types, layout of the compose file
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

bench: install-dev ## one benchmark of tests/bench, as in make bench NAME=ingest (PARTS=; BASE=COMMIT beside it, ROUNDS=)
	@test -n "$(NAME)" || { echo "which? make bench NAME=..., one of:" $$(ls tests/bench); exit 2; }
	$(BIN)/python -m tests.bench.$(if $(BASE),beside $(NAME) $(BASE),$(subst -,_,$(NAME))) $(ARGS)

fill: install-dev ## many messages in ClickHouse for benchmarks, kept in build/ (MESSAGES=)
	$(BIN)/python -m tests.bench.fill --messages $(or $(MESSAGES),10000000)

faults: install-dev ## every row of the fault matrix (ARGS="--only NAME --rounds N"), or kills: NAME=processors, projections (ROUNDS=, FROM=)
	@test -z "$(NAME)" -o -f "tests/faults/$(NAME)/__main__.py" || { echo "which? make faults, or NAME=processors or NAME=projections"; exit 2; }
	$(BIN)/python -m tests.faults.$(or $(NAME),matrix) --rounds $(or $(ROUNDS),$(if $(NAME),100,3)) --from $(or $(FROM),1) $(ARGS)

learned: install-dev ## providers' shapes, whether source learn reads each right, leaves it unknown, or wrong
	$(BIN)/python -m tests.learned

mapped: install-dev ## 100,000 generated bodies and mappings against a slow reference (BODIES=)
	RECIBO_MAPPING_BODIES=$(or $(BODIES),100000) $(BIN)/python -m pytest --timeout=3600 tests/properties/test_mapping.py

hostile: install-dev ## 100,000 bad requests against a running ingest, and a stranger in each of his ways (INPUTS=, ARGS=)
	$(BIN)/python -m tests.integration.ingest.hostile_run --requests $(or $(INPUTS),100000) $(ARGS)

outage: install-dev ## a relay's receiver away for ten minutes of traffic, and nothing missing (SECONDS=)
	RECIBO_OUTAGE_S=$(or $(SECONDS),600) $(BIN)/python -m pytest -s -m outage --timeout=3600 tests

settings-page: install ## regenerate docs/settings.md from the settings' dataclasses
	$(BIN)/python -m cli._settings_page

errors-page: install ## regenerate docs/errors.md from the lists of errors in runtime/
	$(BIN)/python -m cli._errors_page

tools: ## by apt, what some tests and benchmarks want beyond Python: a browser, another clock, system calls, HTTP load
	@echo "apt-get install $(TOOLS)"
	@as_root=$$(test "$$(id -u)" = 0 || echo sudo); \
	$$as_root apt-get update --quiet=2 && $$as_root apt-get install --yes --quiet --no-install-recommends $(TOOLS)

lock: install ## regenerate the lock files (UPGRADE=all, or some names: with newer versions)
	$(COMPILE) $(NEWER) --extra build --extra dev --output-file deploy/requirements-dev.txt pyproject.toml
	$(COMPILE) --extra build --constraint deploy/requirements-dev.txt --output-file deploy/requirements.txt pyproject.toml

sbom: install ## what is installed and run, as CycloneDX JSON, in build/
	$(BIN)/python -m deploy.bill_of_materials build/sbom.cdx.json

images: ## ask the registry for the digests of the base images and write them to .env, for docker compose (needs docker)
	deploy/images.sh > .env.new && mv .env.new .env

clean: ## remove what was built; data in .recibo stays
	test ! -d build/base || { rm -rf build/base && git worktree prune; }
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache

# An install is skipped while the lock file and the project file are older than its stamp.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Recibo needs Python 3.11 or later, and $(PYTHON) is another or missing: make PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: deploy/requirements.txt pyproject.toml | $(BIN)/python
	@test -e $(VENV)/.installed-dev || $(MAKE) --no-print-directory sync LOCK=deploy/requirements.txt
	@! test -e $(VENV)/.installed-dev || $(MAKE) --no-print-directory $(VENV)/.installed-dev
	@touch $@

$(VENV)/.installed-dev: deploy/requirements-dev.txt pyproject.toml | $(BIN)/python
	@$(MAKE) --no-print-directory sync LOCK=deploy/requirements-dev.txt
	@touch $@ $(VENV)/.installed

.PHONY: sync
sync:
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r deploy/requirements-uv.txt
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r $(LOCK)
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
