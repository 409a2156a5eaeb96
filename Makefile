# Every target starts from python3 (3.11 or newer) and make alone.

PYTHON ?= python3
ARGS ?=

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := install

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PLUGINS := plugins/personalize-existing-customer plugins/personalize-renewal-window plugins/personalize-oidc \
	plugins/personalize-cmp
REQUIREMENTS := -e '.[dev]' $(addprefix -e ./,$(PLUGINS)) -c constraints.txt

.PHONY: install demo test check bench bench-cookbook soak size constraints clean

install: $(STAMP)
	@echo "Installed in $(VENV)."

# All messages go to standard error: `make bench` owns standard output.
$(STAMP): pyproject.toml constraints.txt $(addsuffix /pyproject.toml,$(PLUGINS))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.x")'
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV) >&2
	@test -x $(BIN)/uv || $(PYTHON) -m pip --python $(VENV) install --quiet uv >&2 \
		|| echo "uv cannot be had; going on with pip." >&2
	@if test -x $(BIN)/uv; then $(BIN)/uv pip install --compile-bytecode --python $(BIN)/python $(REQUIREMENTS) >&2; \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then $(PYTHON) -m pip --python $(VENV) install $(REQUIREMENTS) >&2; \
	else $(BIN)/python -m ensurepip >&2 && $(BIN)/python -m pip install $(REQUIREMENTS) >&2; fi
	@touch $@

demo: $(STAMP)
	@$(BIN)/personalize demo $(ARGS)

# A sample of every property and every long loop; `make soak` has the full numbers.
# PERSONALIZE_TEST_DATA names the folder with test data, where it is not ../shared/data.
# The documentation's own tests run with `make check`.
test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not soak" $(or $(ARGS),tests plugins --ignore=tests/docs)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy personalize plugins bench
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/docs

bench: $(STAMP)
	@$(BIN)/python -m bench $(ARGS)

# Builds 10,000,000 entries; ARGS="--entries 200000" for a quick run.
bench-cookbook: $(STAMP)
	@$(BIN)/python -m bench.cookbook $(ARGS)

soak: $(STAMP)
	$(BIN)/python -m pytest -m soak --hypothesis-profile=soak $(or $(ARGS),tests plugins)

size: $(STAMP)
	@$(BIN)/python bench/size.py

# Resolve the pins anew; read the difference before keeping it.
constraints: $(STAMP)
	$(BIN)/uv pip compile --quiet --upgrade --no-header --no-annotate --no-emit-index-url \
		--python-version 3.11 --extra dev pyproject.toml --output-file constraints.txt

clean:
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
