"""Rows of locks that come from another server never pass for locks that were taken here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.db.intents import Connection, add_column, problems, register, value
from tests.upgrade.client import run
from tools.cluster import VOLATILE, Cluster

MEMBER = "create table shared.t (id int)"
WHOLE = "drop schema shared cascade"


def foresee(conn: Connection, transaction: int) -> None:
    """Every lock has a row, and each says that this transaction holds it."""
    conn.execute("update coord.lock_container set holder = %s::text::xid8", (transaction,))
    conn.execute("update coord.lock_key set holder = %s::text::xid8", (transaction,))


@pytest.mark.parametrize("changes", [(MEMBER, WHOLE), (WHOLE, MEMBER), (MEMBER, MEMBER)])
def test_holder_that_equals_the_running_transaction_is_not_believed(
    conn: Connection, connect: Callable[..., Connection], changes: tuple[str, str]
) -> None:
    conn.execute("update coord.setting set value = '300' where name = 'lock_wait_ms'")
    for agent in ("ada", "bob"):
        register(conn, agent, MEMBER)
        register(conn, agent, WHOLE)
    first = connect(autocommit=False)
    transaction = value(first, "select pg_current_xact_id()::text::bigint")
    foresee(conn, transaction)
    register(first, "ada", changes[0])
    with pytest.raises(psycopg.errors.LockNotAvailable):
        register(conn, "bob", changes[1])
    first.commit()
    register(conn, "bob", changes[1])
    assert problems(conn) == []


def test_stale_snapshot_notices_although_the_row_names_its_own_transaction(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    add_column(conn, "ada", "users", "a")
    stale = connect(autocommit=False)
    stale.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    transaction = value(stale, "select pg_current_xact_id()::text::bigint")
    add_column(conn, "bob", "users", "b")
    foresee(conn, transaction)
    with pytest.raises(psycopg.errors.SerializationFailure):
        add_column(stale, "eve", "users", "b")


def test_the_same_rows_are_held_by_nobody_on_another_server(
    cluster: Cluster, plain_install_dsn: str, run_folder: Path, tmp_path: Path
) -> None:
    """A dump of a plain installation carries the rows; a server that starts is another one."""
    with psycopg.connect(plain_install_dsn, autocommit=True) as conn:
        register(conn, "ada", MEMBER)
    dump = str(tmp_path / "dump")
    run(cluster, "pg_dump", "--format=custom", f"--file={dump}", plain_install_dsn)
    other = Cluster(cluster.installation, run_folder / "other-locks", VOLATILE)
    other.start()
    try:
        with other.connect() as admin:
            admin.execute("create database restored")
            for role in ("coord_reader", "coord_agent", "coord_reviewer"):
                admin.execute(f"create role {role}")
        run(other, "pg_restore", "--exit-on-error", f"--dbname={other.dsn('restored')}", dump)
        held: set[int] = set()
        for start in range(2):
            with other.connect("restored") as restored:
                was = "select holder::text::bigint from coord.lock_container"
                held |= {number for (number,) in restored.execute(was).fetchall()} - {0}
                # holders of all transactions around the next one, as this start numbers them
                mine = value(restored, "select coord._lock_holder()::text::bigint")
                again = value(restored, "select coord._lock_holder()::text::bigint")
                assert mine != again
                # the numbers of one start differ in the low bits only
                assert abs(mine ^ again) < 2**32
                assert all(number ^ mine > 2**32 for number in held), start
                register(restored, f"agent {start}", MEMBER)
                held |= {number for (number,) in restored.execute(was).fetchall()} - {0}
            other.stop()
            other.start()
    finally:
        other.remove()
