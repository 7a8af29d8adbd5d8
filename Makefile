# What an engineer does here, one line each; the work itself is in tools/. `make` alone lists it.

# The first Python that starts, is new enough and can make a venv; else python3, so that tools/install.py says what is wrong.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null </dev/null \
	&& break; done; echo $$python)
VENV := .venv/bin/python
LOCK := $(VENV) -m uv --quiet pip compile --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate pyproject.toml

COUNT ?= 100000

.DEFAULT_GOAL := help
.PHONY: help setup run dev test check lock screenshots chaos chaos-slack slack-contract logo-contract fuzz search-report calibrate

help: ## List what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Make .venv and install what the desk needs to run
	@$(PYTHON) tools/install.py runtime

run: setup ## Start the desk with its database, knowledge and demo directory, and print the address
	@exec $(VENV) -m bot run

dev: ## Make .venv with what the tests need as well
	@$(PYTHON) tools/install.py dev

test: dev ## Run the suite on SQLite
	@exec $(VENV) -m pytest -q -n 2 -m "not contract"

check: dev ## Run ruff, mypy and the suite on SQLite, PostgreSQL and in a browser, and say what ran
	@exec $(VENV) tools/check.py

lock: dev ## Pin the ranges of pyproject.toml in requirements*.txt (pins that still fit stay)
	$(LOCK) -o requirements.txt
	$(LOCK) --extra dev -c requirements.txt -o requirements-dev.txt

screenshots: dev ## Draw the pictures of the documents anew
	@exec $(VENV) -m tests.screenshots

chaos: dev ## Kill the running desk 50 times and look whether anything was lost
	@exec $(VENV) -m tests.chaos --kills 50

search-report: dev ## Measure the search and write build/search-report.html
	@exec $(VENV) -m benchmarks.search_report

calibrate: dev ## Fit anew when the desk answers, asks back or hands over (knowledge/calibration.json)
	@exec $(VENV) -m benchmarks.calibrate --questions tests/data/tune_questions.jsonl --questions tests/data/sealed_questions.jsonl --questions tests/data/second_sealed_questions.jsonl --questions tests/data/third_sealed_questions.jsonl --write

chaos-slack: dev ## Kill the desk 50 times while it runs in Slack, and at each named step
	@exec $(VENV) -m tests.chaos_slack --kills 50

slack-contract: dev ## Tell the whole story through a fake Slack and hold every call against Slack's own types
	@exec $(VENV) -m tests.slack_story

logo-contract: dev ## Let the client that LoGo's vendor publishes talk to the fake of the tests
	@exec $(VENV) -m pytest -q -m contract tests/test_logo_contract.py

fuzz: dev ## Feed strange frames to the reader of LoGoチャット (COUNT=1000000)
	@exec $(VENV) -m tests.logo_fuzz --count $(COUNT)
