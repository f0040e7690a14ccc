# Two commands do all the set-up: `make demo` and `make test`. Both create and fill .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-all check format lock clean

demo: $(STAMP)
	$(BIN)/ecmiip demo

test: $(STAMP)
	$(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/python -m pytest -m "not slow and not weights and not gpu"

format: $(STAMP)
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

# torch first and by itself: asked for together with the rest, pip may prefer a CUDA build of several GB.
$(STAMP): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

# requirements.lock pins what pyproject.toml allows; commit it after `make lock`.
lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf $(VENV)
