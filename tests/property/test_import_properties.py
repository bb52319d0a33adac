"""Whatever the old registry's tables hold: it is imported or reported, and history is intact."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from confiture_coord import import_registry
from tests.db.intents import Connection, problems, value
from tests.db.test_import import SOURCE, TABLES

STATUSES = ["registered", "in_progress", "completed", "merged", "abandoned", "conflicted"]
STATUSES += ["IN-PROGRESS", "conflict", "x"]
PLANS = [
    "ALTER TABLE users ADD COLUMN a int",
    "ALTER TABLE users ADD COLUMN a text",
    "CREATE TABLE users (id int)",
    "DROP TABLE users",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ select 1 $$",
    "ALTER TABEL users",
    "-- nothing",
    "",
]
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**40) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=2),
    max_leaves=5,
)
changes = st.lists(st.sampled_from(PLANS), max_size=3) | json_values
tables = st.lists(st.sampled_from(["users", "public.users", '"odd one', ""]), max_size=2)
times = st.sampled_from(["2026-01-01", "2025-06-01 12:00+02", "1999-12-31 23:59:59.999999+00"])

intent = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["int_1", "int_2", "x'; --", ""])
        | st.uuids().map(str)
        | st.uuids().map(lambda each: str(each).upper()),
        "agent_id": st.sampled_from(["ada", "bob", " eve "]) | words,
        "feature_name": st.sampled_from(["one", "two"]) | words,
        "branch_name": st.sampled_from(["feature/one_001", "feature/two_99999"]) | words,
        "schema_changes": changes,
        "tables_affected": tables | json_values,
        "estimated_duration_ms": st.none() | st.integers(-1, 2**31 - 1),
        "risk_level": st.none() | st.sampled_from(["low", "HIGH", "gigantic", ""]),
        "status": st.sampled_from(STATUSES),
        "metadata": st.dictionaries(words, json_values, max_size=2) | json_values,
        "created_at": times,
        "updated_at": times,
    }
)
conflict = st.fixed_dictionaries(
    {
        "conflict_type": st.sampled_from(["table", "COLUMN", "odd"]),
        "affected_objects": st.sampled_from([["users"], ["users.a"], ["PUBLIC.users"]])
        | json_values,
        "severity": st.sampled_from(["warning", "ERROR", "critical"]),
        "resolution_suggestions": json_values,
        "reviewed": st.none() | st.booleans(),
        "reviewed_at": st.none() | times,
        "resolution_notes": st.none() | words,
        "created_at": times,
    }
)
event = st.fixed_dictionaries(
    {
        "old_status": st.none() | st.sampled_from(STATUSES),
        "new_status": st.sampled_from(STATUSES),
        "reason": st.none() | words,
        "changed_by": st.none() | words,
        "changed_at": times,
    }
)
installations = st.tuples(
    st.lists(intent, max_size=5, unique_by=(lambda row: row["id"], lambda row: row["branch_name"])),
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), conflict), max_size=4),
    st.lists(st.tuples(st.integers(0, 4), event), max_size=6),
)


def fill(conn: Connection, table: str, row: dict[str, Any]) -> None:
    row = {
        name: json.dumps(each)
        if name in ("schema_changes", "tables_affected", "metadata", "affected_objects")
        or name == "resolution_suggestions"
        else each
        for name, each in row.items()
    }
    names = ", ".join(row)
    conn.execute(
        f"insert into {table} ({names}) values ({', '.join(['%s'] * len(row))})", [*row.values()]
    )


@pytest.fixture
def emptied(conn: Connection) -> Connection:
    conn.execute(SOURCE)
    conn.execute(f"truncate {', '.join(TABLES)}")
    conn.execute("select coord.register_intent('here', 'here', 'alter table users add b int')")
    return conn


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(installation=installations)
def test_everything_is_imported_or_reported(emptied: Connection, installation: Any) -> None:
    intents, conflicts, events = installation
    with emptied.transaction() as undone:
        for row in intents:
            fill(emptied, "tb_pggit_intent", row)
        ids = [row["id"] for row in intents]
        for one, other, row in conflicts:
            if max(one, other) < len(ids):
                fill(
                    emptied,
                    "tb_pggit_conflict",
                    {"intent_a": ids[one], "intent_b": ids[other]} | row,
                )
        for one, row in events:
            if one < len(ids):
                fill(emptied, "tb_pggit_intent_history", {"intent_id": ids[one]} | row)
        report = import_registry(emptied)
        left = [each["table"] for each in report["left"]]
        for kind, table in zip(("intents", "conflicts", "history"), TABLES, strict=True):
            assert report["imported"][kind] + left.count(table) == report["found"][kind]
        assert problems(emptied) == []
        assert (
            value(emptied, "select count(*) from coord.intent") == 1 + report["imported"]["intents"]
        )
        again = import_registry(emptied)
        assert set(again["imported"].values()) == {0}
        raise psycopg.Rollback(undone)
