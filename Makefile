# Two commands matter: `make demo` and `make test`. Both set up everything they need in .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
GOLDEN := ../shared/golden/check.py

.PHONY: help demo test check format dev soak clean

help: ## Show what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock pyproject.toml
	@echo "Setting up .venv (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "BeatXP needs Python 3.11 or later: make PYTHON=python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

demo: $(STAMP) ## Write demo exports, refresh, and show what comes out
	@$(BIN)/beatxp demo

test: check ## Format, lint, type-check, and run all tests
	@$(BIN)/pytest -n 2
	@if [ -f $(GOLDEN) ]; then $(BIN)/python $(GOLDEN) --beatxp $(CURDIR)/$(BIN)/beatxp; fi

check: $(STAMP) ## Check formatting, style and types of Python and SQL
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --disable-progress-bar sql

format: $(STAMP) ## Format Python and SQL
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --quiet sql

dev: $(STAMP) ## Open Dagster's UI on http://127.0.0.1:3000
	@[ -d demo/exports ] || $(BIN)/beatxp demo
	@DAGSTER_HOME=$(CURDIR)/.dagster $(BIN)/dagster dev -m pipelines.definitions \
		--host 127.0.0.1 --port 3000

soak: $(STAMP) ## Many more random worlds and deaths, and real data: about an hour
	@BEATXP_WORLDS=150 BEATXP_FIRST_WORLD=1000 BEATXP_DEATHS=60 \
		$(BIN)/pytest -n 2 tests/test_worlds.py tests/test_interruption.py
	@$(BIN)/python -m tests.playlist_archive

lock: $(STAMP) ## Renew requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-strip-extras --no-header --upgrade -o requirements.lock

clean: ## Remove what was set up and the demo
	rm -rf .venv demo
