# Two commands for newcomers: `make demo` and `make test`. Both install what they need into
# .tools/ (uv) and .venv/ (the rest), nothing outside this folder but uv's download cache.

UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := $(UV) run --locked

.PHONY: demo test check lint format clean

demo: $(UV)
	$(UV) sync --locked --no-dev --group vad --inexact
	$(UV) run --locked --no-sync kvw demo

test: $(UV)
	$(RUN) pytest -q

lint: $(UV)
	$(RUN) ruff format --check .
	$(RUN) ruff check .
	$(RUN) mypy
	$(RUN) lint-imports

check: lint
	$(RUN) coverage erase
	$(RUN) coverage run -m pytest -q
	$(RUN) coverage combine --quiet
	$(RUN) coverage report

format: $(UV)
	$(RUN) ruff format .
	$(RUN) ruff check --fix .

clean:
	rm -rf .venv .tools dist out .mypy_cache .ruff_cache .pytest_cache

.tools/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --target .tools 'uv>=0.9,<1'
