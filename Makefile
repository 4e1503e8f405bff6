# Bitácora Electoral: everything a person types. `make` alone lists it.
#
# Every target works from a fresh checkout: it makes .venv, installs the locked and hashed packages it needs
# (requirements/*.txt) and then does its work. A stamp in .venv remembers the first two, so that they happen once.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
INTEROP := $(VENV)/interop
PIP := PIP_REQUIRE_VIRTUALENV=1 $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate

.PHONY: help demo test interop check bench torture format requirements clean

help: ## list what can be made
	@echo "Bitácora Electoral"
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)$$/  make \1\t\2/' | expand -t 22

demo: $(VENV)/.local ## install, start a simulated election on an embedded PostgreSQL, print its address
	@# Ctrl-C (130) is how it ends: no failure for make to tell of.
	@$(BIN)/bitacora demo $(ARGS) || { code=$$?; [ $$code -eq 130 ] || exit $$code; }

test: $(VENV)/.test ## run the tests (wants Chromium, PostgreSQL 15, Go; as root on Debian it installs them)
	@.ci/prepare
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

interop: $(VENV)/.test $(INTEROP)/.done ## let other people's programs (pm4py, DuckDB, pymerkle …) read what is exported and signed
	@.ci/prepare
	@$(BIN)/pytest tests/interop/check_exports.py tests/interop/check_roots.py $(ARGS)

check: $(VENV)/.test ## format, lint, types, import rules, container files
	@echo "→ format";       $(BIN)/ruff format --check --quiet .
	@echo "→ lint";         $(BIN)/ruff check --quiet .
	@echo "→ types";        $(BIN)/mypy --no-error-summary
	@echo "→ import rules"; $(BIN)/lint-imports --no-logo
	@echo "→ containers";   $(BIN)/hadolint docker/Dockerfile
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker/compose.yaml
	@echo "→ the documentation's and the house's own rules are tests: make test"

bench: $(VENV)/.test ## measure the claims about speed and print them as a table
	@$(BIN)/python -m bench $(ARGS)

torture: $(VENV)/.test ## kill, race and flood at full size (long)
	@.ci/prepare
	@BITACORA_TORTURE=full $(BIN)/pytest $(or $(ARGS),tests/torture tests/projections/test_exactly_once.py \
		tests/api/test_schemathesis.py tests/pages/test_in_a_browser.py)

format: $(VENV)/.test ## put the code into its one format
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format --quiet .

requirements: ## lock again what pyproject.toml asks for (needs uv; UPGRADE=--upgrade takes newer versions)
	@command -v $(UV) >/dev/null || { echo "uv is needed to lock: python3 -m pip install uv" >&2; exit 1; }
	@# The test set holds all the others, so it is solved first and the others follow its versions.
	$(COMPILE) $(UPGRADE) pyproject.toml --group build --extra local --extra test --extra check -o requirements/test.txt
	$(COMPILE) pyproject.toml --group build --extra local -c requirements/test.txt -o requirements/local.txt
	$(COMPILE) pyproject.toml -c requirements/test.txt -o requirements/run.txt
	$(COMPILE) --group build -c requirements/test.txt -o requirements/build.txt
	$(COMPILE) $(UPGRADE) --group interop -o requirements/interop.txt

clean: ## remove what was built, never what was recorded (var/ stays)
	@rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed. On Debian: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, and $(PYTHON) is $$($(PYTHON) --version). Try: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "$(PYTHON) lacks its venv module. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "→ making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.local: requirements/local.txt pyproject.toml | $(BIN)/python
	@echo "→ installing $$(grep -c == $<) packages, each checked against its hash ($<); under a minute, once"
	@$(PIP) install --require-hashes -r $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements/test.txt pyproject.toml | $(BIN)/python
	@echo "→ installing $$(grep -c == $<) packages, each checked against its hash ($<); a minute or so, once"
	@$(PIP) install --require-hashes -r $<
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@# The test set holds the local one.
	@touch $(VENV)/.local $@

$(INTEROP)/.done: requirements/interop.txt | $(BIN)/python
	@echo "→ installing $$(grep -c == $<) packages that read our exports, apart from ours ($<); a minute or so, once"
	@rm -rf $(INTEROP) && $(BIN)/python -m venv $(INTEROP)
	@PIP_REQUIRE_VIRTUALENV=1 $(INTEROP)/bin/python -m pip --quiet --no-input --disable-pip-version-check \
		install --require-hashes -r $<
	@touch $@
