"""A site that grants everything on all tables has still not given away the server, or history."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.db.intents import Connection, add_column, problems, rows, value


@pytest.fixture
def careless(conn: Connection, connect: Callable[..., Connection]) -> Iterator[Connection]:
    """A role that was granted everything on all tables."""
    conn.execute(
        "create role security_app; grant usage on schema coord to security_app;"
        " grant all on all tables in schema coord to security_app"
    )
    session = connect()
    session.execute("set session authorization security_app")
    yield session
    session.close()
    conn.execute("drop owned by security_app; drop role security_app")


def test_nobody_plants_code_that_sessions_run(
    conn: Connection, careless: Connection, connect: Callable[..., Connection]
) -> None:
    before = rows(conn, "select * from coord.detector_code order by path")
    assert before
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        careless.execute(
            "insert into coord.detector_code select fingerprint, python, 'new.py', ''"
            " from (values ('x', 'y')) v (fingerprint, python)"
        )
    careless.execute("update coord.detector_code set code = 'planted'")
    careless.execute("delete from coord.detector_code")
    assert rows(careless, "select * from coord.detector_code") == []
    assert rows(conn, "select * from coord.detector_code order by path") == before
    assert value(connect(), "select safe from coord.detector_check()") is True


@pytest.mark.parametrize(
    "attempt",
    [
        "update coord.intent_history set reason = 'x'",
        "delete from coord.intent_history",
        "truncate coord.intent_history",
        "delete from coord.intent",
        "truncate coord.intent cascade",
    ],
)
def test_history_stays_append_only(conn: Connection, careless: Connection, attempt: str) -> None:
    add_column(conn, "ada", "users", "a")
    with pytest.raises(psycopg.Error) as refused:
        careless.execute(attempt)
    assert refused.value.sqlstate == "IC003"
    assert problems(conn) == []
