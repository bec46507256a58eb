# Two commands for a fresh machine with Python >= 3.11 and pip: `make demo` and `make test`.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test coverage lint types docs wheel cassettes schemas generated benchmarks clean

demo: $(VENV)/.demo
	$(BIN)/headcount demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n auto

coverage: $(VENV)/.dev
	$(BIN)/python -m pytest --cov --cov-report=term-missing:skip-covered -q

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

docs: $(VENV)/.dev $(VENV)/.docs
	$(BIN)/zensical build --clean --strict

wheel: $(VENV)/.dev
	$(BIN)/python tests/packaging/check.py

cassettes: $(VENV)/.dev
	rm -f cassettes/*/*.yaml
	$(BIN)/python -m pytest tests/connectors/test_cassettes.py --record-mode=once -q

schemas: $(VENV)/.dev
	$(BIN)/headcount schema --write schemas

generated: $(VENV)/.dev
	HEADCOUNT_WRITE_DOCS=1 $(BIN)/python -m pytest -n auto -q tests/connectors/test_faults.py tests/connectors/test_sizes.py \
		tests/connectors/test_verbs.py tests/roster/test_fault_table.py tests/vault/test_table.py tests/contract/test_docs.py tests/contract/test_planted.py

benchmarks: $(VENV)/.dev
	$(BIN)/python -m tests.benchmarks

clean:
	rm -rf $(VENV) dist site

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "headcount needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml $(VENV)/bin/python
	$(PIP) --editable '.[sandbox]'
	touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/bin/python
	$(PIP) --editable '.[dev]'
	touch $@ $(VENV)/.demo

$(VENV)/.docs: pyproject.toml $(VENV)/bin/python
	$(PIP) --editable '.[docs]'
	touch $@
