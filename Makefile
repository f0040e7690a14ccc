# Two commands do all the set-up: `make demo` and `make test`. Both create and fill .venv.
PYTHON ?= python3
# What pip installs as torch; it may be followed by options of pip, as in the README.
TORCH ?= torch==2.13.0
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: demo test lint check format release-check web lock clean

demo: $(STAMP)
	$(BIN)/ecmiip demo

test: $(STAMP)
	$(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# What to run before a commit: all but the tests that take long or need the real weights.
check: lint
	$(BIN)/python -m pytest -m "not slow and not weights and not gpu and not large"

# Counts the headline of the shipped adapter anew; some half an hour on two cores.
release-check: $(STAMP)
	$(BIN)/ecmiip mipld build
	$(BIN)/ecmiip release check ec-miip-0.5b

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# torch goes first and alone, so that its build can be chosen by TORCH: on Linux PyPI's own is for
# CUDA, several GB with its libraries. What comes after takes the one that is there.
$(STAMP): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

# The page is built into the package and committed, so that nobody needs node to run it.
web:
	cd web && npm ci --no-audit --no-fund && npm run build

lock:
	$(PYTHON) scripts/lock.py

clean:
	rm -rf .venv
