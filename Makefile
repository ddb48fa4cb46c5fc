# Two commands: `make demo` tells the whole story against local stand-ins, `make test` runs every check.
# Each makes its own virtual environment and installs what it needs.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test lint types imports tests settings coverage schemas adopt bench faults bugs clean

demo: $(STAMP)
	$(BIN)/reconciler demo

test: lint types imports tests

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

imports: $(STAMP)
	$(BIN)/lint-imports

tests: $(STAMP)
	$(BIN)/pytest -n auto --dist loadgroup   # stories stay together: tests/conftest.py

coverage: $(STAMP)
	$(BIN)/coverage erase
	$(BIN)/pytest -n auto --dist loadgroup --cov --cov-report=term   # takes half as long again

settings: $(STAMP)
	$(BIN)/pytest -n auto tests/conformance tests/adopting --every-mixture   # `make test` tries one of them with each story

faults: $(STAMP)
	$(BIN)/python -m tests.faults   # every kill, lost answer, race, edit and world, and how many there were

bugs: $(STAMP)
	$(BIN)/python -m tests.faults bugs   # bugs planted in a copy, each to be caught

adopt: $(STAMP)
	$(BIN)/pytest tests/adopting --full-size   # tenants of 5,000 mixed cases, exported, imported, nothing to do

schemas: $(STAMP)
	$(BIN)/reconciler schema --out schemas
	$(BIN)/reconciler schema --out schemas/draft-07 --draft 07

bench: $(STAMP)
	$(BIN)/python benchmarks/run.py

$(STAMP): pyproject.toml reconciler/__init__.py
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=python3.x")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

clean:
	rm -rf $(VENV) .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
