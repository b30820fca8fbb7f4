# Everything a contributor runs. Needs Python >= 3.11, git and make; environments are made on first use.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
TOPIC ?= rfm
VENV := .venv
PEERS := .venv-peers
OLDEST := .venv-oldest
BIN := $(VENV)/bin
PIP_INSTALL := python -m pip install --quiet --disable-pip-version-check
LIBRARIES := plot,fast,polars,duckdb,calendar,examples,zh

.PHONY: help demo test lint types docs bench parity spark oldest clean

help:  ## show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: $(VENV)/demo.stamp  ## run the main job on real data: tables, pictures and a page under build/demo/
	$(BIN)/python examples/demo.py

# Python 3.12 watches lines at no cost, where a tracer, which branches need before 3.14, takes .8 of the time again.
test: $(VENV)/test.stamp  ## run all tests and doctests (no Spark, no long simulations), and count the lines they reach
	COVERAGE_CORE=sysmon $(BIN)/python -m pytest -q -n 2 --cov --cov-report= -W "ignore:Can't use core"
	@echo "The lines that no test reaches: $(BIN)/coverage report"

lint: $(VENV)/lint.stamp  ## style, docstrings, complexity, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=src $(BIN)/lint-imports

types: $(VENV)/types.stamp  ## mypy strict, and pyright: the public interface typed to 100 %
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" pyright --verifytypes ecommine --ignoreexternal
	$(BIN)/python -m pytest -q -m types tests

docs: $(VENV)/docs.stamp  ## build the site into build/docs, warnings are errors
	rm -rf docs/reference/api/generated
	$(BIN)/python -m sphinx -W --keep-going -j 2 -q -b html -d build/doctrees docs build/docs
	@echo "The site is at build/docs/index.html"

bench: $(VENV)/bench.stamp $(PEERS)/peers.stamp  ## speed and memory beside the tool you would take instead (TOPIC=rfm)
	set -e; for one in benchmarks/bench_$(TOPIC)*.py; do ECOMMINE_PEERS=$(PEERS)/bin/python $(BIN)/python $$one; done

parity: $(VENV)/test.stamp $(PEERS)/peers.stamp  ## long simulations, comparisons with other tools, properties in full, branches
	ECOMMINE_PEERS=$(PEERS)/bin/python $(BIN)/python -m pytest -q -m parity tests
	$(BIN)/python -m pytest -q -n 2 --hypothesis-profile=full --cov --cov-branch --cov-report= tests

spark: $(VENV)/spark.stamp  ## the same calls on PySpark with real worker processes (needs Java 17)
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m spark tests

oldest: $(OLDEST)/test.stamp  ## run all tests on the oldest allowed versions
	$(OLDEST)/bin/python -m pytest -q -n 2

clean:  ## remove environments, caches and everything built
	rm -rf $(VENV) $(PEERS) $(OLDEST) .venv-3* build dist docs/auto_examples docs/reference/api
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache spark-warehouse metastore_db
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Environments. A stamp says that a group of packages is in; each is made again when pyproject.toml changes.
%/base.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "ecommine needs Python 3.11 or newer: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $*
	$*/bin/$(PIP_INSTALL) --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/demo.stamp: $(VENV)/base.stamp pyproject.toml
	$(BIN)/$(PIP_INSTALL) --editable '.[plot,examples]'
	@touch $@

$(VENV)/test.stamp: $(VENV)/base.stamp pyproject.toml
	$(BIN)/$(PIP_INSTALL) --editable '.[$(LIBRARIES)]' --group test
	@touch $@ $(VENV)/demo.stamp

$(VENV)/lint.stamp: $(VENV)/base.stamp pyproject.toml
	$(BIN)/$(PIP_INSTALL) --group lint
	@touch $@

$(VENV)/types.stamp: $(VENV)/test.stamp
	$(BIN)/$(PIP_INSTALL) --group types
	@touch $@

$(VENV)/docs.stamp: $(VENV)/test.stamp
	$(BIN)/$(PIP_INSTALL) --group docs
	@touch $@

$(VENV)/spark.stamp: $(VENV)/test.stamp
	$(BIN)/$(PIP_INSTALL) --editable '.[$(LIBRARIES),spark]'
	@touch $@

$(VENV)/bench.stamp: $(VENV)/test.stamp
	$(BIN)/$(PIP_INSTALL) --group bench
	@touch $@

$(PEERS)/peers.stamp: $(PEERS)/base.stamp pyproject.toml
	$(PEERS)/bin/$(PIP_INSTALL) --group peers
	@touch $@

$(OLDEST)/test.stamp: $(OLDEST)/base.stamp pyproject.toml tools/oldest.py
	$(PYTHON) tools/oldest.py >$(OLDEST)/constraints.txt
	$(OLDEST)/bin/$(PIP_INSTALL) --editable '.[$(LIBRARIES)]' --group test --constraint $(OLDEST)/constraints.txt
	@touch $@

# Any other installed Python, in an environment of its own: `make between-3.12 PYTHON=python3.12`. What may depend on
# the version runs: the architecture, the doctests, and one test of each public call.
between-%: .venv-%/test.stamp
	.venv-$*/bin/python -m pytest -q -n 2 tests/architecture src
	.venv-$*/bin/python -m pytest -q -n 2 -m "call and not spark" tests

.venv-3%/test.stamp: .venv-3%/base.stamp pyproject.toml
	$(@D)/bin/$(PIP_INSTALL) --editable '.[$(LIBRARIES)]' --group test
	@touch $@

.SECONDARY:
