"""Whole migrations against PostgreSQL's own word, with two schemas on the path.

Each script of the corpus runs in a scratch database and is rolled back. What the catalogs show
before and after, and what pg_depend got, is compared with three footprints: of the script with
what the catalog adds, of the base schema and the script as one text, and for dependencies of the
script alone. The figures are shares of all objects; ``-- misses:`` names what is known to be
missing from both footprints, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from psycopg.rows import dict_row

from coord_detector.catalog import enrich
from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.script import Statement, parse_changes
from tests.db.footprint import server_word
from tests.db.footprint.corpus_reader import Entry, entries
from tools.cluster import Cluster

HERE = Path(__file__).parent / "migrations"
BASE = (HERE / "base.sql").read_text(encoding="utf-8")
DEPENDENCIES = (HERE / "dependencies.sql").read_text(encoding="utf-8")
ENTRIES = list(entries(HERE / "corpus"))
PATH = ("app", "shared")
SET_PATH = f"set search_path = {', '.join(PATH)}"

PREPARE = """
drop table if exists watch.known_dependency;
create table watch.known_dependency as select * from pg_depend;
analyze watch.known_dependency
"""

Snapshot = dict[server_word.Object, str]


class Dependency(NamedTuple):
    kind: str
    schema: str | None
    name: str
    sub: str | None


class Result(NamedTuple):
    """What the server did, and what the footprints say."""

    entry: Entry
    before: Snapshot
    after: Snapshot
    said: list[server_word.Said]
    needed: set[Dependency]
    alone: list[Touch]
    enriched: list[Touch]
    after_base: list[Touch]


@cache
def base_and(setup: str) -> list[Statement]:
    return list(parse_changes(f"{BASE}; {SET_PATH}; {setup}"))


def footprint_after_base(entry: Entry) -> list[Touch]:
    before = base_and(entry.setup)
    number = len(before)
    script = [one._replace(no=one.no + number) for one in parse_changes(entry.sql)]
    found = footprint([*before, *script], ("public",))
    return [touch for touch in found if touch.statement_no > number]


def run(connection: psycopg.Connection[Any], entry: Entry, before: Snapshot) -> Result:
    connection.execute(SET_PATH)
    if entry.setup:
        connection.execute(entry.setup.encode())
        connection.execute(PREPARE)
        before = server_word.snapshot(connection)
        connection.execute(SET_PATH)
    alone = footprint(parse_changes(entry.sql), PATH)
    catalog = psycopg.RawCursor(connection, row_factory=dict_row)

    def ask(query: str, arguments: list[Any]) -> list[dict[str, Any]]:
        return catalog.execute(query.encode(), arguments).fetchall()

    enriched = enrich(alone, ask)
    connection.execute("truncate watch.seen")
    connection.execute(entry.sql.encode())
    after = server_word.snapshot(connection)
    said = server_word.said(connection)
    needed = {Dependency(*row[:4]) for row in connection.execute(DEPENDENCIES.encode())}
    if "*" in entry.misses:
        needed.clear()
    return Result(entry, before, after, said, needed, alone, enriched, footprint_after_base(entry))


@pytest.fixture(scope="module")
def results(cluster: Cluster) -> Iterator[list[Result]]:
    with cluster.connect() as connection:
        connection.execute("create database migrations")
    watch = (server_word.FOLDER / "watch.sql").read_text()
    with cluster.connect("migrations") as connection:
        connection.execute(BASE.encode())
        connection.execute("reset search_path")
        connection.execute(watch.encode())
    found = []
    with psycopg.connect(cluster.dsn("migrations")) as connection:
        major = connection.info.server_version // 10000
        connection.execute(PREPARE)
        untouched = server_word.snapshot(connection)
        connection.execute(PREPARE)
        untouched = server_word.snapshot(connection)
        for entry in ENTRIES:
            if entry.since > major or entry.until < major or entry.outside:
                continue
            connection.execute("savepoint before")
            if entry.fails:
                with pytest.raises(psycopg.Error):
                    run(connection, entry, untouched)
            else:
                found.append(run(connection, entry, untouched))
            connection.execute("rollback to before")
        connection.rollback()
    yield found
    with cluster.connect() as connection:
        connection.execute("drop database migrations with (force)")


Which = Callable[[Result], list[Touch]]
FOOTPRINTS: dict[str, Which] = {
    "with the catalog": lambda result: result.enriched,
    "after the base": lambda result: result.after_base,
}
both = pytest.mark.parametrize("which", FOOTPRINTS.values(), ids=list(FOOTPRINTS))


def certain(touches: list[Touch]) -> list[Touch]:
    """What the touches say is written, whatever there is already."""
    guarded = {
        touch.statement_no
        for touch in touches
        if touch.action == "create" and touch.sub is None and touch.detail.get("if_not_exists")
    }  # with what belongs to the object
    return [touch for touch in touches if is_certain(touch) and touch.statement_no not in guarded]


def is_certain(touch: Touch) -> bool:
    detail = touch.detail
    if detail.get("if_exists") or detail.get("relation_if_exists") or detail.get("if_not_exists"):
        return False
    if touch.sub is not None and detail.get("or_replace"):
        return False  # of a view that may be there: a column that it may have
    if detail.get("all_in_schema"):
        return False  # the schema stands for what is in it
    if detail.get("via") == "catalog" and (touch.sub or "").endswith("_not_null"):
        return False  # read from PostgreSQL 18's catalog: the snapshots leave them out
    return not detail.get("unchanged")


def missed(result: Result, touches: list[Touch]) -> list[str]:
    changes = server_word.written(result.before, result.after)
    claims = server_word.claimed(touches)
    new = server_word.made(touches)
    found = [str(one) for one in server_word.missed(changes, claims, result.said, new)]
    known = result.entry.misses
    return [one for one in found if not any(fnmatchcase(one, pattern) for pattern in known)]


KINDS = {
    "table column": "table",
    "view": "table",
    "view column": "table",
    "materialized view": "table",
    "materialized view column": "table",
    "foreign table": "table",
    "foreign table column": "table",
    "procedure": "function",
    "aggregate": "function",
    "domain": "type",
    "composite type": "type",
}


def not_found(result: Result, touches: list[Touch]) -> set[Dependency]:
    """What the server recorded and the footprint does not name."""
    named = {
        Dependency(KINDS.get(one.kind, one.kind), one.schema, one.name.partition("(")[0], one.sub)
        for one in touches
    }
    named |= {one._replace(kind="type") for one in named if one.kind == "table"}
    places = {one[1:3] for one in named}
    whole = {(one.schema, one.name) for one in touches if one.detail.get("all_columns")}
    return {
        one
        for one in result.needed - named
        if one.kind != "schema"
        # A relation is used by whoever uses a part of it, and all columns are each of them.
        and not (one.sub is None and one.kind in ("table", "sequence") and one[1:3] in places)
        and not (one.sub is not None and one.kind == "table" and one[1:3] in whole)
    }


def share(found: int, lost: int) -> float:
    return found / (found + lost)


def test_the_corpus_is_broad(results: list[Result]) -> None:
    kinds = {type(one.node).__name__ for entry in ENTRIES for one in parse_changes_or_none(entry)}
    assert len(results) >= 250
    assert len(kinds) >= 60
    assert sum(len(result.needed) for result in results) >= 700


def parse_changes_or_none(entry: Entry) -> list[Any]:
    return [] if entry.fails else list(parse_changes(entry.sql))


@both
def test_what_is_written_is_found(results: list[Result], which: Which) -> None:
    lost = {
        (result.entry.id, result.entry.sql): objects
        for result in results
        if (objects := missed(result, which(result)))
    }
    found = sum(
        len(server_word.written(result.before, result.after).keys()
            & server_word.claimed(which(result)).keys())
        for result in results
    )  # fmt: skip
    assert share(found, sum(map(len, lost.values()))) >= 0.99, lost


Wrong = dict[tuple[str, str], list[str]]


def share_of_real(
    results: list[Result], which: Which, counted: Callable[[list[Touch]], list[Touch]] = list
) -> tuple[float, Wrong]:
    """How much of what is claimed the catalogs or the event triggers confirm, and what they do not.

    An event trigger names what is written as it was, too: a function replaced by the same one.
    """
    claims = 0
    wrong: Wrong = {}
    for result in results:
        touches = which(result)
        changes = server_word.written(result.before, result.after)
        claimed = server_word.claimed(touches)
        count_these = server_word.claimed(counted(touches)).keys()
        claims += len(count_these)
        unreal = [one for one in server_word.unreal(changes, claimed) if one in count_these]
        untold = [str(one) for one in server_word.not_told(touches, unreal, result.said)]
        if untold:
            wrong[(result.entry.id, result.entry.sql)] = untold
    count = sum(map(len, wrong.values()))
    return share(claims - count, count), wrong


@both
def test_what_is_claimed_is_written(results: list[Result], which: Which) -> None:
    real, wrong = share_of_real(results, which, certain)
    assert real >= 0.99, wrong


@both
def test_what_may_be_there_already_is_mostly_written(results: list[Result], which: Which) -> None:
    """IF EXISTS, IF NOT EXISTS and OR REPLACE count like everything else."""
    real, wrong = share_of_real(results, which)
    assert real >= 0.95, wrong


@both
def test_what_is_needed_is_found(results: list[Result], which: Which) -> None:
    needed = sum(len(result.needed) for result in results)
    lost = {
        (result.entry.id, result.entry.sql): found
        for result in results
        if (found := not_found(result, which(result)))
    }
    count = sum(map(len, lost.values()))
    assert share(needed - count, count) >= 0.99, lost


def test_most_of_what_is_needed_is_in_the_text(results: list[Result]) -> None:
    """The types of columns are not."""
    needed = sum(len(result.needed) for result in results)
    lost = sum(len(not_found(result, result.alone)) for result in results)
    assert share(needed - lost, lost) >= 0.9
