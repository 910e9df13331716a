# Needs make and Python 3.11 or newer, nothing else. `make help` lists the targets.
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
BIN := $(VENV)/bin
# One interpreter by name or path, e.g. `make run PYTHON=/opt/python3.13/bin/python3`; else the first that is new enough.
PYTHON ?=
PYTEST_ARGS ?=
# `make demo DEMO_ARGS=--unattended` needs no terminal and nobody who watches.
DEMO_ARGS ?=
# Tests that drive real programs mostly wait, and are spread among the others (tests/conftest.py): more workers than
# cores pay.
WORKERS ?= 3
# Bytecode is what makes the second start fast.
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH
unexport PYTHONHOME

MADE := $(VENV)/.made
INSTALLED := $(VENV)/.installed

.PHONY: help run demo test check nightly bench sample docs lock clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*  ## /\1\t/p' Makefile | awk -F '\t' '{ printf "  make %-10s %s\n", $$1, $$2 }'

run: $(INSTALLED)  ## open the board on a copy of the sample workspace, while its canaries are driven
	@$(BIN)/kaizen-tui --demo simulated

demo: $(INSTALLED)  ## the whole loop on this machine, with HAProxy and Prometheus, while you watch
	@$(BIN)/kaizen-tui --demo $(DEMO_ARGS)

test: check  ## everything that must pass: style, types, layers, tests
	$(BIN)/python -m pytest -m "not nightly" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS)

check: $(INSTALLED)  ## style, types and layers only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

nightly: $(INSTALLED)  ## the long fault and statistics runs
	KAIZEN_KILLS=$${KAIZEN_KILLS:-5000} $(BIN)/python -m pytest -m nightly $(PYTEST_ARGS)

bench: $(INSTALLED)  ## what the README's figures come from
	@set -e; for script in benchmarks/*_speed.py; do echo "== $$script"; $(BIN)/python "$$script"; done

sample: $(INSTALLED)  ## make registry/ and tickets/ anew
	$(BIN)/python tools/make_sample.py

docs: $(INSTALLED)  ## make the pictures and the tables of keys in docs/ anew
	$(BIN)/python tools/make_keys.py
	$(BIN)/python tools/make_screenshot.py

lock: $(INSTALLED)  ## pin the newest allowed versions in requirements.lock
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --extra dev --allow-unsafe --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
	  --output-file requirements.lock pyproject.toml

clean:  ## remove what was built; sources and tickets stay
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .kaizen
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment. A Python that is too old, or a system without `venv`, gets a sentence and not a traceback.
$(MADE):
	@set -e; \
	enough='import sys; sys.exit(sys.version_info < (3, 11))'; found=; bare=; \
	for candidate in $(if $(PYTHON),$(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	  "$$candidate" -c "$$enough" >/dev/null 2>&1 || continue; \
	  if "$$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then found=$$candidate; break; fi; \
	  bare=$$candidate; \
	done; \
	if [ -z "$$found" ] && [ -n "$$bare" ]; then \
	  echo "kaizen: error: $$bare has no venv module; install it (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; \
	fi; \
	if [ -z "$$found" ]; then \
	  echo "kaizen: error: no Python 3.11 or newer found; install one, or name it: make $(or $(MAKECMDGOALS),run) PYTHON=/path/to/python3" >&2; exit 1; \
	fi; \
	if ! $(BIN)/python -c "import pip; $$enough" >/dev/null 2>&1; then \
	  echo "making $(VENV) with $$("$$found" --version)"; "$$found" -m venv --clear $(VENV); \
	fi; \
	touch $@

$(INSTALLED): $(MADE) requirements.lock pyproject.toml
	@echo "installing what requirements.lock names into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
