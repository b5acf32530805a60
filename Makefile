# Sidedoor. `make help` lists the commands; `make run` and `make test` are all a fresh machine needs.
PYTHON ?= python3.11
UV_VERSION := 0.13.9
UV := .tools/bin/uv
BIN := .venv/bin
export UV_PROJECT_ENVIRONMENT := .venv
export RASA_TELEMETRY_ENABLED := false
.DEFAULT_GOAL := help

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk 'BEGIN {FS = ":.*## "} {printf "  make %-10s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Sidedoor needs Python 3.11; say which one with PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: $(UV) uv.lock pyproject.toml
	@$(UV) sync --frozen --no-dev --no-python-downloads --python $(PYTHON)
	@touch $@

.venv/.ready-dev: $(UV) uv.lock pyproject.toml
	@$(UV) sync --frozen --no-python-downloads --python $(PYTHON)
	@touch .venv/.ready $@

setup: .venv/.ready ## make the environment from uv.lock

dev: .venv/.ready-dev ## the same with the tools that tests and checks need

run: .venv/.ready ## start Sidedoor on this machine and say how to open it
	@$(BIN)/sidedoor run

shell: .venv/.ready ## talk to Sidedoor in this terminal
	@$(BIN)/sidedoor shell

train: .venv/.ready ## train the model if its sources changed
	@$(BIN)/sidedoor train

test: .venv/.ready-dev ## run every test, the browser's too
	@.ci/browser
	@.ci/postgres
	@$(BIN)/sidedoor train
	@$(BIN)/python -m pytest tests --numprocesses auto --maxprocesses 4 --dist loadfile
	@$(BIN)/sidedoor promises proven

evaluate: .venv/.ready-dev ## measure understanding on every set, beside others; writes reports/understanding
	@$(UV) sync --frozen --no-python-downloads --python $(PYTHON) --inexact --group peers
	@$(BIN)/sidedoor train --quiet
	@$(BIN)/python -m benchmarks.understanding --rasa

check: .venv/.ready-dev ## style, types, layers, data, and known weaknesses of what we depend on
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/sidedoor promises check
	@$(BIN)/sidedoor directory check
	@.ci/rasa-check
	@$(BIN)/python benchmarks/near_duplicates.py
	@$(BIN)/python -m bot.learning --check
	@$(BIN)/sidedoor wording
	@.ci/audit

format: .venv/.ready-dev ## bring the code into shape
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

canary: .venv/.ready-dev ## drive marked identifiers through the living system, search all it left
	@$(BIN)/sidedoor train
	@$(BIN)/python -m tests.guarantees.canary

transcript: .venv/.ready ## record the conversation in the README anew
	@.ci/transcript

clean: ## remove what was built; keys and data in .state stay
	@rm -rf .venv .tools models .rasa results reports .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help setup dev run shell train test check canary format transcript clean evaluate
