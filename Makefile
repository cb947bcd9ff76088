# make demo: build the demo from nothing. Other targets: test, test-long, lint, bench, docs, venv.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := demo
.PHONY: demo test test-long lint bench venv docs

# Python 3.11 or later. The pinned packages were tested with 3.11.
PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3),python3)
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(PATH)
BUNDLE := results/lm_beat_high

demo: .venv/installed
	snakemake --cores all $(BUNDLE)
	@echo
	@echo "Open    $(BUNDLE)/report.html    players, pictures and metrics"
	@echo "Listen  $(BUNDLE)/samples/       every held-out song: drumless, generated drums, their mix, the real drums"
	@echo "Play    .venv/bin/jukedrummer accompany song.wav --model $(BUNDLE) --output out/"

# Test files run in parallel, with one thread for each process.
PYTEST := OMP_NUM_THREADS=1 pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

test: .venv/installed
	$(PYTEST) -m "not long"

# Whole runs of the workflow, on small copies of data sets.
test-long: .venv/installed
	$(PYTEST) -m long

lint: .venv/installed
	ruff check .
	ruff format --check .
	mypy
	snakefmt --check Snakefile workflow
	snakemake --lint

bench: .venv/installed
	for script in benchmarks/[!_]*.py; do echo "== $$script"; python "$$script" || echo "slower than claimed, or cannot run here"; done

venv: .venv/installed

# madmom's build requirements and torch are installed first, so that pip does not install newer ones.
# requirements.lock explains --no-deps.
.venv/installed: requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is missing or older than 3.11: install Python 3.11, or set its path: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v cc gcc clang > /dev/null || { \
	    echo "No C compiler found; madmom is built with one: install it (Debian, Ubuntu: apt install gcc)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || { \
	    echo "$(PYTHON) has no headers; madmom is built with them: install them (Debian, Ubuntu: apt install python3-dev)" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	grep -E '^(torch|cython|numpy|setuptools|wheel)==' requirements.lock > .venv/first.txt
	pip install --requirement .venv/first.txt
	pip install --no-deps --no-build-isolation --requirement requirements.lock
	pip install --no-deps --no-build-isolation --editable .
	touch $@

# The site of README, docs and docstrings: build/site/index.html. It has its own environment, so the
# demo does not need its packages. The pages keep their relative places for their links.
docs: .venv-docs/installed
	rm -rf build/pages
	mkdir -p build/pages/benchmarks
	cp -R README.md CONTRIBUTING.md CHANGELOG.md NOTICE LICENSE config docs build/pages/
	cp benchmarks/README.md build/pages/benchmarks/
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict
	@echo "Open    build/site/index.html"

.venv-docs/installed: requirements-docs.lock
	"$(PYTHON)" -m venv .venv-docs
	.venv-docs/bin/pip install --no-deps --requirement requirements-docs.lock
	touch $@
