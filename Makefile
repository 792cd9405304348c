# Every verb first sets up what is missing, in .venv, from the lock file.
# PYTHON names the interpreter for a new .venv; `make clean` makes way for another.

PYTHON ?= python3
VENV ?= .venv
LOCK := requirements-dev.lock
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# The tool that makes the site has an environment of its own: tests do without it.
SITE := .cache/docs
SITE_LOCK := requirements-docs.lock

# With it pytest rewrites the whole suite at each run, in each worker, and each process
# that a test starts compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test lint docs bench soak sabotage image lock clean

demo: $(STAMP)
	$(VENV)/bin/pgpool-py demo $(ARGS)

# Each worker has a PostgreSQL of its own. They wait more than they reckon: one more
# than there are cores is best on two.
WORKERS ?= 3
test: $(STAMP)
	$(RUN) -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy

# Write the page of all settings anew, and make build/site of all pages. A link that
# leads nowhere is an error.
docs: $(STAMP) $(SITE)/.installed
	$(RUN) -m tests.docs.configuration_page > docs/configuration.md
	$(SITE)/bin/mkdocs build --quiet --strict --config-file site/mkdocs.yml

$(SITE)/.installed: $(SITE_LOCK)
	$(PYTHON) -m venv $(SITE)
	$(SITE)/bin/python -m pip install --disable-pip-version-check --quiet \
	    --require-hashes --requirement $(SITE_LOCK)
	@touch $@

bench: $(STAMP)
	$(RUN) -m benchmarks

# Random conversations, with PostgreSQL and through the pooler, compared for SECONDS.
SECONDS ?= 600
soak: $(STAMP)
	$(RUN) -m tests.differential $(SECONDS)

# Each patch of tests/sabotage breaks one rule; its test must notice.
sabotage: $(STAMP)
	$(RUN) -m tests.sabotage.run

# The image without Docker, as root: made in a Debian of debootstrap, and played there.
image: $(STAMP)
	$(RUN) -m tests.deploy

# Resolve the development dependencies anew, for every supported Python.
lock: $(STAMP)
	rm -rf .cache/uv
	$(RUN) -m venv .cache/uv
	.cache/uv/bin/python -m pip install --quiet uv
	.cache/uv/bin/uv pip compile pyproject.toml --extra test --extra demo --extra metrics --extra top \
	    --group dev --universal --python-version 3.11 --upgrade --generate-hashes \
	    --no-annotate --no-emit-index-url --no-emit-find-links --quiet \
	    --custom-compile-command "make lock" --output-file $(LOCK)
	.cache/uv/bin/uv pip compile --group docs --universal --python-version 3.11 \
	    --upgrade --generate-hashes \
	    --no-annotate --no-emit-index-url --no-emit-find-links --quiet \
	    --custom-compile-command "make lock" --output-file $(SITE_LOCK)

clean:
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml $(LOCK)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	    echo "pgpool-py needs Python 3.11 or newer: make PYTHON=python3.13" >&2; \
	    exit 1; }
	@test -x $(RUN) || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
	    && apt-get update && apt-get install -y python3-venv; } || { \
	    echo "Python lacks venv: as root, apt-get install python3-venv" >&2; \
	    exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --disable-pip-version-check --quiet \
	    --require-hashes --requirement $(LOCK)
	$(RUN) -m pip install --disable-pip-version-check --quiet \
	    --no-deps --no-build-isolation --editable .
	@touch $@
