"""Whatever a session sets for itself, calls do what they do: nothing is hidden, nothing fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from tests.conftest import CREATE_EXTENSION
from tests.db.intents import Connection, add_column, problems, register, rows, value
from tests.upgrade.snapshot import catalog, difference
from tests.upgrade.story import goes_on, tell

# Anybody may set these, for themselves or for a database that is theirs.
SETTINGS = {
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "transform_null_equals": "on",
    "array_nulls": "off",
    "bytea_output": "escape",
    "intervalstyle": "sql_standard",
    "timezone": "Pacific/Apia",
    "extra_float_digits": "-15",
    "xmlbinary": "hex",
    "default_transaction_isolation": "serializable",
    "enable_indexscan": "off",
    "jit_above_cost": "0",
    "plan_cache_mode": "force_custom_plan",
    "row_security": "off",
    "check_function_bodies": "off",
    "work_mem": "64kB",
    "gin_fuzzy_search_limit": "1",
    "plpgsql.extra_errors": "all",
}


def obey(session: Connection) -> None:
    # a library's settings are known as soon as it is loaded
    session.execute("do $$ begin end $$")
    for name, setting in SETTINGS.items():
        session.execute("select set_config(%s, %s, false)", (name, setting))


def test_the_whole_story_under_all_of_them(conn: Connection) -> None:
    obey(conn)
    goes_on(conn, tell(conn))
    # without the settings nothing looks different
    with closing(psycopg.connect(conn.info.dsn, autocommit=True)) as plain:
        assert problems(plain, value(conn, "select coord.history_digest()")) == []


def test_what_is_installed_under_all_of_them_is_the_same(plain_dsn: str, conn: Connection) -> None:
    with closing(psycopg.connect(plain_dsn, autocommit=True)) as other:
        obey(other)
        other.execute(CREATE_EXTENSION)
    with closing(psycopg.connect(plain_dsn, autocommit=True)) as other:
        assert difference(catalog(other), catalog(conn)) == {}


PLACE = """
    create schema shop;
    create type shop.size as (a int);
    create function shop.price(text, shop.size) returns int language sql return 1;
    create view shop.list as select shop.price('x', null) as price;
"""
PAIR = (
    "drop function shop.price(text, shop.size) cascade",
    "grant select on shop.list to public",
)


def test_no_setting_hides_a_conflict_that_the_catalog_knows(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    conn.execute(PLACE)
    call = "select * from coord.compare_changes(%s::text, %s::text)"
    expected = rows(conn, call, *PAIR)
    assert expected != []
    assert rows(conn, call.replace(")", ", use_catalog => false)"), *PAIR) == []
    agent = connect()
    obey(agent)
    assert rows(agent, call, *PAIR) == expected
    register(conn, "ada", PAIR[0])
    agent.execute("set default_transaction_isolation = 'read committed'")
    late = register(agent, "bob", PAIR[1])
    found = rows(conn, "select affected_objects from coord.conflicts_of(%s)", late)
    objects = [{"affected_objects": each["affected_objects"]} for each in expected]
    assert found == objects


# -- what somebody's session is told of others ----------------------------------------------------


@pytest.fixture
def agents(conn: Connection, connect: Callable[..., Connection]) -> Iterator[list[Connection]]:
    sessions = []
    for name in ("settings_ada", "settings_bob"):
        conn.execute(f"create role {name} login")
        conn.execute(f"grant coord_agent to {name}")
        sessions.append(connect(user=name))
    yield sessions
    for session, name in zip(sessions, ("settings_ada", "settings_bob"), strict=True):
        session.close()
        conn.execute(f"drop role {name}")


def test_who_waits_is_not_shown_what_others_run(conn: Connection, agents: list[Connection]) -> None:
    """As in pg_stat_activity: the process and its role, and not the text of its query."""
    conn.execute("update coord.setting set value = '200' where name = 'lock_wait_ms'")
    holder, waiter = agents
    holder.autocommit = False
    add_column(holder, "ada", "users", "a")
    holder.execute("select 'a secret'")
    for session, is_shown in ((waiter, False), (conn, True)):
        with pytest.raises(psycopg.errors.LockNotAvailable) as refused:
            add_column(session, "bob", "users", "b")
        detail = refused.value.diag.message_detail or ""
        assert f'process {holder.info.backend_pid}, role "settings_ada"' in detail
        assert ("a secret" in detail) == is_shown
    holder.rollback()
