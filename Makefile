# make demo      the whole job on the seed page, into demo/
# make test      the whole test suite; ARGS="--cov" adds the coverage gate, ARGS=tests/unit takes a part
# make judges    what judges an email in the tests, from npm; tests that need it skip without
# make golden    renew what tests/golden keeps; look at the difference before you keep it
# make messages  bring the catalogues of translations up to the templates, and docs/errors.md to the program
# make check     lint, format, types, import rule

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV_STAMP := $(VENV)/.installed-dev
JUDGES := tests/judges
JUDGES_STAMP := $(JUDGES)/node_modules/.installed

.PHONY: demo test judges golden messages check format wheel clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=..."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $(STAMP) $@

demo: $(STAMP)
	@$(BIN)/newsletter demo

# The tests start the program hundreds of times: compiled once, it starts in two thirds of the time.
test: $(DEV_STAMP)
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n auto --dist worksteal $(ARGS)

$(JUDGES_STAMP): $(JUDGES)/package.json
	cd $(JUDGES) && npm install --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@

judges: $(JUDGES_STAMP)

golden: $(DEV_STAMP)
	$(BIN)/python tests/golden/produce.py

messages: $(DEV_STAMP)
	$(BIN)/python tools/messages.py
	$(BIN)/python tools/errors.py

check: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(DEV_STAMP)
	$(BIN)/python -m build --wheel --outdir dist .

clean:
	rm -rf $(VENV) $(JUDGES)/node_modules demo dist build *.egg-info .coverage .coverage.*
