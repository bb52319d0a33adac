"""Taking over an installation of Confiture's registry (tests/db/confiture_registry.sql)."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from confiture_coord import IntentRegistry, InvalidArgument, import_registry
from tests.db.intents import Connection, problems, register, state, value

SOURCE = Path(__file__).with_name("confiture_registry.sql").read_text()
TABLES = ("tb_pggit_intent", "tb_pggit_conflict", "tb_pggit_intent_history")


def number(last: int) -> str:
    return str(UUID(int=0x4000_8000_0000_0000_0000 + last))


PAYMENTS, AUTH, BILLING, SEARCH, DONE, MERGED, DROPPED = (number(each) for each in range(1, 8))
REVIEW, TAKEN, NOBODY = (number(each) for each in (10, 11, 12))


@pytest.fixture
def old(conn: Connection) -> Connection:
    """A database with the old registry in schema public."""
    conn.execute(SOURCE)
    return conn


@pytest.fixture
def coord(old: Connection) -> IntentRegistry:
    return IntentRegistry(old)


def source(conn: Connection) -> dict[str, list[Any]]:
    return {name: conn.execute(f"select t::text from {name} t").fetchall() for name in TABLES}


def unexpected(report: dict[str, Any]) -> dict[str, Any]:
    """What of a report is about single rows."""
    kinds = ("unparsed", "changed", "left", "moot", "found_now")
    return {kind: report[kind] for kind in kinds if report[kind]}


def test_everything_that_can_be_kept_is_kept(old: Connection, coord: IntentRegistry) -> None:
    report = import_registry(old)
    assert report["found"] == {"intents": 12, "conflicts": 6, "history": 9}
    assert report["imported"] == {"intents": 11, "conflicts": 5, "history": 8}
    intent = coord.get_intent(PAYMENTS)
    assert intent.agent_id == "claude-payments"
    assert intent.feature_name == "stripe_integration"
    assert intent.branch_name == "feature/stripe_integration"
    assert intent.schema_changes == ["ALTER TABLE users ADD COLUMN stripe_id TEXT"]
    assert intent.tables_affected == ["users"]
    assert intent.estimated_duration_ms == 10_800_000
    assert (intent.risk_level, intent.status) == ("medium", "in_progress")
    assert intent.metadata == {"jira": "PAY-123"}
    assert intent.created_at == datetime(2026, 1, 22, 10, 0, 0, 123456, UTC)
    assert intent.updated_at == datetime(2026, 1, 22, 11, tzinfo=UTC)
    assert {each.id: each.status.value for each in coord.list_intents()} == {
        PAYMENTS: "in_progress",
        AUTH: "conflicted",
        BILLING: "conflicted",
        SEARCH: "registered",
        DONE: "completed",
        MERGED: "merged",
        DROPPED: "abandoned",
        REVIEW: "registered",
        TAKEN: "in_progress",
        **{each["id"]: each["status"] for each in report["intents"][-4:-2]},
    }
    assert set(coord.get_intent(AUTH).tables_affected) == {"users", "audit"}
    assert len(coord.get_intent(AUTH).schema_changes) == 2


def test_conflicts_keep_number_and_review_and_learn_the_rest(
    old: Connection, coord: IntentRegistry
) -> None:
    import_registry(old)
    conflicts = {each.id: each for each in coord.list_conflicts(closed=True)}
    reviewed = conflicts[41]
    assert (reviewed.reviewed, reviewed.is_open, reviewed.reviewed_by) == (True, False, "unknown")
    assert reviewed.reviewed_at == datetime(2026, 1, 22, 10, 30, tzinfo=UTC)
    assert reviewed.created_at == datetime(2026, 1, 22, 10, 5, tzinfo=UTC)
    assert reviewed.resolution_notes == "Payments first"
    assert (reviewed.intent_a, reviewed.intent_b) == (AUTH, PAYMENTS)
    assert (reviewed.outcome, reviewed.affected_objects) == ("overlap", ["users"])
    error = conflicts[42]
    assert (error.is_open, error.conflict_type, error.severity) == (True, "column", "error")
    assert error.outcome == "clash"  # which is nowhere in the old tables
    assert any("claude-payments" in each for each in error.resolution_suggestions)
    assert conflicts[43].moot_reason == "it was imported, and is not found here"
    assert conflicts[44].moot_reason == "feature/dropped_001 was abandoned"
    assert conflicts[45].is_open  # the other side was merged: this one still has to adapt
    # The next one that is found has a number of its own.
    coord.register("x", "y", "ALTER TABLE users ADD COLUMN y int")
    assert max(each.id for each in coord.list_conflicts()) > 46


def test_a_review_without_its_time_counts_from_the_conflict_s(
    old: Connection, coord: IntentRegistry
) -> None:
    old.execute("update tb_pggit_conflict set reviewed_at = null, resolution_notes = null")
    import_registry(old)
    [reviewed] = [each for each in coord.list_conflicts(closed=True) if each.reviewed]
    assert (reviewed.reviewed_at, reviewed.resolution_notes) == (reviewed.created_at, "")
    assert problems(old) == []


def test_what_nobody_had_found_is_found(old: Connection, coord: IntentRegistry) -> None:
    report = import_registry(old)
    assert {
        (each["intent_a"], each["intent_b"], each["conflict_type"]) for each in report["found_now"]
    } >= {(BILLING, AUTH, "table")}
    assert PAYMENTS in coord.get_intent(BILLING).conflicts_with
    # A second look agrees with the first: nothing comes, nothing goes.
    before = coord.list_conflicts(closed=True)
    for intent in (PAYMENTS, AUTH, BILLING, SEARCH, DONE):
        coord.recheck(intent)
    assert coord.list_conflicts(closed=True) == before
    # And whoever comes now meets what was imported.
    found = coord.check("new", "new", "ALTER TABLE done ADD COLUMN x int")
    assert [each.intent_b for each in found] == [DONE]


def test_the_lifecycle_goes_on(old: Connection, coord: IntentRegistry) -> None:
    import_registry(old)
    with pytest.raises(psycopg.DatabaseError, match="conflicts of severity error"):
        coord.mark_in_progress(BILLING)
    for conflict in coord.get_conflicts(BILLING):
        coord.resolve_conflict(conflict.id, "settled", reviewed_by="claude-billing")
    assert coord.get_intent(BILLING).status == "registered"
    assert coord.mark_completed(PAYMENTS).status == "completed"
    assert problems(old) == []


def test_history_is_kept_and_verifiable(old: Connection, coord: IntentRegistry) -> None:
    digest = coord.history_digest()
    import_registry(old)
    assert problems(old) == problems(old, digest) == []
    assert problems(old, coord.history_digest()) == []
    story = [
        (each.event, each.new_status.value, each.changed_by, each.changed_at)
        for each in coord.history(PAYMENTS)
    ]
    assert story[:3] == [
        ("transition", "registered", "agent", datetime(2026, 1, 22, 10, 0, 0, 123456, UTC)),
        ("reviewed", "registered", "unknown", datetime(2026, 1, 22, 10, 30, tzinfo=UTC)),
        ("transition", "in_progress", "claude-payments", datetime(2026, 1, 22, 11, tzinfo=UTC)),
    ]
    imported = coord.history(PAYMENTS)[-1]
    assert (imported.event, imported.changed_by) == ("imported", imported.session_role)
    assert imported.details["schema_changes"] == coord.get_intent(PAYMENTS).schema_changes
    # A row that does not continue the one before says so in its details.
    merged = coord.history(MERGED)[1]
    assert (merged.old_status, merged.new_status) == ("registered", "merged")
    assert merged.details["imported"]["old_status"] == "completed"
    assert [each.event for each in coord.history(SEARCH)] == ["imported"]
    old.execute("alter table coord.intent_history disable trigger user")
    old.execute("update coord.intent_history set changed_by = 'me' where event = 'reviewed'")
    assert problems(old)


def test_what_does_not_parse_is_reported_and_kept(old: Connection, coord: IntentRegistry) -> None:
    report = import_registry(old)
    typo = next(each["id"] for each in report["intents"] if each["source_id"] == "int_abc123")
    second, third, _ = report["unparsed"]
    assert (second["intent_id"], second["statement"], second["line"]) == (typo, 2, 2)
    assert second["reason"] == 'syntax error at or near "int"'
    assert second["text"] == "ALTER TABLE users\nADD COLUM broken int"
    assert "^" in second["detail"]
    assert (third["intent_id"], third["statement"], third["line"]) == (typo, 3, 1)
    intent = coord.get_intent(typo)
    assert intent.schema_changes[1:] == [second["text"], "DROP TABLE; x"]
    assert coord.history(typo)[0].details["unparsed"][0]["statement"] == 2
    # What does parse is looked at; work begins when the rest does, too.
    assert PAYMENTS in intent.conflicts_with
    with pytest.raises(InvalidArgument, match="syntax error"):
        coord.mark_in_progress(typo)
    mended = coord.amend(typo, ["ALTER TABLE users ADD COLUMN ok int"])
    assert coord.get_intent(typo).schema_changes == mended.schema_changes
    assert problems(old) == []


def test_what_cannot_be_kept_is_reported(old: Connection, coord: IntentRegistry) -> None:
    old.execute("select coord.register_intent('ada', 'taken', 'create table elsewhere ()')")
    report = import_registry(old)
    changed = {(each["id"], each["what"]): (each["was"], each["is"]) for each in report["changed"]}
    typo, empty = (each["id"] for each in report["intents"][-4:-2])
    assert changed == {
        ("int_abc123", "id"): ("int_abc123", typo),
        ("int_empty", "id"): ("int_empty", empty),
        ("int_empty", "estimated_duration_ms"): ("-7", "0"),
        ("int_empty", "risk_level"): ("gigantic", "high"),
        ("int_empty", "metadata"): ('["a list"]', '{"imported": ["a list"]}'),
        (REVIEW, "status"): ("pending_review", "registered"),
        (TAKEN, "status"): ("in-progress", "in_progress"),
        (TAKEN, "branch_name"): ("feature/taken_001", "feature/taken_002"),
    }
    assert coord.get_intent(empty).tables_affected == ["orders"]
    assert [each.new_status for each in coord.history(REVIEW)] == ["pending_review", "registered"]
    assert [(each["table"], each["id"]) for each in report["left"]] == [
        ("tb_pggit_intent", NOBODY),
        ("tb_pggit_conflict", 46),
        ("tb_pggit_intent_history", 9),
    ]
    assert all(each["reason"] for each in report["left"])
    # Branches that were imported are not given again.
    assert coord.allocate_branch("billing") == "feature/billing_003"
    assert problems(old) == []


def test_a_status_of_the_site_is_kept_where_it_is_known(
    old: Connection, coord: IntentRegistry
) -> None:
    old.execute("insert into coord.status values ('pending_review', true)")
    import_registry(old)
    assert coord.get_intent(REVIEW).status == "pending_review"


def test_a_second_import_finds_nothing_to_do(old: Connection) -> None:
    before = source(old)
    import_registry(old)
    after = state(old)
    again = import_registry(old)
    assert again["imported"] == {"intents": 0, "conflicts": 0, "history": 0}
    assert again["already_there"] == 11
    assert set(unexpected(again)) == {"left"}
    assert state(old) == after
    assert source(old) == before
    # What was left behind comes along once it is mended, and so does its conflict.
    old.execute("update tb_pggit_intent set agent_id = 'somebody' where agent_id = ' '")
    third = import_registry(old)
    assert third["imported"] == {"intents": 1, "conflicts": 1, "history": 1}
    assert problems(old) == []


def test_a_dry_run_stores_nothing_and_says_the_same(old: Connection) -> None:
    before = state(old)
    dry = import_registry(old, dry_run=True)
    assert state(old) == before
    assert dry["dry_run"] is True
    real = import_registry(old)
    for report in (dry, real):
        for found in (*report["found_now"], *report["moot"]):
            del found["conflict_id"]
    assert real == dry | {"dry_run": False}
    assert value(old, "select min(id) from coord.conflict") == 41


def test_a_conflict_whose_number_is_taken_gets_another(
    old: Connection, coord: IntentRegistry
) -> None:
    old.execute("select setval('coord.conflict_id_seq', 41)")
    register(old, "ada", "create table one (id int)")
    register(old, "bob", "alter table one add a int")
    assert [each.id for each in coord.list_conflicts()] == [42]
    report = import_registry(old)
    [(was, becomes)] = [
        (each["was"], each["is"])
        for each in report["changed"]
        if each["table"] == "tb_pggit_conflict"
    ]
    assert was == 42
    [moved] = [each for each in coord.list_conflicts(closed=True) if each.id == becomes]
    assert (moved.intent_a, moved.conflict_type) == (BILLING, "column")


def test_it_is_one_transaction(old: Connection) -> None:
    before = state(old)
    with old.transaction() as undone:
        import_registry(old)
        raise psycopg.Rollback(undone)
    assert state(old) == before
    # An error on the way leaves nothing behind: here the second of two intents.
    old.execute(
        "create function refuse() returns trigger language plpgsql as"
        " $$ begin raise 'no' ; end $$;"
        "create trigger site before insert on coord.intent for each row"
        " when (new.feature_name = 'billing') execute function refuse()"
    )
    with pytest.raises(psycopg.errors.RaiseException):
        import_registry(old)
    assert state(old) == before


def test_names_resolve_through_the_path_that_is_given(
    old: Connection, coord: IntentRegistry
) -> None:
    import_registry(old, search_path="app, public")
    found = coord.check("new", "new", "ALTER TABLE app.done ADD COLUMN x int")
    assert [each.intent_b for each in found] == [DONE]


def test_any_schema_will_do(conn: Connection) -> None:
    conn.execute('create schema "Old one"; set search_path = "Old one"')
    conn.execute(SOURCE)
    conn.execute("reset search_path")
    assert import_registry(conn, "Old one")["imported"]["intents"] == 11
    assert problems(conn) == []


def test_an_empty_registry(old: Connection) -> None:
    old.execute(f"truncate {', '.join(TABLES)}")
    report = import_registry(old)
    assert report["imported"] == {"intents": 0, "conflicts": 0, "history": 0}
    assert unexpected(report) == {}


# -- who may, and what is read -------------------------------------------------------------------


@pytest.mark.parametrize("group", ["coord_reader", "coord_agent", "coord_reviewer"])
def test_only_the_owner_imports(old: Connection, group: str) -> None:
    before = state(old)
    old.execute(f"grant select on {', '.join(TABLES)} to {group}; set role {group}")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        import_registry(old)
    old.execute("reset role")
    assert state(old) == before


def _view(conn: Connection) -> None:
    conn.execute(
        "alter table tb_pggit_intent_history rename to moved;"
        "create view tb_pggit_intent_history as select m.* from moved m, trap()"
    )


def _computed_type(conn: Connection) -> None:
    conn.execute(
        "create type stranger as (a int);"
        "create function reveal(stranger) returns text language sql as 'select trap()::text';"
        "create cast (stranger as text) with function reveal(stranger) as implicit;"
        "alter table tb_pggit_intent_history drop reason, add reason stranger;"
        "update tb_pggit_intent_history set reason = row(1)"
    )


def _child(conn: Connection) -> None:
    conn.execute(
        "create table child () inherits (tb_pggit_intent);"
        "insert into child (id, agent_id, feature_name, branch_name) values ('x', 'x', 'x', 'x')"
    )


@pytest.mark.parametrize(
    ("trap", "refused"),
    [(_view, "no table"), (_computed_type, "is not the table"), (_child, None)],
    ids=["view", "type", "child"],
)
def test_nothing_of_whoever_owns_the_tables_is_run(
    old: Connection, trap: Callable[[Connection], None], refused: str | None
) -> None:
    old.execute(
        "create table sprung (n int);"
        "create function trap() returns int language sql as"
        " 'insert into public.sprung values (1) returning n'"
    )
    trap(old)
    if refused:
        with pytest.raises(psycopg.ProgrammingError, match=refused) as caught:
            import_registry(old)
        assert caught.value.diag.message_hint
    else:
        assert import_registry(old)["found"]["intents"] == 12
    assert value(old, "select count(*) from sprung") == 0


def test_ddl_is_parsed_and_never_run(old: Connection) -> None:
    old.execute(
        "insert into tb_pggit_intent (id, agent_id, feature_name, branch_name, schema_changes)"
        " values (%s, '''; DROP TABLE coord.intent; --', '$$;', 'feature/%%I''_1', %s)",
        ("'; DROP SCHEMA coord; --", json.dumps(["CREATE TABLE made ()", "'; DROP TABLE x; --"])),
    )
    report = import_registry(old)
    assert report["imported"]["intents"] == 12
    assert value(old, "select to_regclass('made')") is None
    assert problems(old) == []


@pytest.mark.parametrize("missing", TABLES)
def test_a_table_that_is_missing_is_named(old: Connection, missing: str) -> None:
    old.execute(f"drop table {missing} cascade")
    with pytest.raises(psycopg.errors.UndefinedTable, match=missing):
        import_registry(old)


def test_a_column_that_is_missing_is_named(old: Connection) -> None:
    old.execute("alter table tb_pggit_conflict drop reviewed_at")
    with pytest.raises(psycopg.errors.DatatypeMismatch) as caught:
        import_registry(old)
    assert "reviewed_at is missing" in str(caught.value.diag.message_detail)


def test_an_argument_that_is_null(old: Connection) -> None:
    with pytest.raises(InvalidArgument):
        import_registry(old, None)  # type: ignore[arg-type]


# -- while others are at work --------------------------------------------------------------------


def test_of_two_imports_at_once_one_has_nothing_to_do(old: Connection, dsn: str) -> None:
    with (
        psycopg.connect(dsn) as first,
        psycopg.connect(dsn, autocommit=True) as second,
        ThreadPoolExecutor(1) as thread,
    ):
        first.execute("select 1")
        assert import_registry(first)["imported"]["intents"] == 11
        waiting = thread.submit(import_registry, second)
        until_blocked(old, second.info.backend_pid, waiting)
        first.commit()
        report = waiting.result()
        assert (report["imported"]["intents"], report["already_there"]) == (0, 11)
    assert problems(old) == []


def test_an_import_waits_for_a_registration_and_sees_it(old: Connection, dsn: str) -> None:
    with (
        psycopg.connect(dsn) as first,
        psycopg.connect(dsn, autocommit=True) as second,
        ThreadPoolExecutor(1) as thread,
    ):
        first.execute("select 1")
        newcomer = IntentRegistry(first).register("new", "new", "ALTER TABLE done ADD x int")
        waiting = thread.submit(import_registry, second)
        until_blocked(old, second.info.backend_pid, waiting)
        first.commit()
        found = waiting.result()["found_now"]
    assert (DONE, newcomer.id) in [(each["intent_a"], each["intent_b"]) for each in found]


def test_an_import_does_not_wait_for_ever(old: Connection, dsn: str) -> None:
    old.execute("update coord.setting set value = '50' where name = 'lock_wait_ms'")
    before = state(old)
    for blocking in (
        "select coord.register_intent('new', 'new', 'alter table done add x int')",
        "select coord.register_intent('new', 'new', 'create table unrelated ()')",
        "update tb_pggit_intent set agent_id = agent_id",
    ):
        with psycopg.connect(dsn) as other:
            other.execute(blocking)
            with pytest.raises(psycopg.errors.LockNotAvailable) as caught:
                import_registry(old)
            assert str(other.info.backend_pid) in str(caught.value.diag.message_detail)
            assert caught.value.diag.message_hint
            other.rollback()
    assert state(old) == before
    assert value(old, "show lock_timeout") == "0"


def until_blocked(conn: Connection, pid: int, waiting: Future[Any]) -> None:
    """Wait until that session waits for a lock."""
    while not value(conn, "select cardinality(pg_blocking_pids(%s)) > 0", pid):
        assert not waiting.done(), waiting.result()
