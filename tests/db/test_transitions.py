"""Every status against every status, as the rows of coord.status_transition say."""

from __future__ import annotations

import psycopg
import pytest

from tests.db.intents import (
    Connection,
    add_column,
    events,
    move,
    problems,
    row,
    rows,
    status,
    value,
)

MARKS = {
    "in_progress": "mark_in_progress",
    "completed": "mark_completed",
    "merged": "mark_merged",
    "abandoned": "mark_abandoned",
}


def way_to(conn: Connection, wanted: str) -> list[str]:
    """The shortest way from registered to a status, by legal moves."""
    ways: dict[str, list[str]] = {"registered": []}
    edges = legal(conn)
    while wanted not in ways:
        found = {
            new: [*way, new]
            for old, way in ways.items()
            for before, new in edges
            if before == old and new not in ways
        }
        assert found, f"no way to {wanted}"
        ways |= found
    return ways[wanted]


def intent_in(conn: Connection, wanted: str) -> str:
    number = value(conn, "select count(*) from coord.intent")
    intent = add_column(conn, f"agent {number}", f"table_{number}", "c")
    for step in way_to(conn, wanted):
        move(conn, intent, step)
    return intent


def legal(conn: Connection) -> set[tuple[str, str]]:
    return {
        (each["old_status"], each["new_status"])
        for each in rows(conn, "select old_status, new_status from coord.status_transition")
    }


def all_pairs(conn: Connection) -> list[tuple[str, str]]:
    known = [each["status"] for each in rows(conn, "select status from coord.status order by 1")]
    return [(old, new) for old in known for new in known]


def test_legal_moves_are_the_contracts(conn: Connection) -> None:
    assert legal(conn) == {
        ("registered", "in_progress"),
        ("registered", "conflicted"),
        ("registered", "abandoned"),
        ("conflicted", "registered"),
        ("conflicted", "in_progress"),
        ("conflicted", "abandoned"),
        ("in_progress", "completed"),
        ("in_progress", "conflicted"),
        ("in_progress", "abandoned"),
        ("completed", "merged"),
        ("completed", "in_progress"),
        ("completed", "conflicted"),
        ("completed", "abandoned"),
    }


SITE = """
    insert into coord.status (status, is_active, refuses_errors, moots_conflicts) values
        ('pending_review', true, false, false), ('approved', true, true, false),
        ('rejected', false, false, true);
    insert into coord.status_transition values
        ('registered', 'pending_review'), ('pending_review', 'approved'),
        ('pending_review', 'rejected'), ('pending_review', 'registered'),
        ('approved', 'in_progress'), ('completed', 'completed'), ('merged', 'in_progress');
"""


@pytest.mark.parametrize("statuses", ["built in", "of a site"])
@pytest.mark.parametrize("by", ["function", "update"])
def test_every_pair_does_what_its_row_says(conn: Connection, by: str, statuses: str) -> None:
    if statuses == "of a site":
        conn.execute(SITE)
    allowed = legal(conn)
    active = {
        each["status"]: each["is_active"]
        for each in rows(conn, "select status, is_active from coord.status")
    }
    for old, new in all_pairs(conn):
        if by == "update" and old == new:
            continue  # an UPDATE to the same value is no move; see the next test
        intent = intent_in(conn, old)
        before = events(conn, intent)
        if by == "function":
            query = (
                f"select coord.{MARKS[new]}(%s)"
                if new in MARKS
                else (f"select coord.move_intent(%s, '{new}')")
            )
        else:
            query = f"update coord.intent set status = '{new}' where id = %s"
        if (old, new) in allowed:
            conn.execute(query, (intent,))
            assert status(conn, intent) == new
            assert events(conn, intent) == [*before, ("transition", old, new)]
            found = rows(
                conn,
                "select is_active from coord.intent_key join coord.intent using (intent_no)"
                " where id = %s",
                intent,
            )
            assert {each["is_active"] for each in found} == {active[new]}
        else:
            with pytest.raises(psycopg.Error) as refused:
                conn.execute(query, (intent,))
            assert refused.value.sqlstate == "IC002", (old, new)
            assert refused.value.diag.message_primary == (
                f"an intent cannot move from {old} to {new}"
            )
            assert refused.value.diag.message_detail == f"intent {intent} is {old}"
            ways_out = sorted(after for before_, after in allowed if before_ == old)
            for way in ways_out:
                assert way in (refused.value.diag.message_hint or "")
            if not ways_out:
                assert "final" in (refused.value.diag.message_hint or "")
            assert status(conn, intent) == old
            assert events(conn, intent) == before
    assert problems(conn) == []


def test_update_to_the_same_status_changes_and_records_nothing(conn: Connection) -> None:
    intent = intent_in(conn, "in_progress")
    before = events(conn, intent)
    conn.execute("update coord.intent set status = 'in_progress' where id = %s", (intent,))
    assert events(conn, intent) == before


def test_unknown_status_is_refused_with_the_legal_moves(conn: Connection) -> None:
    intent = intent_in(conn, "registered")
    with pytest.raises(psycopg.Error) as refused:
        move(conn, intent, "deployed")
    assert refused.value.sqlstate == "IC002"
    assert refused.value.diag.message_hint == (
        "from registered it can move to: abandoned, conflicted, in_progress"
    )


def test_status_of_a_sites_own(conn: Connection) -> None:
    conn.execute(
        "insert into coord.status (status, is_active, description)"
        " values ('pending_review', true, 'somebody looks'), ('rejected', false, 'no')"
    )
    conn.execute(
        "insert into coord.status_transition (old_status, new_status) values"
        " ('completed', 'pending_review'), ('pending_review', 'merged'),"
        " ('pending_review', 'rejected')"
    )
    intent = intent_in(conn, "completed")
    assert move(conn, intent, "pending_review") == "pending_review"
    # still active: others are warned of it
    table = value(conn, "select tables_affected[1] from coord.intent where id = %s", intent)
    assert rows(
        conn, f"select * from coord.check_intent('x', 'y', 'alter table {table} add d int')"
    )
    assert move(conn, intent, "rejected") == "rejected"
    assert not rows(
        conn, f"select * from coord.check_intent('x', 'y', 'alter table {table} add d int')"
    )
    assert problems(conn) == []


def test_reason_and_actor_reach_history_and_nothing_else_does(conn: Connection) -> None:
    intent = intent_in(conn, "registered")
    conn.execute("select coord.mark_in_progress(%s, 'because', 'somebody')", (intent,))
    last = row(
        conn,
        "select reason, changed_by, session_role, details::text from coord.intent_history"
        " where intent_id = %s order by intent_row desc limit 1",
        intent,
    )
    assert last == {
        "reason": "because",
        "changed_by": "somebody",
        "session_role": conn.info.user,
        "details": "{}",
    }
    assert value(conn, "select pending_event from coord.intent where id = %s", intent) is None


@pytest.mark.parametrize(
    "column",
    [
        "id = gen_random_uuid()",
        "agent_id = 'somebody else'",
        "feature_name = 'x'",
        "branch_name = 'feature/x'",
        "created_at = now()",
        "history_rows = 7",
        "history_hash = sha256('')",
        "intent_no = 4711",
    ],
)
def test_who_declared_an_intent_does_not_change(conn: Connection, column: str) -> None:
    intent = intent_in(conn, "registered")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState):
        conn.execute(f"update coord.intent set {column} where id = %s", (intent,))


def test_plan_changes_by_amendment_only(conn: Connection) -> None:
    intent = intent_in(conn, "registered")
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState) as refused:
        conn.execute("update coord.intent set schema_changes = '{select 1}'")
    assert "amend_intent" in (refused.value.diag.message_hint or "")
    assert events(conn, intent) == [("registered", None, "registered")]
