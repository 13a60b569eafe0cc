# `make demo` and `make test` work on a fresh machine with Python 3.11 and make; each sets up what it needs, once.

PY := .venv/bin/python
RUN_READY := .venv/.ready-run
DEV_READY := .venv/.ready-dev
COMPILE = "$$venv/bin/uv" pip compile pyproject.toml --group build --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-config --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports docs test-peers bench soak fuzz lock wheel voices screenshots clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

$(RUN_READY): requirements/run.txt pyproject.toml .ci/setup.sh
	@.ci/setup.sh run

$(DEV_READY): requirements/dev.txt pyproject.toml .ci/setup.sh
	@.ci/setup.sh dev

demo: $(RUN_READY)  ## the demo school, one lockdown from press to closing message; ONCE=1 ends with a JSON summary
	@$(PY) -m notifier demo $(if $(ONCE),--once)

test: lint types imports  ## everything that must hold before a change lands; WORKERS=1 one test after another
	@$(PY) -m pytest -n $(or $(WORKERS),2) --dist loadfile --no-loadscope-reorder

lint: $(DEV_READY)  ## style
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .

types: $(DEV_READY)  ## mypy, strict
	@.venv/bin/mypy

imports: $(DEV_READY)  ## which room may look into which
	@.venv/bin/lint-imports --no-logo

docs: $(DEV_READY)  ## generated pages are written anew, then every page is checked
	@if [ -f docs/generate.py ]; then $(PY) docs/generate.py; fi
	@$(PY) -m pytest tests/test_docs.py

test-peers: $(DEV_READY)  ## our drivers before real far ends that are too heavy for `make test` (Home Assistant)
	@[ -x .venv-peers/bin/hass ] || { echo "set-up: installing Home Assistant into .venv-peers" \
	&& $(PY) -m venv --clear .venv-peers && .venv-peers/bin/pip install -qq --require-hashes -r requirements/peers.txt; }
	@$(PY) -m pytest tests/peers

bench: $(DEV_READY)  ## the promised numbers, each beside its raw limit; PEERS=1 also Alertmanager
	@$(PY) -m tests.bench

soak: $(DEV_READY)  ## the same load for hours
	@$(PY) -m tests.bench.soak

screenshots: $(DEV_READY)  ## docs/images: what each page looks like, at the demo school; GREY=1 bench-output/grey
	@$(PY) -m tests.console.$(if $(GREY),grey,screenshots)

fuzz: $(DEV_READY)  ## the file readers under atheris, for SECONDS (60)
	@$(PY) -c 'import atheris' 2>/dev/null || .venv/bin/pip install -qq --only-binary :all: atheris
	@$(PY) -m tests.files.fuzz -max_total_time=$(or $(SECONDS),60) -max_len=4096 -rss_limit_mb=1000

lock:  ## writes requirements/*.txt anew from pyproject.toml (UPGRADE=1 takes the newest versions)
	@venv=$$(mktemp -d) && trap 'rm -rf "$$venv"' EXIT && python3 -m venv "$$venv" && "$$venv/bin/pip" install -qq uv \
	&& $(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/run.txt \
	&& "$$venv/bin/uv" pip compile requirements/peers.in --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-config --quiet --output-file requirements/peers.txt \
	&& $(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --constraints requirements/run.txt --output-file requirements/dev.txt

voices: $(RUN_READY)  ## the spoken words that ship with the house, made anew (needs espeak-ng)
	@$(PY) -m notifier.channels._pa.voices

wheel: $(DEV_READY)  ## dist/*.whl
	@$(PY) -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean:  ## everything that make made
	rm -rf .venv .setup.lock build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench-output
