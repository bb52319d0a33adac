"""Footprints against PostgreSQL's own word: what a statement really writes.

Each statement of the corpus runs in a scratch database. What the catalogs show before and after,
and what event triggers report, is compared with what the footprint claims from the text alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import psycopg
import pytest

from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.script import parse_changes
from tests.db.footprint import server_word
from tests.db.footprint.corpus_reader import Entry, entries
from tests.db.footprint.server_word import Object, Said
from tools.cluster import Cluster

TEMPLATE = "footprint_base"
SCRATCH = "footprint_scratch"
ENTRIES = list(entries())

Snapshot = dict[Object, str]


@pytest.fixture(scope="module")
def base(cluster: Cluster) -> Iterator[Cluster]:
    """A server with a database that the corpus is written for."""
    with cluster.connect() as connection:
        connection.execute(f"create database {TEMPLATE}".encode())
    with cluster.connect(TEMPLATE) as connection:
        for name in ("base.sql", "watch.sql"):
            connection.execute((server_word.FOLDER / name).read_bytes())
    yield cluster
    with cluster.connect() as connection:
        connection.execute(f"drop database {TEMPLATE} with (force)".encode())


@pytest.fixture(scope="module")
def inside(base: Cluster) -> Iterator[psycopg.Connection[Any]]:
    """For what can be rolled back."""
    with base.connect(TEMPLATE) as connection:
        yield connection


@pytest.fixture(scope="module")
def untouched(inside: psycopg.Connection[Any]) -> Snapshot:
    return server_word.snapshot(inside)


class Result:
    """What the server did, and what the footprint says it does."""

    def __init__(self, entry: Entry, before: Snapshot, after: Snapshot, rows: list[Said]) -> None:
        self.touches = touches_of(entry.sql)
        self.changes = server_word.written(before, after)
        self.claims = server_word.claimed(self.touches)
        self.rows = rows

    def missed(self) -> list[str]:
        new = server_word.made(self.touches)
        return [str(one) for one in server_word.missed(self.changes, self.claims, self.rows, new)]

    def unreal(self) -> list[str]:
        return [str(one) for one in server_word.unreal(self.changes, self.claims)]

    def unknown(self) -> list[str]:
        return server_word.unknown_commands(self.rows, self.touches)


def touches_of(sql: str) -> list[Touch]:
    return footprint(parse_changes(sql), ["public"])


@pytest.fixture
def run(
    base: Cluster, inside: psycopg.Connection[Any], untouched: Snapshot
) -> Callable[[Entry], Result]:
    def in_transaction(entry: Entry) -> Result:
        with inside.transaction(force_rollback=True):
            before = untouched
            if entry.setup:
                inside.execute("set search_path = public")
                inside.execute(entry.setup.encode())
                before = server_word.snapshot(inside)
            return observe(inside, entry, before)

    def in_database_of_its_own(entry: Entry) -> Result:
        inside.execute("select 1")
        with base.connect() as connection:
            # Nobody may be connected to a template; the statements are the base's own again.
            connection.execute(f"create database {SCRATCH}".encode())
        try:
            with base.connect(SCRATCH) as connection:
                for name in ("base.sql", "watch.sql"):
                    connection.execute((server_word.FOLDER / name).read_bytes())
                return observe(connection, entry, server_word.snapshot(connection))
        finally:
            with base.connect() as connection:
                connection.execute(f"drop database {SCRATCH} with (force)".encode())

    return lambda entry: (in_database_of_its_own if entry.outside else in_transaction)(entry)


def observe(connection: psycopg.Connection[Any], entry: Entry, before: Snapshot) -> Result:
    connection.execute("set search_path = public")
    connection.execute("truncate watch.seen")
    connection.execute(entry.sql.encode())
    after = server_word.snapshot(connection)
    return Result(entry, before, after, server_word.said(connection))


def beside(found: Iterable[str], known: frozenset[str]) -> list[str]:
    """What is found and not known, and what is known and not found any more."""
    found = list(found)
    new = [one for one in found if not any(fnmatchcase(one, pattern) for pattern in known)]
    gone = [
        f"no longer: {pattern}"
        for pattern in known
        if not any(fnmatchcase(one, pattern) for one in found)
    ]
    return new + gone


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry.id for entry in ENTRIES])
def test_footprint_is_what_the_server_writes(
    entry: Entry, run: Callable[[Entry], Result], pg_version: int
) -> None:
    if entry.since > pg_version:
        pytest.skip(f"PostgreSQL {entry.since} has it")
    if entry.until < pg_version:
        pytest.skip(f"another entry says what PostgreSQL {entry.until + 1} does")
    if entry.fails:
        touches_of(entry.sql)
        with pytest.raises(psycopg.Error):
            run(entry)
        return
    result = run(entry)
    assert beside(result.missed(), entry.misses) == []
    assert beside(result.unreal(), entry.claims) == []
    assert beside(result.unknown(), entry.says) == []


def test_corpus_is_broad() -> None:
    kinds = {type(one.node).__name__ for entry in ENTRIES for one in parse_changes(entry.sql)}
    assert len(ENTRIES) >= 300
    assert len(kinds) >= 60
