# The verbs of every project of this family. The Makefile sets PACKAGE and includes this file; nothing here is needed to work:
# each line is a command that one can type, and the README lists them for Windows too.

VENV   ?= .venv
PYTHON ?= python3
BIN    := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
RUN    := $(BIN)/python -m $(PACKAGE)

.DEFAULT_GOAL := help
.PHONY: help setup data train evaluate report serve bench drift test lint image

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv from the locked, hashed requirements
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	$(foreach file,$(wildcard requirements-torch.txt),$(BIN)/python -m pip install --quiet --no-deps --extra-index-url https://download.pytorch.org/whl/cpu -r $(file))
	$(BIN)/python -m pip install --quiet --no-deps -e .

data: ## get the data: synthetic by default; ARGS="--source real" downloads the original
	$(RUN) data $(ARGS)

train: ## fit the model and store it in models/
	$(RUN) train $(ARGS)

evaluate: ## measure it: reports/metrics.json and reports/figures/
	$(RUN) evaluate $(ARGS)

report: ## write the measured numbers into README.md, MODEL_CARD.md and reports/star.md
	$(RUN) report $(ARGS)

serve: ## answer requests on this machine
	$(RUN) serve $(ARGS)

bench: ## time the service's prediction path
	$(RUN) bench $(ARGS)

drift: ## compare new data with the training data; ARGS="--current FILE"
	$(RUN) drift $(ARGS)

test: ## run the tests
	$(BIN)/python -m pytest

lint: ## formatter, linter, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

image: ## build the container image
	docker build --tag $(PACKAGE) .
