# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON := .venv/bin/python
RASA := .venv-rasa/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test check train bench chaos evaluate screenshots lock clean

help:           ## list the commands
	@grep -E '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup:          ## make the two Python environments (nothing is fetched twice)
	@python3 scripts/setup.py

run: setup      ## set up, train if needed, start everything, print the addresses; Ctrl-C stops
	@$(PYTHON) -m scripts.run

test: check train   ## pass every test, in both environments
	@python3 scripts/setup.py browser
	$(PYTHON) -m pytest tests --ignore tests/bot --ignore tests/actions
	$(RASA) -m pytest tests/bot tests/actions

check: setup    ## lint, types, and that docs and code agree
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -m pytest -q tests/docs

train: setup    ## train the bot if data, configuration, components or encoder changed
	@$(PYTHON) -m scripts.train

bench: setup    ## measure starts, training, turns, memory, the gateway, search and its index; writes docs/performance.md
	$(PYTHON) -m tests.benchmarks

chaos: setup    ## a bad network, killed processes and nonsense on the sockets: nothing may be lost (minutes)
	$(PYTHON) -m tests.chaos.storm
	$(PYTHON) -m tests.chaos.storm --processes 2
	$(PYTHON) -m tests.chaos.fuzz

evaluate: setup train   ## measure search, beside others, and escalation; writes docs/evaluation.md and its pictures
	@python3 scripts/setup.py peer
	$(PYTHON) -m tests.evaluation

screenshots: setup train   ## take the pictures of the docs from a running system
	@python3 scripts/setup.py browser
	@$(PYTHON) -m tests.e2e.screenshots

lock: setup     ## pin requirements/*.in anew
	$(PYTHON) -m scripts.lock

clean:          ## delete environments, models and caches; var/ (your data) stays
	rm -rf .venv .venv-rasa .venv-peer .venv-tools .setup.lock .rasa models .pytest_cache .mypy_cache .ruff_cache .hypothesis
