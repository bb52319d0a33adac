"""Declaring an intent: what is stored, what comes back, what is warned of."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import psycopg
import pytest

from tests.db.intents import (
    Connection,
    add_column,
    conflicts,
    events,
    notices_of,
    problems,
    register,
    row,
    rows,
    state,
    status,
    value,
)


def test_registering_returns_one_row(conn: Connection) -> None:
    found = row(
        conn,
        "select * from coord.register_intent('claude-payments', 'stripe_integration',"
        " 'ALTER TABLE users ADD COLUMN stripe_customer_id TEXT')",
    )
    assert found.pop("intent_id")
    assert found == {
        "branch_name": "feature/stripe_integration_001",
        "status": "registered",
        "tables_affected": ["users"],
        "conflicts": 0,
    }
    stored = row(conn, "select * from coord.intent")
    assert stored["schema_changes"] == ["ALTER TABLE users ADD COLUMN stripe_customer_id TEXT"]
    assert stored["search_path"] == ["public"]
    assert stored["risk_level"] == "low"
    assert stored["metadata"] == {}
    assert problems(conn) == []


def test_script_is_stored_statement_by_statement(conn: Connection) -> None:
    intent = register(
        conn,
        "ada",
        "ALTER TABLE users ADD COLUMN stripe_id TEXT; CREATE INDEX i ON users (stripe_id); -- end",
    )
    assert value(conn, "select schema_changes from coord.intent where id = %s", intent) == [
        "ALTER TABLE users ADD COLUMN stripe_id TEXT",
        "CREATE INDEX i ON users (stripe_id)",
    ]


def test_body_between_dollars_is_one_statement(conn: Connection) -> None:
    body = "create function f() returns int language sql as $$ select 1; select 2; $$"
    intent = register(conn, "ada", body)
    assert value(conn, "select schema_changes from coord.intent where id = %s", intent) == [body]


def test_second_agent_is_warned(conn: Connection) -> None:
    notices = notices_of(conn)
    first = add_column(conn, "claude-payments", "users", "a", feature="stripe_integration")
    assert notices == []
    second = add_column(conn, "claude-auth", "users", "b", feature="oauth")
    [warning] = notices
    assert warning.severity == "WARNING"
    assert warning.message == (
        'table conflict with "stripe_integration" of claude-payments: users [warning, overlap]'
    )
    assert first in warning.detail
    assert "claude-payments" in warning.hint
    assert status(conn, first) == "registered"
    assert status(conn, second) == "conflicted"
    assert events(conn, second) == [
        ("registered", None, "registered"),
        ("transition", "registered", "conflicted"),
    ]
    [conflict] = conflicts(conn, second)
    assert str(conflict["intent_a"]) == second
    assert str(conflict["intent_b"]) == first
    assert conflict["affected_objects"] == ["users"]
    assert conflicts(conn, first) == [conflict]


def test_warnings_are_ten_at_most_errors_first(conn: Connection) -> None:
    for number in range(12):
        add_column(conn, f"warned {number}", "users", f"c_{number}")
    add_column(conn, "same", "users", "x")
    notices = notices_of(conn)
    intent = add_column(conn, "newcomer", "users", "x")
    assert len(notices) == 11
    assert "users.x [error" in notices[0].message
    assert all("[warning" in notice.message for notice in notices[1:10])
    total = value(conn, "select count(*) from coord.conflict where intent_a = %s", intent)
    assert total > 10
    assert notices[10].message.startswith(f"and {total - 10} more")
    assert f"coord.conflicts_of('{intent}')" in notices[10].hint


def test_same_agent_does_not_conflict_with_itself(conn: Connection) -> None:
    add_column(conn, "ada", "users", "same", feature="one")
    intent = add_column(conn, "ada", "users", "same", feature="two")
    assert conflicts(conn, intent) == []
    assert status(conn, intent) == "registered"


def test_timing_is_the_same_feature_by_different_agents(conn: Connection) -> None:
    add_column(conn, "ada", "users", "a", feature="Search")
    intent = add_column(conn, "bob", "orders", "b", feature="search")
    [conflict] = conflicts(conn, intent)
    assert conflict["conflict_type"] == "timing"
    assert conflict["severity"] == "warning"
    assert conflict["affected_objects"] == ["search"]
    third = add_column(conn, "ada", "invoices", "c", feature="SEARCH")
    assert [str(each["intent_b"]) for each in conflicts(conn, third)] == [intent]


def test_declared_tables_are_added_to_the_derived_ones(conn: Connection) -> None:
    first = register(
        conn, "ada", "ALTER TABLE orders ADD c int", tables_affected=["users", '"Odd Name"', "a.b"]
    )
    assert value(conn, "select tables_affected from coord.intent where id = %s", first) == [
        '"Odd Name"',
        "a.b",
        "orders",
        "users",
    ]
    assert value(conn, "select tables_declared from coord.intent where id = %s", first) == [
        '"Odd Name"',
        "a.b",
        "users",
    ]
    second = add_column(conn, "bob", "users", "c")
    [conflict] = conflicts(conn, second)
    assert (conflict["conflict_type"], conflict["severity"]) == ("table", "warning")


def test_check_says_what_registering_would(conn: Connection) -> None:
    add_column(conn, "ada", "users", "same", feature="one")
    add_column(conn, "eve", "users", "other", feature="three")
    before = state(conn)
    changes = "ALTER TABLE users ADD COLUMN same text"
    conn.execute("set default_transaction_read_only = on")
    checked = rows(
        conn,
        "select intent_id, agent_id, feature_name, conflict_type, severity, outcome,"
        " affected_objects, resolution_suggestions from coord.check_intent('bob', 'two', %s)",
        changes,
    )
    conn.execute("set default_transaction_read_only = off")
    assert state(conn) == before
    intent = register(conn, "bob", changes, "two")
    stored = rows(
        conn,
        "select c.intent_b as intent_id, i.agent_id, i.feature_name, c.conflict_type, c.severity,"
        " c.outcome, c.affected_objects, c.resolution_suggestions"
        " from coord.conflict c join coord.intent i on i.id = c.intent_b where c.intent_a = %s"
        " order by c.severity, i.intent_no, c.conflict_type",
        intent,
    )
    assert checked == stored
    assert {each["agent_id"] for each in checked} == {"ada", "eve"}


@pytest.mark.parametrize("threshold", ["error", "warning"])
def test_refuse_on_stores_nothing(conn: Connection, threshold: str) -> None:
    first = add_column(conn, "ada", "users", "same", feature="one")
    before = state(conn)
    with pytest.raises(psycopg.Error) as refused:
        add_column(conn, "bob", "users", "same", refuse_on=threshold)
    error = refused.value
    assert error.sqlstate == "IC004"
    assert f'"one" of ada ({first}' in (error.diag.message_detail or "")
    assert "users.same" in (error.diag.message_detail or "")
    assert error.diag.message_hint
    [machine] = json.loads(error.diag.datatype_name or "")
    assert machine["intent_id"] == first
    assert machine["affected_objects"] == ["users.same"]
    assert state(conn) == before


def test_refuse_on_error_lets_warnings_pass(conn: Connection) -> None:
    add_column(conn, "ada", "users", "a")
    intent = add_column(conn, "bob", "users", "b", refuse_on="ERROR")
    assert status(conn, intent) == "conflicted"
    with pytest.raises(psycopg.Error) as refused:
        add_column(conn, "eve", "users", "c", refuse_on="warning")
    assert refused.value.sqlstate == "IC004"


@pytest.mark.parametrize(
    ("feature", "branch"),
    [
        ("stripe_integration", "feature/stripe_integration_001"),
        ("Add user's e-mail!", "feature/add_user_s_e-mail_001"),
        ("x_002", "feature/x_002_001"),
        ("../../etc", "feature/etc_001"),
        ("a..b.lock", "feature/a_b_lock_001"),
        ("été", "feature/t_001"),
        ("支付", "feature/intent_001"),
        ("-dash", "feature/dash_001"),
        ("y" * 255, f"feature/{'y' * 100}_001"),
    ],
)
def test_branch_names(conn: Connection, feature: str, branch: str) -> None:
    add_column(conn, "ada", "users", "a", feature=feature)
    found = value(conn, "select branch_name from coord.intent")
    assert found == branch
    assert re.fullmatch(r"feature/[a-z0-9][a-z0-9_-]*_\d{3,}", found)


def test_branch_numbers_go_on_beyond_three_digits(conn: Connection) -> None:
    conn.execute("insert into coord.branch_counter values ('x', 998)")
    names = [value(conn, "select coord.allocate_branch('x')") for _ in range(3)]
    assert names == ["feature/x_999", "feature/x_1000", "feature/x_1001"]


def test_names_resolve_through_the_callers_path(conn: Connection) -> None:
    conn.execute("create schema billing; create table billing.invoices (id int)")
    conn.execute("set search_path = billing")
    first = register(conn, "ada", "alter table invoices add a int")
    conn.execute("reset search_path")
    assert value(conn, "select search_path from coord.intent where id = %s", first) == ["billing"]
    same = register(conn, "bob", "alter table billing.invoices add b int")
    assert len(conflicts(conn, same)) == 1
    other = register(conn, "eve", "alter table public.invoices add c int")
    assert conflicts(conn, other) == []
    given = register(conn, "joe", "alter table invoices add d int", search_path="billing, public")
    assert {str(each["intent_b"]) for each in conflicts(conn, given)} == {first, same}


def test_names_are_folded_and_quoted_as_the_server_does(conn: Connection) -> None:
    first = register(conn, "ada", "alter table users add a int")
    for number, spelling in enumerate(("USERS", '"users"', "public.users", 'PUBLIC."users"')):
        intent = register(conn, f"agent {number}", f"alter table {spelling} add c{number} int")
        assert str(conflicts(conn, intent)[0]["intent_b"]) in {
            first,
            *(str(each["intent_b"]) for each in conflicts(conn, intent)),
        }
        assert len(conflicts(conn, intent)) == number + 1
    other = register(conn, "eve", 'alter table "Users" add c int')
    assert conflicts(conn, other) == []


def test_ended_intents_are_found_no_more(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    conn.execute("select coord.mark_abandoned(%s)", (first,))
    second = add_column(conn, "bob", "users", "same")
    assert status(conn, second) == "registered"
    for step in ("mark_in_progress", "mark_completed"):
        conn.execute(f"select coord.{step}(%s)", (second,))
        third = add_column(conn, f"eve {step}", "users", "same")
        assert str(conflicts(conn, third)[0]["intent_b"]) == second, "active until it is merged"
        conn.execute("select coord.mark_abandoned(%s)", (third,))
    conn.execute("select coord.mark_merged(%s)", (second,))
    assert conflicts(conn, add_column(conn, "joe", "users", "same")) == []


def test_branch_hook_is_called_with_the_callers_rights(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    conn.execute("create table branches (name text, who name)")
    conn.execute(
        "create function make_branch(name text) returns void language sql as"
        " $$ insert into branches values (name, current_user) $$"
    )
    conn.execute(
        "update coord.setting set value = 'public.make_branch(text)' where name = 'branch_hook'"
    )
    add_column(conn, "ada", "users", "a", feature="hooked")
    assert rows(conn, "select * from branches") == [
        {"name": "feature/hooked_001", "who": conn.info.user}
    ]
    agent = connect()
    agent.execute("set role coord_agent")
    notices = notices_of(agent)
    add_column(agent, "bob", "orders", "b", feature="unhooked")
    [warning] = notices
    assert warning.severity == "WARNING"
    assert "permission denied" in warning.message
    assert value(conn, "select count(*) from coord.intent") == 2
    assert value(conn, "select count(*) from branches") == 1


def test_conflicts_are_notified_where_the_site_wants_it(conn: Connection) -> None:
    conn.execute("update coord.setting set value = 'coord' where name = 'notify_channel'")
    conn.execute("listen coord")
    add_column(conn, "ada", "users", "a")
    intent = add_column(conn, "bob", "users", "b")
    [notification] = conn.notifies(timeout=5, stop_after=1)
    assert json.loads(notification.payload) == {
        "event": "conflict_detected",
        "intent_id": intent,
        "conflicts": 1,
    }


def test_ten_thousand_objects_in_one_script(conn: Connection) -> None:
    script = [f"alter table t{number} add column c int" for number in range(10_000)]
    found = row(conn, "select * from coord.register_intent('ada', 'many', %s::text[])", script)
    assert len(found["tables_affected"]) == 10_000
    intent = add_column(conn, "bob", "t7777", "c")
    assert conflicts(conn, intent)[0]["affected_objects"] == ["t7777.c"]
    conn.execute("select coord.mark_abandoned(%s)", (found["intent_id"],))
    assert status(conn, intent) == "registered"


def test_five_thousand_intents_in_one_transaction(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    other = connect(autocommit=False)
    other.execute(
        "do $$ begin for n in 1..5000 loop perform coord.register_intent('ada', 'f' || n,"
        " format('alter table t%s add column c int', n)); end loop; end $$"
    )
    other.commit()
    assert value(conn, "select count(*) from coord.intent") == 5000
    assert value(conn, "select count(distinct branch_name) from coord.intent") == 5000


def test_prepared_calls_in_a_long_session(conn: Connection) -> None:
    conn.prepare_threshold = 0
    for number in range(20):
        add_column(conn, f"agent {number}", "users", f"c{number}")
    assert value(conn, "select count(*) from coord.conflict") == 20 * 19 // 2
