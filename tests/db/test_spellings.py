"""Changes as a script or as a list, from drivers that say which, and from those that do not."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.db.intents import Connection, row, rows, value

ONE = "alter table users add column a int"
TWO = "alter table orders add column b int"

UNTYPED = {
    "list": [ONE, TWO],
    "string": f"{ONE}; {TWO}",
    "list with a script": [f"{ONE}; {TWO}"],
}


@pytest.mark.parametrize("changes", UNTYPED.values(), ids=UNTYPED.keys())
def test_untyped_parameter(conn: Connection, changes: Any) -> None:
    register = "select * from coord.register_intent('ada', 'f', %s)"
    assert row(conn, register, changes)["tables_affected"] == ["orders", "users"]
    assert value(conn, "select schema_changes from coord.intent") == [ONE, TWO]
    numbers = {
        each["statement_no"] for each in rows(conn, "select * from coord.footprint(%s)", changes)
    }
    assert numbers == {1, 2}
    assert rows(conn, "select * from coord.check_intent('bob', 'g', %s)", changes)
    assert rows(conn, "select * from coord.compare_changes(%s, %s)", changes, changes)


@pytest.mark.parametrize(
    ("changes", "sqlstate"),
    [
        (None, "22004"),
        ("", "22023"),
        ("   \n", "22023"),
        ("-- only a comment", "22023"),
        (";;", "22023"),
        ([], "22023"),
        ([""], "22023"),
        ([ONE, None], "22004"),
    ],
)
@pytest.mark.parametrize("cast", ["", "::text[]"])
@pytest.mark.parametrize(
    "call",
    [
        "coord.register_intent('ada', 'f', {})",
        "coord.check_intent('ada', 'f', {})",
        "coord.footprint({})",
        "coord.compare_changes({}, 'select 1'::text)",
        "coord.compare_changes(array['select 1'], {})",
    ],
)
def test_nothing_to_do(conn: Connection, changes: Any, sqlstate: str, cast: str, call: str) -> None:
    if cast and isinstance(changes, str):
        changes = [changes]
    with pytest.raises(psycopg.Error) as refused:
        rows(conn, f"select * from {call.format('%s' + cast)}", changes)
    assert refused.value.sqlstate == sqlstate
    assert refused.value.diag.message_hint
    assert value(conn, "select count(*) from coord.intent") == 0


def test_all_four_spellings_of_compare(conn: Connection) -> None:
    texts = ("%s::text", "%s::text[]")
    for a in texts:
        for b in texts:
            given = [ONE if cast == "%s::text" else [ONE] for cast in (a, b)]
            found = rows(conn, f"select * from coord.compare_changes({a}, {b})", *given)
            assert [each["conflict_type"] for each in found] == ["column"], (a, b)


def test_named_notation(conn: Connection) -> None:
    conn.execute(
        "select coord.register_intent(agent_id => 'ada', feature_name => 'f',"
        " schema_changes => array['alter table users add a int'], metadata => '{\"k\": 1}',"
        " estimated_duration_ms => 5, risk_level => 'HIGH', tables_affected => '{orders}')"
    )
    stored = row(conn, "select * from coord.intent")
    assert stored["risk_level"] == "high"
    assert stored["metadata"] == {"k": 1}
    assert stored["estimated_duration_ms"] == 5
    assert stored["tables_affected"] == ["orders", "users"]
    conn.execute(
        "select * from coord.check_intent(agent_id => 'bob', feature_name => 'g',"
        " schema_changes => 'alter table users add a int', tables_affected => null)"
    )
    conn.execute(
        "select * from coord.footprint(schema_changes => 'select 1', search_path => 'public')"
    )
    conn.execute(
        "select * from coord.compare_changes(changes_a => 'select 1',"
        " changes_b => array['select 1'], use_catalog => false)"
    )
