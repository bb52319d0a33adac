"""What comes back from a dump that somebody edited, and what replication carries over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.db.intents import Connection, add_column, move, problems, rows, value
from tests.upgrade.client import run
from tools.cluster import Cluster

EDITS = {
    "reason": ("because of the rain", "because of the snow"),
    "actor": ("\tcarol\t", "\tmallory\t"),
    "status": ("\tin_progress\tcompleted\t", "\tin_progress\tabandoned\t"),
    "plan": ("ADD COLUMN a text", "ADD COLUMN b text"),
}


@pytest.fixture
def script(cluster: Cluster, dsn: str, conn: Connection) -> str:
    """A plain dump of a database with some history."""
    intent = add_column(conn, "ada", "users", "a")
    conn.execute("select coord.mark_in_progress(%s, 'because of the rain', 'carol')", (intent,))
    move(conn, intent, "completed")
    return run(cluster, "pg_dump", dsn)


@pytest.mark.parametrize("what", EDITS)
def test_dump_that_was_edited_is_found_where_it_is_restored(
    cluster: Cluster, script: str, plain_dsn: str, tmp_path: Path, what: str
) -> None:
    was, becomes = EDITS[what]
    assert was in script
    file = tmp_path / "dump.sql"
    for text, found in ((script.replace(was, becomes), True), (script, False)):
        file.write_text(text)
        with psycopg.connect(plain_dsn, autocommit=True) as conn:
            conn.execute("drop extension if exists confiture_coord")
            run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
                f"--file={file}", plain_dsn)  # fmt: skip
            assert bool(problems(conn)) == found


def test_lines_cut_out_of_a_dump_are_found(
    cluster: Cluster, script: str, plain_dsn: str, tmp_path: Path
) -> None:
    file = tmp_path / "dump.sql"
    lines = [line for line in script.splitlines() if "because of the rain" not in line]
    file.write_text("\n".join(lines) + "\n")
    run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", "--output=/dev/null",
        f"--file={file}", plain_dsn)  # fmt: skip
    with psycopg.connect(plain_dsn, autocommit=True) as conn:
        assert any("rows between are missing" in problem for problem in problems(conn))


@pytest.fixture
def replicated(
    new_cluster: Callable[..., Cluster],
) -> Iterator[tuple[Cluster, Connection, Connection]]:
    """A database, and another one that follows its history by logical replication."""
    cluster = new_cluster(wal_level="logical")
    with cluster.connect() as admin:
        admin.execute("create database origin")
        admin.execute("create database copy")
    with cluster.connect("origin") as origin, cluster.connect("copy") as copy:
        for conn in (origin, copy):
            conn.execute("create extension confiture_coord cascade")
        tables = "coord.intent, coord.intent_history"
        origin.execute(f"create publication history for table {tables}")
        origin.execute("select pg_create_logical_replication_slot('history', 'pgoutput')")
        copy.execute(
            f"create subscription history connection '{cluster.dsn('origin')}'"
            " publication history with (create_slot = false, slot_name = 'history')"
        )
        # Each table is copied by a worker of its own; from then on they follow together.
        until(copy, "select count(*) from pg_subscription_rel where srsubstate <> 'r'", 0)
        yield cluster, origin, copy
        copy.execute("alter subscription history disable")
        copy.execute("alter subscription history set (slot_name = none)")
        copy.execute("drop subscription history")


def until(conn: Connection, query: str, expected: object) -> None:
    while value(conn, query) != expected:
        time.sleep(0.05)


def test_replication_carries_new_rows_and_no_changes(
    replicated: tuple[Cluster, Connection, Connection],
) -> None:
    """Whoever applies changes is a replica, and the guards of the copy hold all the same."""
    cluster, origin, copy = replicated
    add_column(origin, "ada", "users", "a")
    add_column(origin, "ada", "orders", "a")
    count = "select count(*) from coord.intent_history"
    until(copy, count, 2)
    digest = value(origin, "select coord.history_digest()")
    assert value(copy, "select coord.history_digest()") == digest
    assert problems(copy, digest) == []
    # somebody powerful rewrites the origin; the copy refuses to follow
    origin.execute("alter table coord.intent_history disable trigger user")
    origin.execute("update coord.intent_history set reason = 'forged' where intent_row = 1")
    refused = "history is append-only"
    while refused not in cluster.log_text():
        time.sleep(0.05)
    assert problems(origin, digest) != []
    assert problems(copy, digest) == []
    assert not [
        each
        for each in rows(copy, "select to_json(h)::text as row from coord.intent_history h")
        if json.loads(each["row"])["reason"] == "forged"
    ]
