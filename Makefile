# make demo: from nothing to drums you can hear. make test, make lint, make bench, make venv.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := demo
.PHONY: demo test lint bench venv

# Any Python from 3.11 on will do; the pinned set was tested with 3.11.
PYTHON ?= $(or $(shell command -v python3.11),$(shell command -v python3),python3)
BIN := $(CURDIR)/.venv/bin
export PATH := $(BIN):$(PATH)
BUNDLE := results/lm_beat_high

demo: .venv/installed
	snakemake --cores all $(BUNDLE)
	@echo
	@echo "Open    $(BUNDLE)/report.html    players, pictures and the numbers"
	@echo "Listen  $(BUNDLE)/samples/       every held-out song: drumless, generated drums, their mix, the real drums"
	@echo "Play    .venv/bin/jukedrummer accompany song.wav --model $(BUNDLE) --output out/"

# Files side by side, each process with one thread: on two cores in three fifths of the time.
test: .venv/installed
	OMP_NUM_THREADS=1 pytest --numprocesses auto --maxprocesses 8 --dist loadfile --no-loadscope-reorder

lint: .venv/installed
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow
	snakemake --lint

bench: .venv/installed
	for script in benchmarks/[!_]*.py; do echo "== $$script"; python "$$script" || echo "not reached, or cannot run here"; done

venv: .venv/installed

# What madmom builds with goes first, and torch, so that nothing newer is pulled; the lock file says why no dependencies.
.venv/installed: requirements.lock pyproject.toml
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "$(PYTHON) is missing or older than 3.11: install Python 3.11, or name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@command -v cc gcc clang > /dev/null || { \
	    echo "No C compiler, which madmom is built with: install one (Debian, Ubuntu: apt install gcc)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || { \
	    echo "$(PYTHON) has no headers, which madmom is built with: install them (Debian, Ubuntu: apt install python3-dev)" >&2; exit 1; }
	"$(PYTHON)" -m venv .venv
	grep -E '^(torch|cython|numpy|setuptools|wheel)==' requirements.lock > .venv/first.txt
	pip install --requirement .venv/first.txt
	pip install --no-deps --no-build-isolation --requirement requirements.lock
	pip install --no-deps --no-build-isolation --editable .
	touch $@
