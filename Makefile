# confiture_coord: `make` alone lists what there is. Nothing below needs a configured machine.

EXTENSION = confiture_coord
DATA      = $(wildcard sql/$(EXTENSION)--*.sql)

# A private server's copy, or another version than the newest: make … PG_CONFIG=/path/to/pg_config
ifndef PG_CONFIG
  PG_CONFIG := $(lastword $(shell ls -v /usr/lib/postgresql/*/bin/pg_config 2>/dev/null || command -v pg_config))
  origin_of_pg_config = found
endif

ifdef WITHIN_PGXS
# ---- the part of installing that PostgreSQL's own makefiles do ------------------------------
  PGXS := $(shell $(PG_CONFIG) --pgxs)
  include $(PGXS)
else
# ---- everything else ------------------------------------------------------------------------

.DEFAULT_GOAL := help
.PHONY: help demo test check-style install install-files install-parser install-database uninstall \
        sql up psql down bench fuzz lint dist fresh clean

# Minimal machines have no locale but this one; without it Python and Perl complain or misread.
export LC_ALL := C.UTF-8
ifneq ($(origin_of_pg_config),found)
  export PG_CONFIG
endif

PYTHON := .venv/bin/python
SETUP  := @./tools/setup.sh
LINTED := $(wildcard plpython python sql tools tests bench docs)
TYPED  := $(wildcard plpython/coord_detector python/confiture_coord sql/build.py tools bench)
# Each test process has a server of its own; more of them than this gain nothing.
JOBS   := $(shell n=$$(nproc); echo $$((n > 4 ? 4 : n)))
# Anything that names a database makes `make install` go on into it.
TARGET := $(strip $(DATABASE_URL)$(PGDATABASE)$(PGHOST)$(PGSERVICE))

help:  ## this list
	@echo 'make TARGET:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1@\2/p' Makefile | while IFS=@ read -r name text; \
	  do printf '%-10s %s\n' "$$name" "$$text"; done
	@echo 'The first run of demo, test or up installs what is missing (Debian: apt; Python: .venv).'

demo:  ## two agents declare, clash, review and merge, in a private PostgreSQL
	$(SETUP) server
	@$(PYTHON) -m tools demo

test:  ## lint, types and all tests, against a private PostgreSQL; T='tests/unit -k name' for some
	$(SETUP) server
	@$(MAKE) --no-print-directory check-style
	@$(PYTHON) -m pytest -q --numprocesses=$(JOBS) --dist=loadfile $(T)

lint:  ## what of it is lint and types
	$(SETUP) python
	@$(MAKE) --no-print-directory check-style

check-style:
	@$(PYTHON) -m ruff check --quiet $(LINTED)
	@$(PYTHON) -m ruff format --check --quiet --diff $(LINTED)
	@$(PYTHON) -m mypy --no-error-summary $(TYPED)

install:  ## the extension into the server; with DATABASE_URL or PG… given, into that database
	@test -n '$(PG_CONFIG)' || { echo 'No pg_config: install PostgreSQL, or say PG_CONFIG=…' >&2; exit 1; }
	$(SETUP) python
	@$(MAKE) --no-print-directory sql
	@if test -n '$(DESTDIR)' || test -w "$$($(PG_CONFIG) --sharedir)/extension"; then as_root=; \
	  else as_root='sudo -n'; fi; \
	  $$as_root $(MAKE) --no-print-directory -s WITHIN_PGXS=1 PG_CONFIG='$(PG_CONFIG)' install || \
	  { echo 'Please run it with more rights: sudo make install PG_CONFIG=$(PG_CONFIG)' >&2; exit 1; }
	@$(PYTHON) -B -m tools install-parser --pg-config '$(PG_CONFIG)' --destdir '$(DESTDIR)'
	@echo "Installed for $$($(PG_CONFIG) --version): CREATE EXTENSION $(EXTENSION) CASCADE"
ifneq ($(TARGET),)
	@$(PYTHON) -B -m confiture_coord install
endif

# The files alone, for a private server: its PG_CONFIG is given.
install-files: sql
	@$(MAKE) --no-print-directory WITHIN_PGXS=1 install

uninstall:  ## take the files of `make install` away again (databases keep what they have)
	@$(MAKE) --no-print-directory -s WITHIN_PGXS=1 uninstall
	@rm -rf '$(DESTDIR)'"$$($(PG_CONFIG) --pkglibdir)/$(EXTENSION)"

sql:  ## assemble sql/confiture_coord--X.Y.Z.sql from its parts
	@$$(command -v $(PYTHON) python3 | head -n 1) sql/build.py

up:  ## start a private PostgreSQL with the extension, to try things out
	$(SETUP) server
	@$(PYTHON) -m tools up

psql:  ## psql in it; SQL='select …' or a script on stdin for one answer
	$(SETUP) python
	@$(PYTHON) -m tools psql

down:  ## stop it
	$(SETUP) python
	@$(PYTHON) -m tools down

bench:  ## measure registration, detection and parsing
	$(SETUP) server
	@$(PYTHON) -m bench

fuzz:  ## property tests, and every hostile shape at every length, for long: EXAMPLES=20000
	$(SETUP) server
	@FUZZ_EXAMPLES=$(or $(EXAMPLES),5000) $(PYTHON) -m pytest -q -s tests/property \
		tests/db/test_parser_safety*.py

dist:  ## what a release consists of, from the last commit: sdist, wheel, and PGXN's zip
	$(SETUP) python
	@$(PYTHON) -m tools dist

fresh:  ## prove demo and test on a bare Debian: SUITE=bookworm|trixie|sid (root, debootstrap)
	@tests/fresh-machine/run $(SUITE)

clean:  ## stop the private server, remove its data and everything made
	@if test -x $(PYTHON); then $(PYTHON) -m tools clean; fi
	@rm -rf .venv .state .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

endif
