"""Reaching the database that the command line or the environment names."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from confiture_coord.cli.problem import Problem
from confiture_coord.cli.unreached import PLACES
from confiture_coord.registry import IntentRegistry


def conninfo(database_url: str | None) -> str:
    """What to connect to, or the problem that nobody said."""
    url = database_url or ""
    if not url and not any(os.environ.get(name) for name in PLACES):
        raise Problem(
            "08001",
            "no database URL provided. Use --db-url or set DATABASE_URL environment variable",
            hint="For instance: export DATABASE_URL=postgresql://USER@HOST:5432/DATABASE "
            "(PGHOST, PGDATABASE, PGSERVICE and the like do, too).",
        )
    defaults: dict[str, Any] = {"fallback_application_name": "confiture-coord"}
    if not os.environ.get("PGCONNECT_TIMEOUT"):
        defaults["connect_timeout"] = "10"
    try:
        return make_conninfo(**(defaults | conninfo_to_dict(url)))
    except psycopg.Error:
        # libpq repeats the whole text, and there may be a password in it.
        raise Problem(
            "08001",
            "the database URL is not one that PostgreSQL understands",
            hint="Write postgresql://USER@HOST:5432/DATABASE, without any +driver behind "
            "postgresql, and with special characters percent-encoded.",
        ) from None


@contextmanager
def connected(database_url: str | None) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit mode, closed at the end."""
    with psycopg.connect(conninfo(database_url), autocommit=True) as connection:
        yield connection


@contextmanager
def registry(database_url: str | None) -> Iterator[IntentRegistry]:
    """A registry on a connection of its own."""
    with connected(database_url) as connection:
        yield IntentRegistry(connection)
