"""A call for every public function of the contract, or a written reason; and each call as used."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from confiture_coord import (
    BlockingConflict,
    IntentNotFound,
    IntentRegistry,
    IntentStatus,
    InvalidArgument,
    InvalidTransition,
    aio,
    operation,
    registry,
    statements,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
ADD = "ALTER TABLE users ADD COLUMN {} text"


@pytest.fixture
def coord(conn: psycopg.Connection[Any]) -> IntentRegistry:
    return IntentRegistry(conn)


def test_every_public_function_has_a_call_or_a_reason(conn: psycopg.Connection[Any]) -> None:
    public = {
        name
        for (name,) in conn.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'coord'::regnamespace"
            " AND proname !~ '^_' AND prorettype <> 'trigger'::regtype"
        )
    }
    source = inspect.getsource(statements)
    called = set(re.findall(r'_(?:call|moved)\(\s*"(\w+)"|coord\.(\w+)\(', source))
    with_call = {one or other for one, other in called} & public
    reasons = PAGE.read_text(encoding="utf-8").split("## What has no call here")[1]
    explained = set(re.findall(r"^\| `coord\.(\w+)", reasons, re.MULTILINE))
    assert with_call | explained == public
    assert with_call & explained <= {"version"}


def code_lines(module: Any) -> int:
    """Lines that hold code: no comments, docstrings or blank lines."""
    text = inspect.getsource(module)
    documentation: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) and ast.get_docstring(node):
            documentation |= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    nothing = {
        tokenize.COMMENT,
        tokenize.NL,
        tokenize.NEWLINE,
        tokenize.INDENT,
        tokenize.DEDENT,
        tokenize.ENDMARKER,
    }
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in nothing:
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - documentation)


def test_the_wrapper_stays_thin() -> None:
    assert sum(map(code_lines, (registry, aio, operation, statements))) < 400


# -- the calls that the documents do not know ----------------------------------------------------


def test_a_plan_is_amended(coord: IntentRegistry) -> None:
    first = coord.register("ada", "one", [ADD.format("a")])
    second = coord.register("bob", "two", ADD.format("b"), ["audit_log"])
    assert second.status is IntentStatus.CONFLICTED
    amended = coord.amend(second.id, ["CREATE TABLE elsewhere ()"], reason="another table")
    assert amended == coord.get_intent(second.id)
    assert (amended.status, amended.conflicts_with) == (IntentStatus.REGISTERED, [])
    assert amended.schema_changes == ["CREATE TABLE elsewhere ()"]
    assert set(amended.tables_affected) == {"elsewhere", "audit_log"}
    assert "another table" in [each.reason for each in coord.history(second.id)]
    again = coord.amend(second.id, ADD.format("c"), ())
    assert again.tables_affected == ["users"]
    assert again.conflicts_with == [first.id]
    with pytest.raises(InvalidArgument):
        coord.amend(second.id, "ALTER TABEL users")
    with pytest.raises(IntentNotFound):
        coord.amend("int_1", ADD)


@pytest.mark.parametrize("as_list", [str, lambda change: [change]], ids=["script", "list"])
def test_two_changes_are_compared(coord: IntentRegistry, as_list: Any) -> None:
    create, add = "CREATE TABLE fresh (id int)", "ALTER TABLE fresh ADD a int"
    [verdict] = coord.compare(as_list(create), add)
    assert (verdict["outcome"], verdict["first_side"]) == ("order", "a")
    assert coord.compare("CREATE TABLE a ()", as_list("CREATE TABLE b ()")) == []
    assert coord.list_intents() == []


def test_the_path_of_the_call_is_sent(coord: IntentRegistry) -> None:
    [verdict] = coord.compare(
        ["DROP TABLE app.t"], ["ALTER TABLE t ADD a int"], search_path="app", use_catalog=False
    )
    assert verdict["outcome"] == "order"
    assert coord.compare("DROP TABLE app.t", "ALTER TABLE t ADD a int", use_catalog=False) == []


def test_any_move_that_the_site_allows(
    conn: psycopg.Connection[Any], coord: IntentRegistry
) -> None:
    conn.execute("INSERT INTO coord.status VALUES ('pending_review', true)")
    conn.execute("INSERT INTO coord.status_transition VALUES ('registered', 'pending_review')")
    intent = coord.register("ada", "one", [ADD.format("a")])
    moved = coord.move(intent.id, "pending_review", "please look", "ada")
    assert moved.status == "pending_review"
    last = coord.history(intent.id)[-1]
    assert (last.reason, last.changed_by) == ("please look", "ada")
    with pytest.raises(InvalidTransition):
        coord.move(intent.id, IntentStatus.MERGED)


def test_a_reason_that_is_not_given_is_the_database_s(coord: IntentRegistry) -> None:
    intent = coord.mark_in_progress(coord.register("ada", "one", [ADD.format("a")]).id)
    assert coord.history(intent.id)[-1].reason == "work began"


def test_recheck_sees_what_the_catalog_says_now(
    conn: psycopg.Connection[Any], coord: IntentRegistry
) -> None:
    coord.register("ada", "one", ["DROP INDEX somewhere"])
    second = coord.register("bob", "two", ["ALTER TABLE late DROP COLUMN a"])
    assert second.conflicts_with == []
    conn.execute("CREATE TABLE late (a int); CREATE INDEX somewhere ON late (a)")
    assert coord.recheck(second.id).conflicts_with != []
    [warning] = coord.last_warnings
    assert "somewhere" in warning.message


def test_who_is_alive_and_who_is_not(coord: IntentRegistry) -> None:
    alive, quiet = (coord.register(name, name, f"CREATE TABLE {name} ()") for name in ("a", "b"))
    assert coord.stale_intents() == []
    assert coord.heartbeat(alive.id) > (quiet.updated_at or datetime.now(UTC))
    [longest, _] = coord.stale_intents(timedelta())
    assert longest["intent_id"] == quiet.id
    assert longest["idle_for"] > timedelta()
    assert [each["agent_id"] for each in coord.stale_intents(timedelta())] == ["b", "a"]
    with pytest.raises(InvalidArgument):
        coord.abandon_stale(timedelta(days=-1), "why")
    gone = coord.abandon_stale(timedelta(), "nobody answers")
    assert {each["intent_id"] for each in gone} == {alive.id, quiet.id}
    assert coord.get_intent(quiet.id).status is IntentStatus.ABANDONED
    with pytest.raises(InvalidTransition):
        coord.heartbeat(quiet.id)


def test_silencing_and_hearing_again(coord: IntentRegistry) -> None:
    coord.register("ada", "one", [ADD.format("a")])
    rule = coord.ignore("one table, agreed", conflict_type="table", object_name="users")
    assert coord.check("bob", "two", ADD.format("b")) == []
    coord.unignore(rule)
    assert coord.check("bob", "two", ADD.format("b")) != []
    with pytest.raises(InvalidArgument):
        coord.unignore(rule + 1)
    with pytest.raises(InvalidArgument):
        coord.ignore("too late", rule="x", expires_at=datetime(2020, 1, 1, tzinfo=UTC))


def test_an_agent_is_bound_to_a_role(conn: psycopg.Connection[Any], coord: IntentRegistry) -> None:
    conn.execute("CREATE ROLE wrapper_ada NOLOGIN; CREATE ROLE wrapper_eve NOLOGIN")
    conn.execute("GRANT coord_agent TO wrapper_ada, wrapper_eve")
    try:
        coord.bind_agent("ada", "wrapper_ada")
        conn.execute("SET ROLE wrapper_eve")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            coord.register("ada", "one", "CREATE TABLE a ()")
        conn.execute("SET ROLE wrapper_ada")
        coord.register("ada", "one", "CREATE TABLE a ()")
        conn.execute("RESET ROLE")
        coord.bind_agent("ada", None)
        conn.execute("SET ROLE wrapper_eve")
        coord.register("ada", "two", "CREATE TABLE b ()")
    finally:
        conn.execute("RESET ROLE; DROP ROLE wrapper_ada, wrapper_eve")


def test_history_is_verified(conn: psycopg.Connection[Any], coord: IntentRegistry) -> None:
    intent = coord.register("ada", "one", "CREATE TABLE a ()")
    digest = coord.history_digest()
    assert coord.verify_history() == coord.verify_history(digest) == []
    conn.execute("ALTER TABLE coord.intent_history DISABLE TRIGGER USER")
    conn.execute("UPDATE coord.intent_history SET reason = 'forged'")
    assert intent.id in [each["intent_id"] for each in coord.verify_history(digest)]
    with pytest.raises(InvalidArgument):
        coord.verify_history("not a digest")


def test_merge_order_names_intents_as_all_calls_do(coord: IntentRegistry) -> None:
    first = coord.register("ada", "one", "CREATE TABLE fresh (id int)")
    second = coord.register("bob", "two", "ALTER TABLE fresh ADD a int", refuse_on=None)
    order = coord.merge_order()
    assert [(each["intent_id"], each["after"]) for each in order] == [
        (first.id, []),
        (second.id, [first.id]),
    ]
    assert [each["place"] for each in coord.merge_order((second.id, first.id))] == [1, 2]


def test_what_refused_is_carried_by_every_call_that_moves(coord: IntentRegistry) -> None:
    coord.register("ada", "one", ADD.format("a"))
    second = coord.register("bob", "two", "ALTER TABLE users ADD COLUMN a int")
    for move in (coord.mark_in_progress, lambda each: coord.move(each, "in_progress")):
        with pytest.raises(BlockingConflict) as caught:
            move(second.id)
        assert [each.agent_a for each in coord.get_conflicts(second.id)][:1] == ["bob"]
        assert {each.severity.value for each in caught.value.conflicts} == {"error"}


def test_looking_at_a_database_without_us_spoils_no_transaction(plain_dsn: str) -> None:
    with psycopg.connect(plain_dsn) as connection:
        connection.execute("CREATE TABLE mine ()")
        with pytest.raises(psycopg.DatabaseError, match="not installed"):
            IntentRegistry(connection).list_intents()
        connection.execute("SELECT * FROM mine")
