"""Policy and limits are rows that only the owner writes."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.db.intents import (
    Connection,
    add_column,
    conflicts,
    move,
    notices_of,
    row,
    rows,
    status,
    value,
)


def set_to(conn: Connection, name: str, new: str) -> None:
    conn.execute("update coord.setting set value = %s where name = %s", (new, name))


def test_every_setting_has_a_default_and_says_what_it_is(conn: Connection) -> None:
    found = rows(conn, "select * from coord.setting")
    assert len(found) >= 10
    assert all(each["value"] == each["default_value"] and each["description"] for each in found)


def test_setting_and_returning_to_the_default(conn: Connection) -> None:
    set_to(conn, "warnings_shown", "3")
    assert value(conn, "select value from coord.setting where name = 'warnings_shown'") == "3"
    conn.execute("delete from coord.setting where name = 'warnings_shown'")
    assert value(conn, "select value from coord.setting where name = 'warnings_shown'") == "10"
    conn.execute("insert into coord.setting (name, value) values ('warnings_shown', '4')")
    assert value(conn, "select value from coord.setting where name = 'warnings_shown'") == "4"
    set_to(conn, "warnings_shown", "10")
    assert rows(conn, "select * from coord.setting_value") == []


@pytest.mark.parametrize(
    ("name", "new", "sqlstate"),
    [
        ("conflicted_from", "fatal", "22023"),
        ("lock_wait_ms", "-1", "22023"),
        ("lock_wait_ms", "soon", "22023"),
        ("branch_hook", "no_such_function(text)", "22023"),
        ("conflicted_from", None, "22004"),
        ("notify_channel", "x" * 64, "22023"),
        ("notify_channel", "é" * 32, "22023"),
    ],
)
def test_wrong_values_are_refused(conn: Connection, name: str, new: str, sqlstate: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        set_to(conn, name, new)
    assert refused.value.sqlstate == sqlstate
    assert refused.value.diag.message_hint


def test_unknown_settings_are_refused(conn: Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        conn.execute("insert into coord.setting (name, value) values ('colour', 'red')")


def test_nobody_else_writes_them(conn: Connection, connect: Callable[..., Connection]) -> None:
    for role in ("coord_reader", "coord_agent", "coord_reviewer"):
        other = connect()
        other.execute(f"set role {role}")
        assert rows(other, "select * from coord.setting")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            set_to(other, "conflicted_from", "error")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            other.execute("insert into coord.setting_value values ('conflicted_from', 'error')")


def test_conflicted_from_error(conn: Connection) -> None:
    set_to(conn, "conflicted_from", "error")
    add_column(conn, "ada", "users", "a")
    warned = add_column(conn, "bob", "users", "b")
    assert status(conn, warned) == "registered"
    assert len(conflicts(conn, warned)) == 1
    clashing = add_column(conn, "eve", "users", "a")
    assert status(conn, clashing) == "conflicted"
    for each in conflicts(conn, clashing):
        if each["severity"] == "error":
            conn.execute("select coord.resolve_conflict(%s, 'agreed')", (each["id"],))
    assert status(conn, clashing) == "registered"


def test_merging_by_reviewers_only(conn: Connection, connect: Callable[..., Connection]) -> None:
    set_to(conn, "merge_needs_reviewer", "on")
    intent = add_column(conn, "ada", "users", "a")
    move(conn, intent, "in_progress")
    move(conn, intent, "completed")
    agent = connect()
    agent.execute("set role coord_agent")
    for call in ("mark_merged(%s)", "move_intent(%s, 'merged')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege) as refused:
            agent.execute(f"select coord.{call}", (intent,))
        assert refused.value.diag.message_hint
    agent.execute("set role coord_reviewer")
    agent.execute("select coord.mark_merged(%s)", (intent,))
    assert status(conn, intent) == "merged"
    assert row(
        conn,
        "select session_role from coord.intent_history where new_status = 'merged'",
    ) == {"session_role": "coord_reviewer"}


def test_limits_are_settings(conn: Connection) -> None:
    set_to(conn, "max_script_bytes", "100")
    set_to(conn, "max_name_length", "5")
    with pytest.raises(psycopg.errors.ProgramLimitExceeded):
        add_column(conn, "ada", "users", "x" * 100, feature="f")
    with pytest.raises(psycopg.errors.ProgramLimitExceeded) as refused:
        add_column(conn, "ada", "users", "x", feature="feature")
    assert "max_name_length" in (refused.value.diag.message_detail or "")


def test_warnings_shown(conn: Connection) -> None:
    set_to(conn, "warnings_shown", "1")
    for number in range(3):
        add_column(conn, f"agent {number}", "users", f"c{number}")
    notices = notices_of(conn)
    add_column(conn, "newcomer", "users", "d")
    assert len(notices) == 2
    assert notices[1].message.startswith("and 2 more conflicts")


def test_hook_that_was_dropped_is_told_and_stops_nobody(conn: Connection) -> None:
    conn.execute("create function public.hook(text) returns void language sql as 'select'")
    set_to(conn, "branch_hook", "public.hook(text)")
    conn.execute("drop function public.hook(text)")
    heard = notices_of(conn)
    intent = add_column(conn, "ada", "users", "a", feature="mail")
    assert status(conn, intent) == "registered"
    [told] = heard
    assert (told.severity, told.message) == (
        "WARNING",
        "branch hook public.hook(text) does not exist",
    )
    assert "feature/mail_001" in told.detail
    assert told.hint
