"""ALTER EXTENSION UPDATE ends where a fresh install does, and loses nothing on the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.db.intents import Connection, add_column, problems, value
from tests.upgrade.client import dumped_grants, run
from tests.upgrade.next_version import Release
from tests.upgrade.snapshot import catalog, contents, difference
from tests.upgrade.story import goes_on, tell
from tools.cluster import Cluster

UPDATE = "alter extension confiture_coord update"

Open = Callable[[str], Connection]


@pytest.fixture
def open_to() -> Iterator[Open]:
    opened: list[Connection] = []

    def connect(dsn: str) -> Connection:
        connection: Connection = psycopg.connect(dsn, autocommit=True)
        opened.append(connection)
        return connection

    yield connect
    for connection in opened:
        connection.close()


@pytest.fixture
def old_dsn(next_version: Release, new_database: Callable[[], str]) -> str:
    """A database with this checkout's version, on the server that has the next one."""
    dsn = new_database()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            f"create extension confiture_coord version '{next_version.following}' cascade"
        )
    return dsn


@pytest.fixture
def fresh(new_database: Callable[[], str], open_to: Open) -> Connection:
    """A database with a fresh install of the next version."""
    connection = open_to(new_database())
    connection.execute("create extension confiture_coord cascade")
    return connection


def before_next(held: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Contents without what the next version adds."""
    old = {table: each for table, each in held.items() if not table.startswith("next_note")}
    intents = [json.loads(text) for (text,) in old["intent"]]
    for intent in intents:
        intent.pop("priority", None)
    old["intent"] = sorted(json.dumps(intent, sort_keys=True) for intent in intents)
    old["status"] = [each for each in old["status"] if '"paused"' not in each[0]]
    return old


def facets(connection: Connection) -> set[str]:
    found = connection.execute("select facet from coord.footprint('create table t (a int)')")
    return {facet for (facet,) in found}


def test_update_ends_where_a_fresh_install_does(
    old_dsn: str, fresh: Connection, open_to: Open, next_version: Release
) -> None:
    conn = open_to(old_dsn)
    digest = tell(conn)
    before = contents(conn)
    assert difference(catalog(conn), catalog(fresh)) != {}
    conn.execute(UPDATE)
    assert value(conn, "select coord.version()") == next_version.version
    assert difference(catalog(conn), catalog(fresh)) == {}
    assert difference(before_next(contents(conn)), before_next(before)) == {}
    goes_on(conn, digest)


def test_comparison_sees_what_a_forgotten_line_of_a_delta_leaves_behind(
    fresh: Connection, old_dsn: str, open_to: Open
) -> None:
    conn = open_to(old_dsn)
    conn.execute(UPDATE)
    for forgotten, part in {
        "alter table coord.intent alter priority drop default": "columns",
        "comment on column coord.intent.priority is null": "columns",
        "drop index coord.intent_priority_idx": "indexes",
        "alter table coord.intent drop constraint intent_priority_is_small": "constraints",
        "grant execute on function coord.priority_of to public": "privileges",
        "alter function coord.priority_of reset search_path": "functions",
        "alter table coord.intent enable trigger intent_100_guard": "triggers",
        "alter extension confiture_coord drop table coord.next_note": "members",
        "alter sequence coord.next_note_id_seq owned by none": "sequences",
    }.items():
        with conn.transaction(force_rollback=True):
            conn.execute(forgotten)
            assert part in difference(catalog(conn), catalog(fresh)), forgotten


def test_open_sessions_use_the_new_detector_at_their_next_call(old_dsn: str, open_to: Open) -> None:
    updating, other = open_to(old_dsn), open_to(old_dsn)
    for session in (updating, other):
        assert "next" not in facets(session)
    updating.execute(UPDATE)
    for session in (updating, other):
        assert facets(session) == {"next"}
        assert value(session, "select safe from coord.detector_check()") is True
        add_column(session, "ada", "users", "a")
    assert problems(other) == []


def test_a_rolled_back_update_leaves_the_old_detector(old_dsn: str, open_to: Open) -> None:
    conn = open_to(old_dsn)
    before = catalog(conn)
    assert "next" not in facets(conn)
    with conn.transaction(force_rollback=True):
        conn.execute(UPDATE)
        assert facets(conn) == {"next"}
    assert "next" not in facets(conn)
    assert difference(catalog(conn), before) == {}


def test_agents_go_on_while_the_extension_is_updated(
    old_dsn: str, open_to: Open, next_version: Release
) -> None:
    """Nobody gets an error, and no registration is lost."""
    done = threading.Event()
    registered: list[str] = []
    errors: list[BaseException] = []

    def register_all_the_time(agent: str, session: Connection) -> None:
        number = 0
        try:
            while not done.is_set() or number < 3:
                registered.append(add_column(session, agent, f"t_{agent}", f"c{number}"))
                number += 1
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=register_all_the_time, args=(agent, open_to(old_dsn)))
        for agent in ("ada", "bob")
    ]
    admin, slow = open_to(old_dsn), open_to(old_dsn)
    # one that is in the middle of a transaction when the update begins
    slow.autocommit = False
    registered.append(add_column(slow, "slow", "t_slow", "a"))
    updating = threading.Thread(target=lambda: admin.execute(UPDATE))
    for thread in (*threads, updating):
        thread.start()
    waiting = "select count(*) from pg_locks where not granted and pid = %s"
    watcher = open_to(old_dsn)
    while updating.is_alive() and not value(watcher, waiting, admin.info.backend_pid):
        pass
    slow.commit()
    updating.join()
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert value(watcher, "select coord.version()") == next_version.version
    stored = watcher.execute("select id::text from coord.intent").fetchall()
    assert {intent for (intent,) in stored} == set(registered)
    assert problems(watcher) == []


def test_a_dump_of_this_version_is_restored_into_the_next(
    next_cluster: Cluster,
    old_dsn: str,
    new_database: Callable[[], str],
    open_to: Open,
    tmp_path: Path,
    next_version: Release,
) -> None:
    conn = open_to(old_dsn)
    digest = tell(conn)
    dump, target = str(tmp_path / "dump"), new_database()
    run(next_cluster, "pg_dump", "--format=custom", f"--file={dump}", old_dsn)
    run(next_cluster, "pg_restore", "--exit-on-error", f"--dbname={target}", dump)
    restored = open_to(target)
    assert value(restored, "select coord.version()") == next_version.version
    assert difference(before_next(contents(restored)), before_next(contents(conn))) == {}
    goes_on(restored, digest)


def test_what_a_site_granted_is_still_dumped_after_an_update(
    next_cluster: Cluster, old_dsn: str, open_to: Open
) -> None:
    conn = open_to(old_dsn)
    conn.execute("create role upgrade_site_viewer")
    grants = [
        "GRANT USAGE ON SCHEMA coord TO upgrade_site_viewer;",
        "GRANT ALL ON FUNCTION coord.conflicts_of(intent_id uuid) TO upgrade_site_viewer;",
        "GRANT SELECT ON TABLE coord.intent TO upgrade_site_viewer;",
    ]
    for grant in grants:
        conn.execute(grant)
    conn.execute(UPDATE)
    script = run(next_cluster, "pg_dump", old_dsn)
    assert set(dumped_grants(script)) == set(grants)
    conn.execute("drop owned by upgrade_site_viewer")
    conn.execute("drop role upgrade_site_viewer")
