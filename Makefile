# Everything that is done often. `make` alone lists it.
#
# The virtual environment .venv is made by itself, and brought up to date when requirements/ or pyproject.toml change.
# Another Python than the one found: make test PYTHON=/path/to/python3.12

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UPGRADE ?= --upgrade
# More workers than cores: tests that wait for a browser leave room for others.
PYTEST := $(BIN)/pytest -n 4 --dist loadfile
# Python with the compiled core.
COMPILED := PYTHONPATH=.venv/compiled $(BIN)/python
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock" pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help demo test test-all check bench bench-pages pictures lock format clean
.DELETE_ON_ERROR:

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | \
		while IFS='|' read -r name text; do printf '  make %-11s %s\n' "$$name" "$$text"; done

demo: .venv/.installed ## show the main job with invented people and a built-in mailbox
	$(BIN)/ensue demo

test: .venv/.installed .venv/.chromium ## run the tests but the long ones
	$(PYTEST) -m "not full"

test-all: .venv/.installed .venv/.chromium .venv/.compiled ## run all tests, those of crashes and laws for longer
	$(PYTEST) --hypothesis-profile=thorough
	$(COMPILED) -m pytest -n 4 -m "not full" tests/core tests/rules tests/laws

check: .venv/.checked ## look at style, types and layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: .venv/.compiled ## measure the speed, with the core compiled as in released wheels
	$(COMPILED) -m benchmarks

bench-pages: .venv/.installed ## measure the dashboard's pages with 100,000 users and 2 M events
	$(BIN)/python -m benchmarks.pages

pictures: .venv/.installed .venv/.chromium ## take the pictures of the docs from a running demo
	$(BIN)/python docs/pictures/take.py

lock: .venv/.checked ## pin the newest releases in requirements/ (UPGRADE= adds only what is missing)
	$(LOCK) $(UPGRADE) --group check --output-file requirements/check.txt
	$(LOCK) --constraints requirements/check.txt --group test --output-file requirements/test.txt
	$(LOCK) --constraints requirements/check.txt --output-file requirements/run.txt

format: .venv/.checked ## put imports and lines in order
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

clean: ## remove what was made here, .venv too
	rm -rf .venv .demo dist .hypothesis .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# ---------------------------------------------------------------- the virtual environment

.venv/.installed: requirements/test.txt pyproject.toml | $(BIN)/python
	@echo "Installing what Ensue and its tests need into .venv …"
	@$(PIP) install --require-hashes -r requirements/test.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# The browser that the tests of the SDK drive. Where it cannot be installed, those tests fail and say so.
.venv/.chromium: | .venv/.installed
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Debian's chromium …" && apt-get update -qq && \
		apt-get install -qq -y --no-install-recommends chromium >/dev/null; } || true
	@if command -v chromium >/dev/null; then touch $@; else \
		echo "The tests of the browser SDK need Chromium. On Debian and Ubuntu: sudo apt install chromium" >&2; fi

# What a released wheel holds: Ensue with its core compiled. Needs a C compiler and Python's headers.
.venv/.compiled: pyproject.toml $(shell find src -name '*.py') | .venv/.checked
	@command -v cc >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Debian's gcc …" && apt-get update -qq && \
		apt-get install -qq -y --no-install-recommends gcc libc6-dev python3-dev >/dev/null; } || true
	@echo "Compiling the core …"
	@rm -rf .venv/building .venv/compiled && mkdir .venv/building && cp -r pyproject.toml README.md LICENSE src .venv/building
	@HATCH_BUILD_HOOK_ENABLE_MYPYC=true $(PIP) wheel --no-deps --no-build-isolation \
		--wheel-dir .venv/building ./.venv/building
	@$(BIN)/python -m zipfile -e .venv/building/*.whl .venv/compiled
	@$(COMPILED) -c "import ensue.core.decide as it; assert not it.__file__.endswith('.py'), it.__file__"
	@touch $@

.venv/.checked: requirements/check.txt .venv/.installed
	@echo "Installing the checking tools into .venv …"
	@$(PIP) install --require-hashes -r requirements/check.txt
	@touch $@

$(BIN)/python:
	@$(or $(PYTHON),false) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Ensue needs Python 3.11 or newer, and found none. Install one, or name it: make PYTHON=/path/to/python" >&2; \
		exit 1; }
	@$(PYTHON) -m venv --clear .venv >/dev/null || { rm -rf .venv; \
		[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "Installing Debian's python3-venv …" && apt-get update -qq && apt-get install -qq -y python3-venv >/dev/null && \
		$(PYTHON) -m venv --clear .venv; } || { rm -rf .venv; \
		echo "$(PYTHON) cannot make a virtual environment. On Debian and Ubuntu: sudo apt install python3-venv" >&2; \
		exit 1; }
