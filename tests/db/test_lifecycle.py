"""What moves, reviews and amendments do to conflicts, and to the other side."""

from __future__ import annotations

import json

import psycopg
import pytest

from tests.db.intents import (
    Connection,
    add_column,
    conflicts,
    events,
    move,
    notices_of,
    problems,
    register,
    row,
    rows,
    status,
    value,
)


def review(conn: Connection, conflict: int, severity: str | None = None) -> None:
    conn.execute("select coord.resolve_conflict(%s, 'agreed', %s)", (conflict, severity))


def last_reason(conn: Connection, intent: str) -> str:
    return str(
        value(
            conn,
            "select reason from coord.intent_history where intent_id = %s"
            " order by intent_row desc limit 1",
            intent,
        )
    )


def amend(conn: Connection, intent: str, changes: str) -> dict[str, object]:
    return row(conn, "select * from coord.amend_intent(%s, %s::text)", intent, changes)


def test_last_review_returns_the_newcomer(conn: Connection) -> None:
    add_column(conn, "ada", "users", "same")
    add_column(conn, "bob", "orders", "other")
    intent = register(
        conn,
        "eve",
        "alter table users add column same text; alter table orders add column x int",
    )
    open_ones = [each["id"] for each in conflicts(conn, intent) if each["is_open"]]
    assert len(open_ones) >= 2
    for conflict in open_ones[:-1]:
        review(conn, conflict)
        assert status(conn, intent) == "conflicted"
    review(conn, open_ones[-1])
    assert status(conn, intent) == "registered"
    assert last_reason(conn, intent) == (
        f"no open conflict is left: conflict {open_ones[-1]} was reviewed"
    )
    assert problems(conn) == []


def test_review_may_change_the_severity(conn: Connection) -> None:
    add_column(conn, "ada", "users", "same")
    intent = add_column(conn, "bob", "users", "same")
    [conflict] = [each for each in conflicts(conn, intent) if each["severity"] == "error"]
    found = row(
        conn,
        "select r.* from coord.resolve_conflict(%s, 'agreed', 'WARNING', 'carol') r",
        conflict["id"],
    )
    assert found["severity"] == "warning"
    assert found["reviewed"] is True
    assert found["reviewed_by"] == "carol"
    assert found["resolution_notes"] == "agreed"


def test_both_sides_are_held_back_by_an_open_error(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    second = add_column(conn, "bob", "users", "same")
    for intent in (first, second):
        with pytest.raises(psycopg.Error) as refused:
            move(conn, intent, "in_progress")
        assert refused.value.sqlstate == "IC004"
        with pytest.raises(psycopg.Error) as refused:
            conn.execute("update coord.intent set status = 'in_progress' where id = %s", (intent,))
        assert refused.value.sqlstate == "IC004"
    for each in conflicts(conn, second):
        if each["severity"] == "error":
            review(conn, each["id"])
    assert move(conn, first, "in_progress") == "in_progress"
    assert move(conn, second, "in_progress") == "in_progress"


def test_rework_is_held_back_too(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    move(conn, first, "in_progress")
    move(conn, first, "completed")
    add_column(conn, "bob", "users", "same")
    with pytest.raises(psycopg.Error) as refused:
        move(conn, first, "in_progress")
    assert refused.value.sqlstate == "IC004"
    assert move(conn, first, "merged") == "merged"


def test_warnings_hold_nobody_back(conn: Connection) -> None:
    add_column(conn, "ada", "users", "a")
    second = add_column(conn, "bob", "users", "b")
    assert move(conn, second, "in_progress") == "in_progress"
    assert [each["is_open"] for each in conflicts(conn, second)] == [True]


@pytest.mark.parametrize("by", ["function", "update"])
def test_abandoning_frees_the_other_side(conn: Connection, by: str) -> None:
    first = add_column(conn, "ada", "users", "same", feature="one")
    second = add_column(conn, "bob", "users", "same")
    if by == "function":
        move(conn, first, "abandoned")
    else:
        conn.execute("update coord.intent set status = 'abandoned' where id = %s", (first,))
    assert status(conn, second) == "registered"
    assert last_reason(conn, second) == ("no open conflict is left: feature/one_001 was abandoned")
    for each in conflicts(conn, second):
        assert not each["is_open"]
        assert not each["reviewed"]
        assert each["moot_reason"] == "feature/one_001 was abandoned"
    assert problems(conn) == []


def test_merging_leaves_the_other_side_to_adapt(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "a")
    second = add_column(conn, "bob", "users", "b")
    for step in ("in_progress", "completed", "merged"):
        move(conn, first, step)
    assert status(conn, second) == "conflicted"
    assert [each["is_open"] for each in conflicts(conn, second)] == [True]


def test_conflict_found_at_work_returns_there(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a")
    add_column(conn, "bob", "orders", "same")
    move(conn, intent, "in_progress")
    amend(conn, intent, "alter table orders add column same text")
    assert status(conn, intent) == "conflicted"
    for each in conflicts(conn, intent):
        review(conn, each["id"])
    assert status(conn, intent) == "in_progress"
    assert [event[1:] for event in events(conn, intent)][-1] == ("conflicted", "in_progress")


def test_conflict_found_after_completion_returns_to_work(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a")
    add_column(conn, "bob", "orders", "same")
    move(conn, intent, "in_progress")
    move(conn, intent, "completed")
    amend(conn, intent, "alter table orders add column same text")
    assert status(conn, intent) == "conflicted"
    for each in conflicts(conn, intent):
        review(conn, each["id"])
    assert status(conn, intent) == "in_progress"


def test_amending_into_a_warning_leaves_work_alone(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a")
    add_column(conn, "bob", "orders", "b")
    move(conn, intent, "in_progress")
    notices = notices_of(conn)
    found = amend(conn, intent, "alter table orders add column c text")
    assert found == {"status": "in_progress", "tables_affected": ["orders"], "conflicts": 1}
    assert len(notices) == 1
    assert "of bob" in notices[0].message


def test_amending_out_of_a_conflict(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    second = add_column(conn, "bob", "users", "same")
    found = amend(conn, second, "alter table orders add column same text")
    assert found == {"status": "registered", "tables_affected": ["orders"], "conflicts": 0}
    assert {each["moot_reason"] for each in conflicts(conn, first)} == {"the plan was amended"}
    assert value(conn, "select revision from coord.intent where id = %s", second) == 2
    # and its old place is free
    assert conflicts(conn, add_column(conn, "eve", "orders", "z"))
    assert not [
        each
        for each in conflicts(conn, add_column(conn, "joe", "users", "z"))
        if second in (str(each["intent_a"]), str(each["intent_b"]))
    ]
    assert problems(conn) == []


def test_amending_frees_the_other_side(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    second = add_column(conn, "bob", "users", "same")
    amend(conn, first, "alter table orders add column x text")
    assert status(conn, second) == "registered"


def test_amending_keeps_what_still_holds(conn: Connection) -> None:
    add_column(conn, "ada", "users", "same")
    second = add_column(conn, "bob", "users", "same")
    before = conflicts(conn, second)
    review(conn, before[0]["id"])
    amend(conn, second, "alter table users add column same text; create table y (i int)")
    after = {each["id"]: each for each in conflicts(conn, second)}
    assert set(after) == {each["id"] for each in before}
    assert after[before[0]["id"]]["reviewed"]


def test_amending_with_declared_tables(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a", tables_affected=["orders"])
    amend(conn, intent, "alter table users add column b text")
    assert value(conn, "select tables_affected from coord.intent") == ["orders", "users"]
    conn.execute(
        "select coord.amend_intent(%s, 'alter table users add b int', tables_affected => '{x}')",
        (intent,),
    )
    assert value(conn, "select tables_affected from coord.intent") == ["users", "x"]


def test_amendment_that_does_not_parse_changes_nothing(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a")
    before = row(conn, "select * from coord.intent")
    with pytest.raises(psycopg.errors.SyntaxError):
        amend(conn, intent, "alter tabel users")
    assert row(conn, "select * from coord.intent") == before


def test_recheck_without_news_leaves_no_trace(conn: Connection) -> None:
    add_column(conn, "ada", "users", "a")
    intent = add_column(conn, "bob", "users", "b")
    before = events(conn, intent)
    assert value(conn, "select coord.recheck(%s)", intent) == 1
    assert events(conn, intent) == before
    assert len(conflicts(conn, intent)) == 1


def test_recheck_sees_what_has_come_into_the_catalog(conn: Connection) -> None:
    conn.execute("create table person (id int); create table users (id int)")
    first = register(conn, "ada", "alter table person add column email text")
    second = register(conn, "bob", "alter table users add column name text")
    assert conflicts(conn, second) == []
    conn.execute("alter table users inherit person")
    assert value(conn, "select coord.recheck(%s)", first) == 1
    assert status(conn, first) == "conflicted"
    [conflict] = conflicts(conn, second)
    assert str(conflict["intent_a"]) == first
    assert problems(conn) == []


def test_beginning_work_looks_again(conn: Connection) -> None:
    conn.execute("create table person (id int); create table users (id int)")
    first = register(conn, "ada", "alter table person add column email text")
    second = register(conn, "bob", "alter table users add column name text")
    conn.execute("alter table users inherit person")
    notices = notices_of(conn)
    assert move(conn, first, "in_progress") == "in_progress"
    assert len(conflicts(conn, second)) == 1
    assert "of bob" in notices[0].message
    assert [event[0] for event in events(conn, first)] == [
        "registered",
        "rechecked",
        "transition",
        "transition",
    ]
    assert problems(conn) == []


def test_newcomer_only_becomes_conflicted(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "same")
    add_column(conn, "bob", "users", "same")
    assert status(conn, first) == "registered"
    assert events(conn, first) == [("registered", None, "registered")]


def test_ignored_conflicts_are_recorded_and_closed(conn: Connection) -> None:
    rule = value(conn, "select coord.ignore('they coordinate', 'table', 'users')")
    add_column(conn, "ada", "users", "a")
    notices = notices_of(conn)
    intent = add_column(conn, "bob", "users", "b")
    assert notices == []
    assert status(conn, intent) == "registered"
    [conflict] = conflicts(conn, intent)
    assert conflict["ignored_by"] == rule
    assert not conflict["is_open"]
    assert not rows(
        conn, "select * from coord.check_intent('x', 'y', 'alter table users add z int')"
    )
    # another type, another object
    assert status(conn, add_column(conn, "eve", "users", "a")) == "conflicted"
    add_column(conn, "ada", "orders", "a")
    assert status(conn, add_column(conn, "joe", "orders", "b")) == "conflicted"


def test_ignore_rules_by_rule_agent_pattern_and_time(conn: Connection) -> None:
    add_column(conn, "ada", "users", "a")
    probe = "select * from coord.check_intent('bob', 'f', 'alter table users add b int')"
    assert len(rows(conn, probe)) == 1
    intent = add_column(conn, "bob", "users", "b")
    name = conflicts(conn, intent)[0]["rule"]
    conn.execute("select coord.mark_abandoned(%s)", (intent,))
    for arguments in (f"rule => '{name}'", "agent_id => 'ada'", "object_name => 'us%%'"):
        rule = value(conn, f"select coord.ignore('why', {arguments})")
        assert rows(conn, probe) == [], arguments
        conn.execute("select coord.unignore(%s)", (rule,))
        assert len(rows(conn, probe)) == 1
    for arguments in ("rule => 'x'", "agent_id => 'eve'", "object_name => 'x%%'"):
        conn.execute(f"select coord.ignore('why', {arguments})")
    assert len(rows(conn, probe)) == 1
    conn.execute(
        "select coord.ignore('soon over', 'table',"
        " expires_at => clock_timestamp() + interval '200 ms')"
    )
    assert rows(conn, probe) == []
    conn.execute("select pg_sleep(0.3)")
    assert len(rows(conn, probe)) == 1


def test_merge_order_of_the_guides_diamond(conn: Connection) -> None:
    a = register(conn, "claude-users", "ALTER TABLE users ADD COLUMN preferences JSONB")
    b = register(
        conn,
        "claude-orders",
        "ALTER TABLE orders ADD CONSTRAINT fk_users FOREIGN KEY (user_id) REFERENCES users(id)",
        tables_affected=["orders", "users"],
    )
    c = register(
        conn,
        "claude-analytics",
        "CREATE TABLE user_order_stats AS SELECT u.id, COUNT(o.id) FROM users u"
        " JOIN orders o ON u.id = o.user_id",
        tables_affected=["users", "orders"],
    )
    found = rows(conn, "select * from coord.merge_order() order by place")
    assert [str(each["intent_id"]) for each in found] == [a, b, c]
    pairs = {
        frozenset((str(each["intent_a"]), str(each["intent_b"])))
        for each in rows(conn, "select intent_a, intent_b from coord.conflict")
    }
    assert pairs == {frozenset((a, b)), frozenset((a, c)), frozenset((b, c))}


def test_merge_order_of_the_guides_two_phases(conn: Connection) -> None:
    second = register(
        conn,
        "claude-analytics",
        "CREATE INDEX idx_events_session ON events(session_id)",
        "analytics_phase2",
    )
    first = register(
        conn,
        "claude-analytics",
        "ALTER TABLE events ADD COLUMN session_id UUID",
        "analytics_phase1",
    )
    found = rows(conn, "select * from coord.merge_order()")
    assert [str(each["intent_id"]) for each in found] == [first, second]
    assert [str(each) for each in found[1]["after"]] == [first]
    assert conflicts(conn, first) == []


def test_merge_order_by_depends_on(conn: Connection) -> None:
    third = add_column(conn, "a", "t1", "c", feature="three", metadata='{"depends_on": "two"}')
    second = add_column(conn, "b", "t2", "c", feature="two", metadata='{"depends_on": ["ONE"]}')
    first = add_column(conn, "c", "t3", "c", feature="one")
    by_id = add_column(conn, "d", "t4", "c", metadata=f'{{"depends_on": "{first}"}}')
    lost = add_column(conn, "e", "t5", "c", metadata='{"depends_on": "nowhere"}')
    found = rows(conn, "select * from coord.merge_order()")
    assert [str(each["intent_id"]) for each in found] == [first, second, third, by_id, lost]
    assert "nowhere" in found[4]["problem"]
    some = rows(
        conn, "select * from coord.merge_order(array[%s, %s]::uuid[]) order by place", third, first
    )
    assert [str(each["intent_id"]) for each in some] == [third, first]


def test_merge_order_reports_cycles(conn: Connection) -> None:
    one = add_column(conn, "a", "t1", "c", feature="one", metadata='{"depends_on": "two"}')
    two = add_column(conn, "b", "t2", "c", feature="two", metadata='{"depends_on": "one"}')
    after = add_column(conn, "c", "t3", "c", feature="after", metadata='{"depends_on": "one"}')
    found = rows(conn, "select * from coord.merge_order()")
    assert [str(each["intent_id"]) for each in found] == [one, two, after]
    assert [each["cycle"] for each in found] == [1, 1, None]
    assert "cycle 1" in found[0]["problem"]


def test_merge_order_of_nothing(conn: Connection) -> None:
    assert rows(conn, "select * from coord.merge_order()") == []


def test_stale_intents_and_heartbeat(conn: Connection) -> None:
    old = add_column(conn, "ada", "users", "a")
    conn.execute("select pg_sleep(0.2)")
    fresh = add_column(conn, "bob", "orders", "b")
    stale = "select * from coord.stale_intents('150 ms')"
    assert [str(each["intent_id"]) for each in rows(conn, stale)] == [old]
    before = events(conn, old)
    conn.execute("select coord.heartbeat(%s)", (old,))
    assert rows(conn, stale) == []
    assert events(conn, old) == before
    conn.execute("select pg_sleep(0.2)")
    found = rows(conn, "select * from coord.abandon_stale('150 ms', 'nobody came')")
    assert {str(each["intent_id"]) for each in found} == {old, fresh}
    assert status(conn, old) == "abandoned"
    assert last_reason(conn, old) == "nobody came"
    assert problems(conn) == []


def test_overdue_intents(conn: Connection) -> None:
    intent = add_column(conn, "ada", "users", "a", estimated_duration_ms=1)
    add_column(conn, "ada", "orders", "a", estimated_duration_ms=10_000_000)
    assert rows(conn, "select * from coord.stale_intents('1 day')") == []
    move(conn, intent, "in_progress")
    conn.execute("select pg_sleep(0.01)")
    [late] = rows(conn, "select * from coord.stale_intents('1 day')")
    assert str(late["intent_id"]) == intent
    assert late["overdue_by"].total_seconds() > 0


def test_archive_keeps_earlier_digests_verifiable(conn: Connection) -> None:
    gone = add_column(conn, "ada", "users", "a", feature="gone")
    partner = add_column(conn, "bob", "users", "b")
    alone = add_column(conn, "eve", "orders", "c", feature="alone")
    move(conn, gone, "abandoned")
    move(conn, alone, "abandoned")
    digest = value(conn, "select coord.history_digest()")
    exported = rows(conn, "select export_ended as j from coord.export_ended(clock_timestamp())")
    # the first one's partner is still active: their conflict needs both
    assert [each["j"]["intent"]["id"] for each in exported] == [alone]
    assert len(exported[0]["j"]["history"]) == 2
    assert value(conn, "select coord.archive_ended(clock_timestamp())") == 1
    assert problems(conn, digest) == []
    move(conn, partner, "abandoned")
    assert value(conn, "select coord.archive_ended(clock_timestamp())") == 2
    assert value(conn, "select count(*) from coord.intent") == 0
    assert value(conn, "select count(*) from coord.intent_history") == 0
    assert problems(conn, digest) == []
    later = value(conn, "select coord.history_digest()")
    add_column(conn, "joe", "users", "d")
    assert problems(conn, later) == []
    with pytest.raises(psycopg.Error) as refused:
        conn.execute("delete from coord.archived_history")
    assert refused.value.sqlstate == "IC003"


def test_overdue_by_ages_stops_nobody(conn: Connection) -> None:
    """The longest duration that can be declared is counted, and listed when it is over."""
    longest = add_column(conn, "ada", "users", "a", estimated_duration_ms=2**63 - 1)
    late = add_column(conn, "bob", "orders", "a", estimated_duration_ms=1)
    for intent in (longest, late):
        move(conn, intent, "in_progress")
    conn.execute("select pg_sleep(0.01)")
    found = rows(conn, "select * from coord.stale_intents('1 day')")
    assert [str(each["intent_id"]) for each in found] == [late]
    assert rows(conn, "select * from coord.abandon_stale('1 day', 'x')") == []


def test_abandoning_the_stale_leaves_what_has_no_way_there(conn: Connection) -> None:
    conn.execute("insert into coord.status (status, is_active) values ('frozen', true)")
    conn.execute("insert into coord.status_transition values ('registered', 'frozen')")
    frozen = add_column(conn, "ada", "users", "a")
    other = add_column(conn, "bob", "users", "a")
    move(conn, frozen, "frozen")
    conn.execute("select pg_sleep(0.02)")
    found = rows(conn, "select * from coord.abandon_stale('10 ms', 'nobody came')")
    assert [str(each["intent_id"]) for each in found] == [other]
    stale = rows(conn, "select * from coord.stale_intents('10 ms')")
    assert [str(each["intent_id"]) for each in stale] == [frozen]
    assert problems(conn) == []


def test_export_is_one_document_a_line_and_holds_everything(conn: Connection) -> None:
    first = add_column(conn, "ada", "users", "a", metadata='{"note": "two\\nlines"}')
    second = add_column(conn, "bob", "users", "a")
    conn.execute(
        "select coord.resolve_conflict(id, e'one\\ntwo') from coord.conflicts_of(%s)", (second,)
    )
    for intent in (first, second):
        move(conn, intent, "abandoned")
    lines = [each["line"] for each in rows(
        conn, "select e::text as line from coord.export_ended(clock_timestamp()) e"
    )]  # fmt: skip
    assert len(lines) == 2
    assert not any("\n" in line for line in lines)
    documents = [json.loads(line) for line in lines]
    assert [each["intent"]["id"] for each in documents] == [first, second]
    for table, key in (("intent_history", "history"), ("conflict", "conflicts")):
        exported = [row for each in documents for row in each[key]]
        stored = rows(conn, f"select to_json(t) as row from coord.{table} t")
        assert exported
        assert {json.dumps(row, sort_keys=True) for row in exported} == {
            json.dumps(each["row"], sort_keys=True) for each in stored
        }


def test_an_export_can_be_checked_against_the_archive(conn: Connection) -> None:
    """As docs/operations.md says: the hashes that stay are those of the exported rows."""
    move(conn, add_column(conn, "ada", "users", "a"), "abandoned")
    before = value(conn, "select clock_timestamp()::text")
    lines = [
        each["line"]
        for each in rows(
            conn, "select e::text as line from coord.export_ended(%s::timestamptz) e", before
        )
    ]
    conn.execute("select coord.archive_ended(%s::timestamptz)", (before,))
    exported = {
        (row["id"], row["intent_id"], row["row_hash"])
        for line in lines
        for row in json.loads(line)["history"]
    }
    kept = rows(conn, "select id, intent_id::text, row_hash::text from coord.archived_history")
    assert exported == {tuple(each.values()) for each in kept}
    assert len(exported) == 2


@pytest.mark.parametrize("pattern", ["users\\", "%\\", "\\\\\\"])
def test_pattern_without_its_last_character_is_refused(conn: Connection, pattern: str) -> None:
    """It would make every later registration with a conflict fail."""
    with pytest.raises(psycopg.errors.InvalidParameterValue) as refused:
        conn.execute("select coord.ignore('why', object_name => %s)", (pattern,))
    assert refused.value.diag.message_hint
    conn.execute("select coord.ignore('why', object_name => %s)", (pattern + "\\",))
    add_column(conn, "ada", "users", "a")
    assert conflicts(conn, add_column(conn, "bob", "users", "a"))
