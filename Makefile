# make app: everything from nothing to the dashboard. make test: the same environment, then all tests.
# make check: lint, and the fast tests (no browser, no training); before every commit.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# Tests run in parallel; the tests of a file run in one process.
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

.PHONY: app test check lint js docs demo clean

app: $(VENV)/.app demo
	$(BIN)/streamlit run app.py

demo: $(VENV)/.app
	$(BIN)/python -m ztfexplore demo

test: $(VENV)/.dev js
	$(BIN)/ruff check .
	$(PYTEST)

check: lint
	$(PYTEST) -m "not browser and not training and not slow"

lint: $(VENV)/.dev js
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The JavaScript of the components: types by tsc, unit tests by node. Nothing is built.
js:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.installed && npm run --silent check && \
		npm test --silent; \
	else echo "Node.js is not installed: the JavaScript is not checked" >&2; test -z "$$ZTFEXPLORE_REQUIRE_ALL"; fi

node_modules/.installed: package-lock.json
	npm ci --no-audit --no-fund
	touch $@

docs: $(VENV)/.docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "ztfexplore needs Python 3.11 or later; make PYTHON=/path/to/it")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install -r requirements.txt
	$(BIN)/python -m pip install --no-deps --editable .
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.app
	$(BIN)/python -m pip install -r requirements-dev.txt
	touch $@

$(VENV)/.docs: requirements-docs.txt $(VENV)/.app
	$(BIN)/python -m pip install -r requirements-docs.txt
	touch $@

clean:
	rm -rf $(VENV) node_modules data/demo build site *.egg-info
