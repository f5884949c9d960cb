# Every target of the project; `make` alone lists them.
SHELL := /bin/sh
.DEFAULT_GOAL := help

BIN := .venv/bin
INSTALLED := .venv/.installed
# a long run of tests, whose figures `make docs` shows on the page of promises
STORM := $(BIN)/python -m pytest -q --numprocesses auto -p tests.storms.record --storm

# The first supported interpreter that can make an environment; another one: make setup PYTHON=/path/to/python3.12
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3 python; do \
	$$python -c "$(SUPPORTED)" >/dev/null 2>&1 && { echo $$python; break; }; done)
SUPPORTED := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))

.PHONY: help setup nightly dev docs histories storms faults test lint bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## make .venv with the pinned dependencies and the `warehouse` command

nightly: setup ## set up, fill an empty landing zone with sample data, run the nightly job
	@$(BIN)/warehouse sample --if-empty
	@$(BIN)/warehouse nightly

dev: setup ## the Dagster UI with its daemon, on this machine only (another port: make dev PORT=3001)
	@$(BIN)/python -m dagster_project.defs.dev $(or $(PORT),3000)

test: setup ## set up and run all tests, as CI does
	@$(BIN)/python -m pytest --numprocesses auto --no-loadscope-reorder

lint: setup ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project

histories: setup ## try many random histories: nights in any order give what one load gives (another number: HISTORIES=500)
	@WAREHOUSE_HISTORIES=$(or $(HISTORIES),100) $(STORM) histories tests/*/test_random_histories.py tests/incremental/test_feed_by_feed.py

storms: setup ## load mutated files of every feed and compare each record with a slow reader (another number: STORMS=500)
	@WAREHOUSE_STORM_FILES=$(or $(STORMS),10000) $(STORM) storms tests/storms/test_input_storm.py

faults: setup ## kill, starve and crowd the nightly job; readers and the next night must not notice (another number: FAULTS=20)
	@WAREHOUSE_FAULTS=$(or $(FAULTS),200) $(STORM) faults tests/storms/test_fault_storm.py tests/warehouse/test_release_under_fire.py \
		tests/acceptance/test_nights.py

docs: setup ## write the metric catalogue and dbt's pages of what the last night built
	@$(BIN)/warehouse docs

bench: setup ## measure loader, nights and their fixed cost against references run beside (only some: BENCH="load --size small")
	@$(BIN)/python -m tests.benchmarks $(BENCH)

lock: setup ## resolve pyproject.toml anew into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
		--no-header --no-emit-index-url --quiet --output-file requirements.lock

clean: ## remove the environment and caches; never the data
	@rm -rf .venv .pytest_cache .hypothesis .ruff_cache .mypy_cache *.egg-info
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# uv installs in seconds what takes pip minutes. It does not read pip's configuration, so where packages come from a
# mirror that only pip knows, pip installs the same lock, which is complete: looking for dependencies, pip would stumble
# over one with extras (gql[requests]) that is locked without. Compiled byte code halves the start of every command, and
# a parse of the dbt project is the beginning of every home's.
$(INSTALLED): requirements.lock pyproject.toml
	@$(or $(PYTHON),false) -c "$(SUPPORTED)" || { \
		echo "Python 3.11, 3.12 or 3.13 with its venv module is needed (Debian, Ubuntu: apt install python3-venv)," >&2; \
		echo "and was not found$(if $(PYTHON), as $(PYTHON)). Name one: make setup PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "making .venv with $$($(PYTHON) --version) and the packages of requirements.lock"
	@$(PYTHON) -m venv --clear .venv
	@awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode --require-hashes -r requirements.lock || { \
		echo "uv could not install; trying pip, which takes longer"; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m dagster_project.warehouse.build.project
	@touch $@
