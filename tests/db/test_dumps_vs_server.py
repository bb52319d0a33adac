"""What pg_dump writes, read as a script: the footprint is all that restoring it makes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.script import parse_changes
from tests.db.footprint import server_word
from tests.db.footprint.corpus_reader import Entry
from tests.db.test_migrations_vs_server import (
    DEPENDENCIES,
    PREPARE,
    Dependency,
    Result,
    not_found,
)
from tools.cluster import Cluster

HERE = Path(__file__).parent
NO_ENTRY = Entry("", 0, "", "", frozenset(), frozenset(), frozenset(), False, False, 0, 999)


def dump(cluster: Cluster, database: str) -> str:
    """The schema as pg_dump writes it, without what is for psql alone."""
    command = [str(cluster.bindir / "pg_dump"), "--schema-only", cluster.dsn(database)]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return "\n".join(line for line in text.splitlines() if not line.startswith("\\"))


@pytest.fixture(scope="module", params=["footprint", "migrations"])
def restored(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Result]:
    with cluster.connect() as connection:
        connection.execute("create database dumped")
        connection.execute("create database restored template template0")
    with cluster.connect("dumped") as connection:
        connection.execute((HERE / request.param / "base.sql").read_bytes())
    script = dump(cluster, "dumped")
    touches: list[Touch] = footprint(parse_changes(script), ["public"])
    with cluster.connect("restored") as connection:
        connection.execute((server_word.FOLDER / "watch.sql").read_bytes())
        connection.execute(PREPARE)
        before = server_word.snapshot(connection)
        connection.execute(script.encode())
        after = server_word.snapshot(connection)
        said = server_word.said(connection)
        needed = {Dependency(*row[:4]) for row in connection.execute(DEPENDENCIES.encode())}
    needed = {one for one in needed if one.schema != "watch"}
    yield Result(NO_ENTRY, before, after, said, needed, touches, touches, touches)
    with cluster.connect() as connection:
        connection.execute("drop database dumped with (force)")
        connection.execute("drop database restored with (force)")


def test_all_that_is_restored_is_in_the_text(restored: Result) -> None:
    changes = server_word.written(restored.before, restored.after)
    claims = server_word.claimed(restored.alone)
    assert len(changes) > 150
    assert changes.keys() - claims.keys() == set()


def test_nothing_else_is_claimed(restored: Result) -> None:
    changes = server_word.written(restored.before, restored.after)
    unreal = server_word.unreal(changes, server_word.claimed(restored.alone))
    assert server_word.not_told(restored.alone, unreal, restored.said) == []


def test_all_that_it_needs_is_in_the_text(restored: Result) -> None:
    assert len(restored.needed) > 50
    assert not_found(restored, restored.alone) == set()
