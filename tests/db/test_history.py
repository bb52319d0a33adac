"""History is append-only, and what was done to it behind the guards' back is found."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.db.intents import (
    Connection,
    add_column,
    events,
    move,
    problems,
    register,
    row,
    rows,
    value,
)


@pytest.fixture
def storied(conn: Connection) -> str:
    """A database with some history; returns one of its intents."""
    intent = add_column(conn, "ada", "users", "a")
    add_column(conn, "bob", "users", "b")
    move(conn, intent, "in_progress")
    move(conn, intent, "completed")
    return intent


@pytest.mark.parametrize(
    "attack",
    [
        "update coord.intent_history set reason = 'x'",
        "delete from coord.intent_history",
        "truncate coord.intent_history",
        "truncate coord.intent cascade",
        "delete from coord.intent",
        "with gone as (delete from coord.intent returning 1) select * from gone",
        "update coord.intent_history set id = id + 1000",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_changing_the_past_is_refused(
    conn: Connection, storied: str, attack: str, role: str
) -> None:
    before = rows(conn, "select * from coord.intent_history order by id")
    conn.execute(f"set session_replication_role = {role}")
    with pytest.raises(psycopg.Error) as refused:
        conn.execute(attack)
    assert refused.value.sqlstate == "IC003"
    assert refused.value.diag.message_hint
    assert rows(conn, "select * from coord.intent_history order by id") == before


def tamper(conn: Connection, statement: str) -> None:
    """What an owner can do who switches every guard off and on again."""
    tables = ("intent_history", "intent", "conflict")
    for table in tables:
        conn.execute(f"alter table coord.{table} disable trigger all")
    conn.execute("set session_replication_role = replica")
    conn.execute(statement)
    conn.execute("set session_replication_role = origin")
    for table in tables:
        conn.execute(f"alter table coord.{table} enable trigger all")
    for trigger in rows(
        conn,
        "select tgname, tgrelid::regclass as relation from pg_trigger where not tgisinternal"
        " and tgrelid::regclass::text like 'coord.%%' and tgenabled = 'O'"
        " and tgname not like 'setting%%'",
    ):
        conn.execute(f"alter table {trigger['relation']} enable always trigger {trigger['tgname']}")


LAST = "(select max(id) from coord.intent_history)"
REHASH = """
    update coord.intent_history h set row_hash = coord._history_hash(h.id, h.intent_id,
        h.intent_row, h.event, h.old_status, h.new_status, h.conflict_id, h.details, h.reason,
        h.changed_by, h.session_role, h.changed_at, h.previous_hash) where h.id = {id};
    update coord.intent i set history_hash = h.row_hash from coord.intent_history h
    where h.id = {id} and i.id = h.intent_id and i.history_rows = h.intent_row;
"""

TAMPERINGS = {
    "reason": f"update coord.intent_history set reason = 'x' where id = {LAST}",
    "actor": "update coord.intent_history set changed_by = 'x' where id = 1",
    "time": "update coord.intent_history set changed_at = changed_at + interval '1 us'",
    "role": "update coord.intent_history set session_role = 'x' where id = 2",
    "details": """update coord.intent_history set details = '{"a": 1}' where id = 1""",
    "first row removed": "delete from coord.intent_history where intent_row = 1",
    "middle row removed": "delete from coord.intent_history where intent_row = 2",
    "tail removed": f"delete from coord.intent_history where id = {LAST}",
    "all removed": "delete from coord.intent_history",
    "intent removed": "delete from coord.intent where agent_id = 'bob'",
    "status by hand": "update coord.intent set status = 'merged'",
    "row inserted": """
        insert into coord.intent_history (intent_id, intent_row, event, old_status, new_status,
            changed_by, session_role, changed_at, previous_hash, row_hash)
        select intent_id, 9, event, new_status, new_status, 'x', 'x', now(), row_hash, sha256('x')
        from coord.intent_history where id = 1""",
    "rows exchanged": """
        update coord.intent_history set intent_row = intent_row + 100 where intent_row > 1
            and new_status in ('in_progress', 'completed');
        update coord.intent_history set intent_row = 105 - intent_row where intent_row > 100""",
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_tampering_is_found(conn: Connection, storied: str, what: str) -> None:
    assert problems(conn) == []
    tamper(conn, TAMPERINGS[what])
    found = problems(conn)
    assert found
    assert not any("trigger" in problem for problem in found)


def test_tail_cut_off_with_the_intents_memory_of_it_is_found_by_a_digest(
    conn: Connection, storied: str
) -> None:
    digest = value(conn, "select coord.history_digest()")
    tamper(
        conn,
        f"""
        with cut as (delete from coord.intent_history where id = {LAST} returning *)
        update coord.intent i set history_rows = i.history_rows - 1, status = cut.old_status,
            history_hash = cut.previous_hash from cut where i.id = cut.intent_id""",
    )
    assert problems(conn) == []  # inside the database nothing is left that could tell
    assert problems(conn, digest) != []


def test_row_forged_with_a_fitting_hash_is_found_by_a_digest(
    conn: Connection, storied: str
) -> None:
    digest = value(conn, "select coord.history_digest()")
    tamper(conn, f"update coord.intent_history set reason = 'forged' where id = {LAST}")
    last = value(conn, f"select {LAST}")
    tamper(conn, REHASH.format(id=last))
    assert problems(conn) == []
    assert problems(conn, digest) != []


def test_digest_verifies_after_later_rows(conn: Connection, storied: str) -> None:
    digest = value(conn, "select coord.history_digest()")
    assert problems(conn, digest) == []
    move(conn, storied, "merged")
    add_column(conn, "eve", "users", "c")
    assert problems(conn, digest) == []


def test_digest_of_nothing_verifies(conn: Connection) -> None:
    digest = value(conn, "select coord.history_digest()")
    assert problems(conn, digest) == []
    add_column(conn, "ada", "users", "a")
    assert problems(conn, digest) == []


def test_digest_verifies_after_rows_that_were_in_flight(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    slow = connect(autocommit=False)
    add_column(slow, "slow", "elsewhere", "a")
    add_column(conn, "fast", "users", "a")
    digest = value(conn, "select coord.history_digest()")
    assert problems(conn, digest) == []
    slow.commit()
    assert problems(conn, digest) == []
    assert "/1-1/" in digest or "-" in digest.split("/")[3]


def test_rolled_back_rows_are_no_problem(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    add_column(conn, "ada", "users", "a")
    other = connect(autocommit=False)
    add_column(other, "bob", "elsewhere", "b")
    other.rollback()
    add_column(conn, "ada", "users", "c")
    digest = value(conn, "select coord.history_digest()")
    add_column(conn, "ada", "users", "d")
    assert problems(conn, digest) == []


def test_what_is_no_digest_is_refused(conn: Connection) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        problems(conn, "coord:1")
    assert "history_digest()" in (refused.value.diag.message_hint or "")


@pytest.mark.parametrize("how", ["disable", "enable", "enable replica"])
def test_guards_that_do_not_guard_are_reported_with_what_mends_them(
    conn: Connection, how: str
) -> None:
    guards = rows(
        conn,
        "select tgname as name, tgrelid::regclass::text as relation from pg_trigger"
        " where not tgisinternal and tgrelid in"
        " ('coord.intent'::regclass, 'coord.intent_history'::regclass,"
        " 'coord.archived_history'::regclass)",
    )
    assert len(guards) == 8
    for guard in guards:
        conn.execute(f"alter table {guard['relation']} {how} trigger {guard['name']}")
        [problem] = problems(conn)
        assert guard["name"] in problem
        [reported] = value(conn, "select problems from coord.detector_check()")
        assert reported == problem
        conn.execute(problem.partition("mend it with: ")[2])
        assert problems(conn) == []


def test_history_does_not_depend_on_the_sessions_settings(
    conn: Connection, storied: str, connect: Callable[..., Connection]
) -> None:
    digest = value(conn, "select coord.history_digest()")
    other = connect(options="-c TimeZone=Asia/Tokyo -c DateStyle=German -c IntervalStyle=iso_8601")
    assert problems(other, digest) == []
    add_column(other, "tokyo", "users", "t")
    assert problems(conn, digest) == []
    assert value(other, "select coord.history_digest()") == value(
        conn, "select coord.history_digest()"
    )


def test_review_is_in_both_chains(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    second = add_column(conn, "bob", "users", "same")
    conflict = value(conn, "select max(id) from coord.conflict where severity = 'error'")
    conn.execute(
        "select coord.resolve_conflict(%s, 'bob renames', 'warning', 'carol')", (conflict,)
    )
    for intent in (first, second):
        review = row(
            conn,
            "select changed_by, reason, conflict_id, details from coord.intent_history"
            " where intent_id = %s and event = 'reviewed'",
            intent,
        )
        assert review["changed_by"] == "carol"
        assert review["reason"] == "bob renames"
        assert review["conflict_id"] == conflict
        assert review["details"]["severity_before"] == "error"
        assert review["details"]["severity"] == "warning"
    assert problems(conn) == []


def test_conflict_marked_reviewed_by_hand_is_found(conn: Connection) -> None:
    add_column(conn, "ada", "users", "same")
    add_column(conn, "bob", "users", "same")
    conn.execute(
        "update coord.conflict set reviewed = true, reviewed_at = now(), reviewed_by = 'x'"
    )
    assert any("no review of it" in problem for problem in problems(conn))


def test_amendment_keeps_the_plan_that_it_replaced(conn: Connection) -> None:
    intent = register(conn, "ada", "alter table users add column a text")
    conn.execute("select coord.amend_intent(%s, 'alter table users add column b text')", (intent,))
    last = row(
        conn,
        "select event, details from coord.intent_history where intent_id = %s"
        " order by intent_row desc limit 1",
        intent,
    )
    assert last["event"] == "amended"
    assert last["details"]["schema_changes_before"] == ["alter table users add column a text"]
    assert last["details"]["schema_changes"] == ["alter table users add column b text"]
    assert events(conn, intent)[0] == ("registered", None, "registered")


def test_rows_that_came_by_copy_are_found(conn: Connection, storied: str) -> None:
    """COPY FREEZE too, which writes rows that look as if they had always been there."""
    conn.execute("create table kept as select * from coord.intent_history")
    kept = rows(conn, "select * from kept order by id")
    for freeze in ("", " (freeze)"):
        with conn.transaction(force_rollback=True):
            conn.execute("alter table coord.intent_history disable trigger user")
            conn.execute("truncate coord.intent_history")
            conn.execute("update kept set reason = 'forged' where intent_row = 2")
            with conn.cursor() as cursor, cursor.copy("copy kept to stdout") as out:
                data = b"".join(bytes(block) for block in out)
            with conn.cursor() as cursor, cursor.copy(
                f"copy coord.intent_history from stdin{freeze}"
            ) as into:  # fmt: skip
                into.write(data)
            conn.execute("alter table coord.intent_history enable trigger user")
            found = problems(conn)
            assert "the row was changed after it was written" in found
    assert rows(conn, "select * from coord.intent_history order by id") == kept


def test_every_function_is_known(conn: Connection) -> None:
    """What the check of functions compares with is all there is, and one changed body is seen."""
    assert problems(conn) == []
    functions = rows(
        conn,
        "select p.oid::regprocedure::text as name, pg_get_functiondef(p.oid) as definition,"
        " prosrc from pg_proc p where p.pronamespace = 'coord'::regnamespace"
        " and prosqlbody is null and p.proname not in ('verify_history', '_function_problems')",
    )
    assert len(functions) > 100
    changed = [
        each["definition"].replace(each["prosrc"], each["prosrc"] + " ") for each in functions
    ]
    with conn.transaction(force_rollback=True):
        conn.execute("set local check_function_bodies = off")
        for definition in changed:
            conn.execute(definition)
        told = rows(conn, "select problem from coord._function_problems()")
        assert len(told) == len(functions)
        for each in functions:
            assert any(each["name"] in problem["problem"] for problem in told), each["name"]
    assert problems(conn) == []
