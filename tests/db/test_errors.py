"""Every refusal: its SQLSTATE, what it says, what to do next, and that nothing is stored."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.db.intents import Connection, add_column, rows, state

NOBODY = "00000000-0000-0000-0000-000000000000"
CHANGES = "'alter table users add c int'"

REFUSED = [
    # call, SQLSTATE, message
    ("register_intent(null, 'f', {c})", "22004", "agent_id must not be null"),
    ("register_intent('', 'f', {c})", "22023", "agent_id must not be empty"),
    ("register_intent(e' \\t ', 'f', {c})", "22023", "agent_id must not be empty"),
    ("register_intent('a', null, {c})", "22004", "feature_name must not be null"),
    ("register_intent('a', '  ', {c})", "22023", "feature_name must not be empty"),
    ("register_intent(e'a\\nb', 'f', {c})", "22023",
     "agent_id must not contain control characters"),
    ("register_intent(repeat('a', 256), 'f', {c})", "54000", "agent_id is too long"),
    ("register_intent('a', repeat('a', 256), {c})", "54000", "feature_name is too long"),
    ("register_intent('a', 'f', {c}, risk_level => 'huge')", "22023",
     'risk_level cannot be "huge"'),
    ("register_intent('a', 'f', {c}, risk_level => null)", "22004", "risk_level must not be null"),
    ("register_intent('a', 'f', {c}, refuse_on => 'x')", "22023", 'refuse_on cannot be "x"'),
    ("register_intent('a', 'f', {c}, estimated_duration_ms => -1)", "22023",
     "estimated_duration_ms must not be negative"),
    ("register_intent('a', 'f', {c}, metadata => '[1]')", "22023",
     "metadata must be a JSON object"),
    ("register_intent('a', 'f', {c}, metadata => jsonb_build_object('a', repeat('x', 100000)))",
     "54000", "metadata is too large"),
    ("register_intent('a', 'f', {c}, tables_affected => '{{\"\"}}')", "22023",
     "tables_affected contains an empty name"),
    ("register_intent('a', 'f', {c}, tables_affected => '{{\"a; drop table b\"}}')", "22023",
     "tables_affected contains something that is not a table name"),
    ("register_intent('a', 'f', {c}, tables_affected => array[null]::text[])", "22023",
     "tables_affected contains an empty name"),
    ("register_intent('a', 'f', {c}, search_path => 'a b')", "22023",
     "search_path is not a list of schema names"),
    ("register_intent('a', 'f', {c}, search_path => 'a; select 1')", "22023",
     "search_path is not a list of schema names"),
    ("register_intent('a', 'f', repeat('select 1;', 200000))", "54000", None),
    ("register_intent('a', 'f', '\\d users')", "42601", None),
    ("mark_in_progress(null)", "22004", "intent_id must not be null"),
    (f"mark_in_progress('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    (f"mark_completed('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    (f"mark_merged('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    (f"mark_abandoned('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    (f"amend_intent('{NOBODY}', {{c}})", "IC001", f"intent {NOBODY} does not exist"),
    (f"recheck('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    (f"heartbeat('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    (f"conflicts_of('{NOBODY}')", "IC001", f"intent {NOBODY} does not exist"),
    ("conflicts_of(null)", "22004", "intent_id must not be null"),
    (f"merge_order(array['{NOBODY}'::uuid])", "IC001", f"intent {NOBODY} does not exist"),
    ("resolve_conflict(4711, 'ok')", "IC005", "conflict 4711 does not exist"),
    ("resolve_conflict(null, 'ok')", "22004", "conflict_id must not be null"),
    ("resolve_conflict(1, '')", "22023", "notes must say what was agreed"),
    ("resolve_conflict(1, null)", "22004", "notes must say what was agreed"),
    ("resolve_conflict(1, 'ok', 'fatal')", "22023", 'severity cannot be "fatal"'),
    ("resolve_conflict(1, repeat('x', 10001))", "54000", "notes is too long"),
    ("ignore(' ')", "22023", "an ignore rule needs a reason"),
    ("ignore('why')", "22004", "an ignore rule needs something to match"),
    ("ignore('why', 'table', expires_at => '2000-01-01')", "22023", "expires_at is over"),
    ("unignore(4711)", "22023", "ignore rule 4711 does not exist"),
    ("bind_agent('a', 'no_such_role')", "42704", 'role "no_such_role" does not exist'),
    ("stale_intents('-1 day')", "22023", "older_than must be an interval that is not negative"),
    ("abandon_stale(null, 'x')", "22004", "older_than must be an interval that is not negative"),
    ("abandon_stale('1 day', '')", "22023", "abandoning needs a reason"),
    ("compare_changes('select 1', 'select 1', null, null)", "22004",
     "use_catalog must not be null"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "sqlstate", "message"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refusal(conn: Connection, call: str, sqlstate: str, message: str | None) -> None:
    before = state(conn)
    with pytest.raises(psycopg.Error) as refused:
        rows(conn, f"select * from coord.{call.format(c=CHANGES)}")
    diag = refused.value.diag
    assert refused.value.sqlstate == sqlstate, refused.value
    if message is not None:
        assert diag.message_primary == message
    assert diag.message_hint
    assert diag.message_detail != ""
    assert state(conn) == before


def test_ddl_that_does_not_parse(conn: Connection) -> None:
    before = state(conn)
    script = "create table a (i int);\nalter table b\n  ad column c int"
    with pytest.raises(psycopg.errors.SyntaxError) as refused:
        rows(conn, "select coord.register_intent('a', 'f', %s::text)", script)
    diag = refused.value.diag
    assert diag.message_primary == 'syntax error at or near "ad"'
    assert diag.message_detail == ("statement 2, line 3, column 3:\n  ad column c int\n  ^")
    assert diag.message_hint
    assert state(conn) == before


def test_blocked_start_lists_the_conflicts_for_people_and_programs(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same", feature="one")
    second = add_column(conn, "bob", "users", "same", feature="two")
    for intent, other in ((first, second), (second, first)):
        before = state(conn)
        with pytest.raises(psycopg.Error) as refused:
            conn.execute("select coord.mark_in_progress(%s)", (intent,))
        assert refused.value.sqlstate == "IC004"
        diag = refused.value.diag
        assert other in (diag.message_detail or "")
        assert "users.same" in (diag.message_detail or "")
        assert "coord.resolve_conflict(" in (diag.message_hint or "")
        found: list[dict[str, Any]] = json.loads(diag.datatype_name or "")
        assert [each["affected_objects"] for each in found] == [["users.same"]]
        assert state(conn) == before


def test_plan_of_an_ended_intent_is_left_alone(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a")
    conn.execute("select coord.mark_abandoned(%s)", (intent,))
    before = state(conn)
    for call in ("amend_intent(%s, 'select 1')", "recheck(%s)", "heartbeat(%s)"):
        with pytest.raises(psycopg.Error) as refused:
            conn.execute(f"select coord.{call}", (intent,))
        assert refused.value.sqlstate == "IC002"
        assert refused.value.diag.message_hint
    assert state(conn) == before


def test_cancelled_registration_leaves_nothing(conn: Connection) -> None:
    before = state(conn)
    conn.execute("set statement_timeout = '50ms'")
    script = [f"alter table t{number} add column c int" for number in range(15_000)]
    with pytest.raises(psycopg.errors.QueryCanceled):
        conn.execute("select coord.register_intent('ada', 'many', %s::text[])", (script,))
    conn.execute("reset statement_timeout")
    assert state(conn) == before
    add_column(conn, "ada", "users", "a")
