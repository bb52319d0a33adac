"""From every version that was released, by every way that its users have, to this one."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.conftest import CREATE_EXTENSION
from tests.db.intents import (
    Connection,
    add_column,
    conflicts,
    move,
    problems,
    register,
    rows,
    value,
)
from tests.upgrade.client import run
from tests.upgrade.next_version import current_version
from tests.upgrade.snapshot import catalog, contents, difference
from tests.upgrade.story import goes_on, tell
from tests.upgrade.test_plain_install import ADOPT, UPDATE, adopt, installer
from tools.cluster import Cluster
from tools.places import CHECKOUT

PLAIN = CHECKOUT / "python" / "confiture_coord" / "sql"

Open = Callable[[str], Connection]
NewDatabase = Callable[[], str]


def released_versions() -> list[str]:
    """What came before this checkout's version, the oldest first."""
    lines = (CHECKOUT / "sql" / "updates" / "RELEASED").read_text().splitlines()
    names = [line.rpartition("  ")[2] for line in lines]
    found = [
        name.removeprefix("sql/confiture_coord--").removesuffix(".sql")
        for name in names
        if name.startswith("sql/confiture_coord--") and name.count("--") == 1
    ]
    before = [version for version in found if version != current_version()]
    return sorted(before, key=lambda version: [int(part) for part in version.split(".")])


RELEASED = released_versions()
each_released = pytest.mark.parametrize("version", RELEASED)

_numbers = itertools.count(1)


@pytest.fixture
def new_empty(cluster: Cluster) -> Iterator[NewDatabase]:
    """Factory of empty databases; returns connection strings."""
    made: list[str] = []

    def make() -> str:
        name = f"released_{next(_numbers)}"
        with cluster.connect() as admin:
            admin.execute(f"create database {name} template template0")
        made.append(name)
        return cluster.dsn(name)

    yield make
    with cluster.connect() as admin:
        for name in made:
            admin.execute(f"drop database {name} (force)")


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


def plain_of(cluster: Cluster, dsn: str, version: str) -> None:
    """Install a version as plain SQL, with the script that its wrapper carried."""
    run(
        cluster,
        "psql",
        "-Xq",
        "--set=ON_ERROR_STOP=1",
        "--output=/dev/null",
        "--single-transaction",
        "--command=create extension plpython3u",
        f"--file={PLAIN / f'plain--{version}.sql'}",
        dsn,
    )


@pytest.fixture
def old_plain(cluster: Cluster, new_empty: NewDatabase, open_to: Open, version: str) -> Connection:
    """A plain installation of the released version."""
    dsn = new_empty()
    plain_of(cluster, dsn, version)
    return open_to(dsn)


@pytest.fixture
def old(new_empty: NewDatabase, open_to: Open, version: str) -> Connection:
    """The extension at the released version."""
    connection = open_to(new_empty())
    connection.execute(f"create extension confiture_coord version '{version}' cascade")
    return connection


def dsn_of(connection: Connection) -> str:
    info = connection.info
    return make_conninfo(host=info.host, port=info.port, user=info.user, dbname=info.dbname)


def fields(line: Any) -> Any:
    """A stored row by column, or the state of a sequence."""
    return json.loads(line) if line.startswith("{") else line


def lost(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> dict[str, Any]:
    """Rows that are not there any more as they were; columns and tables may have come."""
    gone: dict[str, Any] = {}
    for table, old_rows in before.items():
        if table == "setting_default":
            continue  # what the version says, and a site never changes
        there = [fields(line) for (line,) in after.get(table, [])]
        for row in [fields(line) for (line,) in old_rows]:
            same = [
                each
                for each in there
                if each == row or (isinstance(row, dict) and row.items() <= each.items())
            ]
            if len(same) != 1:
                gone.setdefault(table, []).append(row)
        # what comes with a version besides is marked as its own
        more = len(there) - len(old_rows) - sum(
            each["builtin"] for each in there if isinstance(each, dict) and each.get("builtin")
        ) + sum('"builtin": true' in line for (line,) in old_rows)  # fmt: skip
        if more > 0:
            gone.setdefault(table, []).append(f"{more} rows too many")
    return gone


def test_there_are_released_versions_and_ways_from_them() -> None:
    assert "0.1.0" in RELEASED
    for older, newer in itertools.pairwise([*RELEASED, current_version()]):
        assert (CHECKOUT / "sql" / f"confiture_coord--{older}--{newer}.sql").exists()
        assert (PLAIN / f"plain--{older}--{newer}.sql").exists()


def test_what_is_lost_is_seen(conn: Connection) -> None:
    tell(conn)
    before = contents(conn)
    assert lost(before, before) == {}
    for table, damage in {
        "setting_value": "delete from coord.setting_value where name = 'warnings_shown'",
        "branch_counter": "update coord.branch_counter set last_number = last_number + 1",
        "own_order": "delete from coord.own_order",
        "status": "insert into coord.status values ('new', true)",
        # last, since no sequence is rolled back
        "conflict_id_seq": "select nextval('coord.conflict_id_seq')",
    }.items():
        with conn.transaction(force_rollback=True):
            conn.execute(damage)
            assert list(lost(before, contents(conn))) == [table]


# -- the extension ------------------------------------------------------------------------------


@each_released
def test_update_ends_where_a_fresh_install_does(old: Connection, conn: Connection) -> None:
    digest = tell(old)
    before = contents(old)
    old.execute(UPDATE)
    assert value(old, "select coord.version()") == current_version()
    assert difference(catalog(old), catalog(conn)) == {}
    assert lost(before, contents(old)) == {}
    goes_on(old, digest)


@each_released
def test_digests_verify_in_both_versions(old: Connection) -> None:
    """One taken before verifies after; rows of both versions continue one chain."""
    first = add_column(old, "ada", "users", "a")
    add_column(old, "bob", "users", "a")
    digest = value(old, "select coord.history_digest()")
    old.execute(UPDATE)
    assert value(old, "select coord.history_digest()") == digest
    move(old, first, "abandoned")
    assert problems(old, digest) == []
    assert problems(old, value(old, "select coord.history_digest()")) == []


class Agents:
    """Sessions that do everything that agents do, all the time."""

    def __init__(self, open_to: Open, dsn: str) -> None:
        self.done = threading.Event()
        self.acknowledged: dict[str, str] = {}
        self.errors: list[BaseException] = []
        self.rounds = 0
        self.threads = [
            threading.Thread(target=self._work, args=(agent, open_to(dsn)))
            for agent in ("ada", "bob")
        ]

    def _work(self, agent: str, session: Connection) -> None:
        try:
            number = 0
            while not self.done.is_set() or number < 2:
                number += 1
                self._round(agent, session, number)
                self.rounds += 1
        except BaseException as error:
            self.errors.append(error)

    def _round(self, agent: str, session: Connection, number: int) -> None:
        mine = add_column(session, agent, f"t_{agent}", f"c{number}")
        shared = add_column(session, agent, "shared", f"{agent}{number}")
        rows(session, "select * from coord.check_intent('x', 'f', 'alter table shared add c int')")
        for each in conflicts(session, shared):
            session.execute("select coord.resolve_conflict(%s, 'agreed')", (each["id"],))
        session.execute("select coord.heartbeat(%s)", (mine,))
        session.execute(
            "select coord.amend_intent(%s, %s::text)", (mine, f"alter table t_{agent} add z int")
        )
        for status in ("in_progress", "completed", "merged"):
            move(session, mine, status)
            self.acknowledged[mine] = status
        move(session, shared, "abandoned")
        self.acknowledged[shared] = "abandoned"

    def __enter__(self) -> Agents:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        for thread in self.threads:
            thread.join()


QUEUED = "alter table queue add column a int"


@pytest.mark.parametrize("how", ["extension", "plain"])
@each_released
def test_sessions_in_the_middle_of_calls_go_on(
    cluster: Cluster, new_empty: NewDatabase, open_to: Open, version: str, how: str
) -> None:
    """Nobody gets an error; one is between two calls of a transaction, one waits inside a call."""
    dsn = new_empty()
    admin, watcher, slow, blocked, newcomer, amender = (open_to(dsn) for _ in range(6))
    if how == "extension":
        admin.execute(f"create extension confiture_coord version '{version}' cascade")
    else:
        plain_of(cluster, dsn, version)
    watcher.execute("update coord.setting set value = '60000' where name = 'lock_wait_ms'")
    ended: list[object] = []
    register(watcher, "first", QUEUED)
    amended = add_column(watcher, "second", "elsewhere", "a")
    slow.autocommit = False
    intents = [add_column(slow, "slow", "held", "a")]
    waiting = "select count(*) from pg_locks where not granted and pid = %s"

    def wait_for(session: Connection, thread: threading.Thread) -> None:
        while thread.is_alive() and not value(watcher, waiting, session.info.backend_pid):
            pass

    with Agents(open_to, dsn) as agents:
        inside = threading.Thread(
            target=lambda: intents.append(add_column(blocked, "late", "held", "a"))
        )
        inside.start()
        wait_for(blocked, inside)
        while agents.rounds < 2 and not agents.errors:
            pass
        script = (PLAIN / f"plain--{version}--{current_version()}.sql").read_bytes()
        updating = threading.Thread(
            target=lambda: admin.execute(UPDATE if how == "extension" else script)
        )
        updating.start()
        wait_for(admin, updating)
        # These have only begun when the update lets them go on, and both find a conflict then.
        amend = ("select * from coord.amend_intent(%s, %s::text)", amended, QUEUED)
        queued = [
            threading.Thread(target=lambda: ended.append(register(newcomer, "third", QUEUED))),
            threading.Thread(target=lambda: ended.append(rows(amender, *amend))),
        ]
        for session, thread in zip((newcomer, amender), queued, strict=True):
            thread.start()
            wait_for(session, thread)
        intents.append(add_column(slow, "slow", "held", "b"))
        slow.commit()
        inside.join()
        updating.join()
        for thread in queued:
            thread.join()
        after = agents.rounds
        while agents.rounds < after + 2 and not agents.errors:
            pass
    assert agents.errors == []
    assert len(ended) == 2
    assert len(conflicts(watcher, amended)) == 2
    assert value(watcher, "select coord.version()") == current_version()
    assert len(intents) == 3
    stored = {
        str(each["id"]): each["status"] for each in rows(watcher, "select * from coord.intent")
    }
    assert set(intents) <= set(stored)
    assert agents.acknowledged.items() <= stored.items()
    late = next(intent for intent in intents if conflicts(watcher, intent))
    # seen by it: what was registered before it began to wait, and by it alone: it saw no more
    assert {each["severity"] for each in conflicts(watcher, late)} == {"error"}
    assert problems(watcher) == []


@pytest.mark.parametrize(
    ("form", "part"),
    [("plain", "whole"), ("custom", "whole"), ("plain", "data only"), ("custom", "data only")],
)
@each_released
def test_dump_of_a_released_version_is_restored_into_this_one(
    cluster: Cluster,
    old: Connection,
    conn: Connection,
    new_empty: NewDatabase,
    open_to: Open,
    form: str,
    part: str,
    tmp_path: Path,
) -> None:
    digest = tell(old)
    dump, target = str(tmp_path / "dump"), new_empty()
    only = ["--data-only"] if part == "data only" else []
    run(cluster, "pg_dump", f"--format={form}", f"--file={dump}", *only, dsn_of(old))
    restored = open_to(target)
    if only:
        restored.execute(CREATE_EXTENSION)
    if form == "plain":
        run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", f"--file={dump}",
            "--output=/dev/null", target)  # fmt: skip
    else:
        run(cluster, "pg_restore", "--exit-on-error", f"--dbname={target}", dump)
    assert value(restored, "select coord.version()") == current_version()
    assert lost(contents(old), contents(restored)) == {}
    assert difference(catalog(restored), catalog(conn)) == {}
    goes_on(restored, digest)


# -- plain SQL ----------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["install", "upgrade", "psql"])
@each_released
def test_plain_installation_is_upgraded(
    cluster: Cluster, old_plain: Connection, plain_install_dsn: str, open_to: Open,
    version: str, by: str
) -> None:  # fmt: skip
    digest = tell(old_plain)
    before = contents(old_plain)
    dsn = dsn_of(old_plain)
    if by == "psql":
        run(cluster, "psql", "-Xq", "--set=ON_ERROR_STOP=1", "--single-transaction",
            f"--file={PLAIN / f'plain--{version}--{current_version()}.sql'}",
            "--output=/dev/null", dsn)  # fmt: skip
    else:
        updated = installer(CHECKOUT, by, "--database-url", dsn)
        assert (updated["action"], updated["how"]) == ("updated", "plain")
    assert value(old_plain, "select version from coord.plain_install") == current_version()
    fresh = catalog(open_to(plain_install_dsn), extension=False)
    assert difference(catalog(old_plain, extension=False), fresh) == {}
    assert lost(before, contents(old_plain)) == {}
    goes_on(old_plain, digest)


@each_released
def test_dump_of_a_plain_installation_is_upgraded_where_it_was_restored(
    cluster: Cluster, old_plain: Connection, new_empty: NewDatabase, open_to: Open, tmp_path: Path
) -> None:
    digest = tell(old_plain)
    dump, target = str(tmp_path / "dump"), new_empty()
    run(cluster, "pg_dump", "--format=custom", f"--file={dump}", dsn_of(old_plain))
    run(cluster, "pg_restore", "--exit-on-error", f"--dbname={target}", dump)
    assert installer(CHECKOUT, "install", "--database-url", target)["action"] == "updated"
    restored = open_to(target)
    assert lost(contents(old_plain), contents(restored)) == {}
    goes_on(restored, digest)


# -- from plain SQL to the extension ------------------------------------------------------------


def is_this_extension(
    connection: Connection, fresh: Connection, version: str = current_version()
) -> None:
    there = "select extversion from pg_extension where extname = 'confiture_coord'"
    assert value(connection, there) == version
    assert difference(catalog(connection), catalog(fresh)) == {}


@pytest.mark.parametrize("version", [*RELEASED, current_version()])
def test_installer_makes_it_the_extension(
    old_plain: Connection, conn: Connection, version: str
) -> None:
    digest = tell(old_plain)
    before = contents(old_plain)
    done = installer(CHECKOUT, "upgrade", "--as-extension", "--database-url", dsn_of(old_plain))
    assert (done["how"], done["version"]) == ("extension", current_version())
    is_this_extension(old_plain, conn)
    assert lost(before, contents(old_plain)) == {}
    goes_on(old_plain, digest)


@each_released
def test_statements_make_it_the_extension_and_the_error_tells_which(
    old_plain: Connection, conn: Connection, version: str
) -> None:
    """The shortest way from 'unpackaged' is for this version's plain installation only."""
    digest = tell(old_plain)
    before, made = contents(old_plain), catalog(old_plain, extension=False)
    with pytest.raises(psycopg.Error) as refused:
        adopt(old_plain)
    assert refused.value.sqlstate == "IC007"
    hint = refused.value.diag.message_hint or ""
    assert "confiture-coord upgrade --as-extension" in hint
    assert contents(old_plain) == before
    assert difference(catalog(old_plain, extension=False), made) == {}
    assert not rows(old_plain, "select from pg_extension where extname = 'confiture_coord'")
    with old_plain.transaction():
        old_plain.execute(ADOPT)
        old_plain.execute(hint.rpartition(": ")[2])  # the hint is right
    is_this_extension(old_plain, conn)
    assert lost(before, contents(old_plain)) == {}
    goes_on(old_plain, digest)


@each_released
def test_hints_lead_from_create_extension_to_the_extension(
    old_plain: Connection, conn: Connection, version: str
) -> None:
    """CREATE EXTENSION tells the way, and whoever follows it ends right."""
    digest = tell(old_plain)
    statement = "create extension confiture_coord"
    for _ in range(2):
        with pytest.raises(psycopg.Error) as refused, old_plain.transaction():
            old_plain.execute(statement)
        hint = refused.value.diag.message_hint or ""
        if "BEGIN; " in hint:
            statement = hint[hint.index("BEGIN; ") :].removeprefix("BEGIN; ")
            statement = statement.removesuffix("; COMMIT")
    with old_plain.transaction():
        old_plain.execute(ADOPT)
        old_plain.execute(hint.rpartition(": ")[2])
    is_this_extension(old_plain, conn)
    goes_on(old_plain, digest)
