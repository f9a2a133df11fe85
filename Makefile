# What people and CI call. Everything lives in .venv; nothing needs root, and uv is
# used where it is on PATH, else pip. `make` alone lists the targets.

PYTHON ?=
VENV   := .venv
BIN    := $(VENV)/bin
JOBS   ?= 2
ARGS   ?=

LOCKS := requirements.lock requirements-build.lock

# Where systems keep the certificates they trust, a company's own among them.
BUNDLE := $(firstword $(wildcard \
	/etc/ssl/certs/ca-certificates.crt \
	/etc/pki/tls/certs/ca-bundle.crt \
	/etc/ssl/ca-bundle.pem \
	/etc/ssl/cert.pem))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo run test crash-storm simulate-long check format bench lock dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ARGS='...' is handed on by demo, run, test and bench; PYTHON=python3.12 chooses the interpreter."

setup: environment ## make .venv with the locked dependencies and the command .venv/bin/fettled
	@$(MAKE) --no-print-directory --silent $(VENV)/.runtime

demo: setup ## watch simulated devices break and recover
	@exec $(BIN)/fettled demo $(ARGS)

run: setup ## run the daemon on config.example.yaml
	@exec $(BIN)/fettled run --config config.example.yaml $(ARGS)

# Compiled first: the tests start some thousand daemons and commands, and where
# PYTHONDONTWRITEBYTECODE is set, each would compile all it imports for itself.
test: dev ## run the tests (ARGS='tests/core -k relapse', JOBS=4)
	@$(BIN)/python -m compileall -q src tests
	@$(BIN)/python -m compileall -qq $(VENV)/lib || true
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup $(ARGS)

# What fails is found again by the seed, as far as timing allows.
KILLS ?= 500
SEED  ?= $(shell date +%s)
crash-storm: dev ## kill the daemon 500 times and judge what is left (KILLS=2000, SEED=n to repeat)
	@echo "$(KILLS) kills: make crash-storm SEED=$(SEED)"
	FETTLED_TEST_KILLS=$(KILLS) FETTLED_TEST_SEED=$(SEED) $(BIN)/python -m pytest -n $(JOBS) \
		tests/e2e/test_crash_storm.py tests/e2e/test_crash_migration.py $(ARGS)

SEEDS ?= 100
simulate-long: dev ## live SEEDS=100 months of a fleet (FROM=1), audited; names the seed that fails
	@PYTHONPATH=tests $(BIN)/python -m proof.months $(or $(FROM),1) $(SEEDS)

# Every check runs, so that one look shows all there is to mend.
check: dev ## run what CI runs besides the tests
	@failed=; try() { cure=$$1; shift; echo "--- $$*"; PATH="$(CURDIR)/$(BIN):$$PATH" "$$@" \
		|| failed="$$failed\n  $$* ($$cure)"; }; \
	try "make format mends most" ruff check .; \
	try "make format mends it" ruff format --check .; \
	try "mend the types" mypy; \
	try "docs: .importlinter says which way imports point" lint-imports --no-cache; \
	try "mend the spelling, or list the word in pyproject.toml" codespell; \
	try "align pyproject.toml with the imports" deptry src; \
	if [ -n "$$failed" ]; then printf "make check: these failed:$$failed\n" >&2; exit 1; fi; \
	echo "make check: all clean"

format: dev ## let ruff mend and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: dev ## print the figures of docs/explanation/performance.md (BENCH_SMOKE=1: tiny sizes)
	@$(BIN)/python -m benchmarks $(ARGS)

# --no-config and the emptied environment keep this machine's indexes out of the locks.
UV_LOCK = env -u UV_INDEX -u UV_INDEX_URL -u UV_EXTRA_INDEX_URL -u UV_DEFAULT_INDEX -u UV_FIND_LINKS \
	-u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL \
	uv pip compile pyproject.toml --no-config --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(ARGS)
lock: ## resolve the locks anew (ARGS=--upgrade, ARGS='--upgrade-package aiohttp'); needs uv
	@command -v uv >/dev/null || { echo "make lock needs uv on PATH: pip install uv" >&2; exit 1; }
	$(UV_LOCK) -o requirements.lock
	$(UV_LOCK) --group dev --extra apprise --extra pdf --extra postgres -c requirements.lock -o requirements-dev.lock
	$(subst compile pyproject.toml,compile,$(UV_LOCK)) --group build -c requirements-dev.lock -o requirements-build.lock

dist: setup ## build the wheel and the source distribution into dist/
	@rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct 2>/dev/null || echo 315532800) \
		$(BIN)/python -m hatchling build -t sdist -t wheel -d dist

clean: ## remove what these targets made
	rm -rf $(VENV) dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# --- the environment -------------------------------------------------------------------

# A shell function that installs into .venv; $(1) are pip's words, which uv shares.
# What somebody has set about certificates is left alone: PIP_CERT, REQUESTS_CA_BUNDLE,
# CURL_CA_BUNDLE or pip's own files for pip; SSL_CERT_FILE or its own variables for uv.
define INSTALLER
install() { \
	if command -v uv >/dev/null 2>&1; then \
		if [ -z "$${SSL_CERT_FILE:-}$${SSL_CERT_DIR:-}$${UV_SYSTEM_CERTS:-}$${UV_NATIVE_TLS:-}" ] && [ -n "$(BUNDLE)" ]; then \
			SSL_CERT_FILE=$(BUNDLE); export SSL_CERT_FILE; fi; \
		uv pip install --quiet --python $(BIN)/python "$$@"; \
	else \
		if [ -z "$${PIP_CERT:-}$${REQUESTS_CA_BUNDLE:-}$${CURL_CA_BUNDLE:-}" ] \
			&& ! $(BIN)/python -m pip config list 2>/dev/null | grep -q '\.cert='; then \
			PIP_CERT=$${SSL_CERT_FILE:-$(BUNDLE)}; [ -z "$$PIP_CERT" ] && unset PIP_CERT || export PIP_CERT; fi; \
		$(BIN)/python -m pip --disable-pip-version-check install --quiet "$$@"; \
	fi; }
endef

# Made anew when it was made elsewhere (a moved or copied tree), by a Python that is gone,
# or by uv (which puts no pip into it) where uv is gone.
define ENVIRONMENT
if ! { [ -x $(BIN)/python ] && [ "$$(cat $(VENV)/.made-in 2>/dev/null)" = "$(CURDIR)" ] \
	&& { command -v uv >/dev/null 2>&1 || $(BIN)/python -m pip --version >/dev/null 2>&1; }; }; then \
	found=; for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "fettled needs Python 3.11 or later, and $(or $(PYTHON),python3) is $$($(or $(PYTHON),python3) -V 2>/dev/null || echo 'not there'): install it, or name one with make setup PYTHON=..." >&2; exit 1; fi; \
	rm -rf $(VENV); \
	if command -v uv >/dev/null 2>&1; then uv venv --quiet --no-project --python $$found $(VENV) || exit 1; \
	elif $$found -c 'import venv, ensurepip' 2>/dev/null; then $$found -m venv $(VENV) || exit 1; \
	else echo "$$found comes without its venv module: install it (Debian, Ubuntu: apt install python3-venv) or uv, then try again" >&2; exit 1; fi; \
	echo "$(CURDIR)" > $(VENV)/.made-in; \
fi
endef

.PHONY: environment dev
environment:
	@$(ENVIRONMENT)

dev: environment
	@$(MAKE) --no-print-directory --silent $(VENV)/.dev

# Asked for by a second make, which looks for the stamps after the environment was looked
# at: the first one would still believe in stamps that were removed with an old .venv.
$(VENV)/.runtime: pyproject.toml $(LOCKS)
	@echo "installing fettled into $(VENV) ..."
	@$(INSTALLER); install --require-hashes $(addprefix -r ,$(LOCKS)) \
		&& install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "installing what tests and checks need ..."
	@$(INSTALLER); install --require-hashes -r requirements-dev.lock
	@touch $@
