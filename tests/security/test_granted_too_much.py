"""A site that grants everything on all tables has still not given away the server, or history."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from tests.conftest import CREATE_EXTENSION
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


def test_who_may_write_the_tables_is_told_with_what_mends_it(
    conn: Connection, careless: Connection
) -> None:
    conn.execute("grant insert on coord.setting to public")
    check = "select problems from coord.detector_check()"
    found = value(conn, check)
    assert [each.split()[0] for each in found] == ["PUBLIC", "security_app"]
    assert "(DELETE, INSERT, TRIGGER, TRUNCATE, UPDATE)" in found[1]
    for each in found:
        conn.execute(each.partition("mend it with: ")[2])
    assert value(conn, check) == []
    assert rows(careless, "select * from coord.intent") == []  # what may be read stays


def test_default_privileges_of_a_site_are_noticed(plain_dsn: str) -> None:
    with closing(psycopg.connect(plain_dsn, autocommit=True)) as conn:
        conn.execute("create role security_default")
        conn.execute("alter default privileges grant all on tables to security_default")
        conn.execute("alter default privileges grant execute on functions to security_default")
        conn.execute(CREATE_EXTENSION)
        [problem] = value(conn, "select problems from coord.detector_check()")
        assert problem.startswith("security_default may write tables of schema coord")
        conn.execute(problem.partition("mend it with: ")[2])
        assert value(conn, "select problems from coord.detector_check()") == []
        conn.execute("drop owned by security_default; drop role security_default")


BEYOND_AN_AGENT = [
    "bind_agent('ada', 'security_runner')",
    "ignore('x', object_name => 'x')",
    "unignore(1)",
    "abandon_stale('0', 'x')",
    "archive_ended(now())",
    "compile_detector()",
    "_append_history('{intent}', 2, 'x', 'registered', 'x', null, '{{}}', 'x', 'x', now(), null)",
    "_moot_conflicts('{intent}', 'x')",
    "_settle(array['{intent}'::uuid], 'x')",
    "_lock_keys(array['x'], array[true], array[false])",
    "_store_conflicts('{intent}', '[]', true)",
    "_store_footprint(1, '{{}}', '{{}}', '{{}}', '[]')",
    "mark_abandoned('{bound}')",
]


def test_execute_on_everything_gives_what_an_agent_may(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    intent, bound = add_column(conn, "ada", "users", "a"), add_column(conn, "bob", "users", "b")
    conn.execute(
        "create role security_other; create role security_runner;"
        " grant usage on schema coord to security_runner;"
        " grant execute on all functions in schema coord to security_runner"
    )
    conn.execute("select coord.bind_agent('bob', 'security_other')")
    runner = connect()
    runner.execute("set session authorization security_runner")
    for call in BEYOND_AN_AGENT:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            runner.execute("select coord." + call.format(intent=intent, bound=bound))
    add_column(runner, "eve", "users", "c")
    assert problems(conn) == []
    runner.close()
    conn.execute("drop owned by security_runner; drop role security_runner, security_other")
