# Two commands matter: `make demo` and `make test`. Both set up everything they need in .venv.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
GOLDEN := $(wildcard ../shared/golden/check.py ../shared/golden-foreign/check.py)

.PHONY: help demo test check format dev soak faults fuzz bench bench-small bench-billion lock clean

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

demo: $(STAMP) ## Write demo exports, refresh, show what comes out, and serve it on loopback
	@$(BIN)/beatxp demo
	@$(BIN)/beatxp serve

test: check ## Format, lint, type-check, and run all tests
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
	@$(if $(GOLDEN),printf '%s\n' $(GOLDEN) \
		| xargs -P 2 -I CHECK $(BIN)/python CHECK --beatxp $(CURDIR)/$(BIN)/beatxp)

check: $(STAMP) ## Check formatting, style, types and imports of Python, and SQL
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@said=$$($(BIN)/lint-imports --no-cache --no-logo) || { echo "$$said"; exit 1; }
	@$(BIN)/sqlfluff lint --disable-progress-bar sql

format: $(STAMP) ## Format Python and SQL
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .
	@$(BIN)/sqlfluff fix --quiet sql

dev: $(STAMP) ## Open Dagster's UI on http://127.0.0.1:3000
	@[ -d demo/exports ] || $(BIN)/beatxp demo
	@DAGSTER_HOME=$(CURDIR)/.dagster $(BIN)/dagster dev -m assets.definitions \
		--host 127.0.0.1 --port 3000

soak: $(STAMP) ## Many more random worlds and deaths, 500 refreshes in a row, and real data: hours
	@BEATXP_WORLDS=150 BEATXP_FIRST_WORLD=1000 BEATXP_EVERY_STEP=1 BEATXP_DEATHS=60 \
		$(BIN)/pytest -n 2 --dist load \
		tests/test_worlds.py tests/test_mappings.py tests/test_interruption.py \
		tests/analysis tests/balance
	@$(BIN)/python -m tests.faults.day
	@$(BIN)/python -m tests.playlist_archive

faults: $(STAMP) ## Damage, kill, fill up and interrupt the store 3,000 times: hours
	@$(BIN)/python -m tests.faults

fuzz: $(STAMP) ## Read 100,000 mutated export files of each format: hours
	@$(BIN)/python -m tests.fuzz

# Peers have an environment of their own: where pandas is, pandera imports it, and BeatXP is slower.
BENCH_BIN := .venv-bench/bin
BENCH_STAMP := .venv-bench/.installed
BENCH := $(BIN)/python -m benchmarks
SMALL := --plays 1000000 --tracks 50000 --producers 5000 --days 60
SMALL_RESULTS := benchmarks/data/small

$(BENCH_STAMP): $(STAMP) benchmarks/requirements.lock
	@echo "Setting up .venv-bench (once)"
	@$(PYTHON) -m venv .venv-bench
	@$(BENCH_BIN)/pip install --quiet --disable-pip-version-check --require-hashes \
		-r benchmarks/requirements.lock
	@touch $@

bench: $(BENCH_STAMP) ## Measure all figures (100 million plays) and peers: about two hours
	@failed=0; \
	$(BENCH) figures || failed=1; \
	$(BENCH) peers || failed=1; \
	$(BENCH) floors || failed=1; \
	$(BENCH) load || failed=1; \
	$(BENCH) requests || failed=1; \
	$(BENCH) report || failed=1; \
	exit $$failed

bench-small: $(BENCH_STAMP) ## The same with a million plays: minutes, to see that it works
	@failed=0; \
	$(BENCH) figures $(SMALL) --rounds 1 --output $(SMALL_RESULTS) || failed=1; \
	$(BENCH) peers $(SMALL) --output $(SMALL_RESULTS) || failed=1; \
	$(BENCH) floors $(SMALL) --rounds 1 --output $(SMALL_RESULTS) || failed=1; \
	$(BENCH) load $(SMALL) --output $(SMALL_RESULTS) || failed=1; \
	$(BENCH) requests --output $(SMALL_RESULTS) || failed=1; \
	$(BENCH) report --output $(SMALL_RESULTS) --document $(SMALL_RESULTS)/performance.md \
		|| failed=1; \
	exit $$failed

bench-billion: $(BENCH_STAMP) ## Most memory of a billion plays, once: 30 GB of disk
	@$(BENCH) figures billion --plays 1000000000

lock: $(STAMP) ## Renew requirements.lock, here and in benchmarks
	@$(BIN)/uv pip compile pyproject.toml --group dev --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-strip-extras --no-header --upgrade -o requirements.lock
	@$(BIN)/uv pip compile --group pyproject.toml:bench --constraint requirements.lock \
		--python-version 3.11 --generate-hashes --no-emit-index-url --no-strip-extras --no-header \
		--upgrade -o benchmarks/requirements.lock

clean: ## Remove what was set up and the demo
	rm -rf .venv .venv-bench demo
