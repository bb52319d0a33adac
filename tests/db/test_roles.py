"""Who may do what: every function and table for every role, and acting for others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.db.intents import Connection, add_column, move, problems, rows, status, value

READERS = {
    "version",
    "detector_check",
    "footprint",
    "compare_changes",
    "check_intent",
    "conflicts_of",
    "verify_history",
    "history_digest",
    "merge_order",
    "stale_intents",
    "export_ended",
}
AGENTS = {
    "register_intent",
    "allocate_branch",
    "mark_in_progress",
    "mark_completed",
    "mark_merged",
    "mark_abandoned",
    "move_intent",
    "amend_intent",
    "recheck",
    "heartbeat",
    "resolve_conflict",
}
REVIEWERS = {"bind_agent", "ignore", "unignore", "abandon_stale"}
OWNER = {"archive_ended", "compile_detector", "import_registry"}


@pytest.fixture
def nobody(connect: Callable[..., Connection]) -> Iterator[Connection]:
    """A connection as a role without any rights here."""
    conn = connect()
    conn.execute("create role coord_test_nobody")
    conn.execute("set role coord_test_nobody")
    yield conn
    conn.execute("reset role")
    conn.execute("drop owned by coord_test_nobody")
    conn.execute("drop role coord_test_nobody")


def test_every_public_function_belongs_to_one_group(conn: Connection) -> None:
    found = rows(
        conn,
        "select distinct p.proname as name,"
        " has_function_privilege('coord_reader', p.oid, 'execute') as reader,"
        " has_function_privilege('coord_agent', p.oid, 'execute') as agent,"
        " has_function_privilege('coord_reviewer', p.oid, 'execute') as reviewer"
        " from pg_proc p where p.pronamespace = 'coord'::regnamespace"
        " and left(p.proname, 1) <> '_'",
    )
    assert {each["name"] for each in found} == READERS | AGENTS | REVIEWERS | OWNER
    for each in found:
        name = each["name"]
        assert each["reader"] == (name in READERS), name
        assert each["agent"] == (name in READERS | AGENTS), name
        assert each["reviewer"] == (name in READERS | AGENTS | REVIEWERS), name


def test_public_has_nothing(conn: Connection, nobody: Connection) -> None:
    functions = rows(
        conn,
        "select p.oid::regprocedure::text as name from pg_proc p"
        " where p.pronamespace = 'coord'::regnamespace"
        " and has_function_privilege('coord_test_nobody', p.oid, 'execute')",
    )
    assert functions == []
    relations = rows(
        conn,
        "select c.relname from pg_class c where c.relnamespace = 'coord'::regnamespace"
        " and c.relkind in ('r', 'v', 'S') and case when c.relkind = 'S'"
        " then has_sequence_privilege('coord_test_nobody', c.oid, 'usage, select, update')"
        " else has_table_privilege('coord_test_nobody', c.oid,"
        " 'select, insert, update, delete, truncate, references, trigger') end",
    )
    assert relations == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        nobody.execute("select coord.version()")


@pytest.mark.parametrize("role", ["coord_reader", "coord_agent", "coord_reviewer"])
def test_groups_write_no_table(conn: Connection, role: str) -> None:
    found = rows(
        conn,
        "select c.relname from pg_class c where c.relnamespace = 'coord'::regnamespace"
        " and c.relkind in ('r', 'v', 'S') and case when c.relkind = 'S'"
        " then has_sequence_privilege(%s, c.oid, 'usage, update') else has_table_privilege("
        " %s, c.oid, 'insert, update, delete, truncate, references, trigger') end",
        role,
        role,
    )
    assert found == []


def test_every_definer_pins_its_path(conn: Connection) -> None:
    found = rows(
        conn,
        "select p.oid::regprocedure::text as name from pg_proc p"
        " where p.pronamespace = 'coord'::regnamespace and p.prosecdef"
        " and not coalesce(p.proconfig @> '{\"search_path=pg_catalog, pg_temp\"}', false)",
    )
    assert found == []


def test_every_object_says_what_it_is(conn: Connection) -> None:
    found = rows(
        conn,
        "select p.oid::regprocedure::text as name from pg_proc p"
        " where p.pronamespace = 'coord'::regnamespace"
        " and obj_description(p.oid, 'pg_proc') is null union all"
        " select c.oid::regclass::text from pg_class c"
        " where c.relnamespace = 'coord'::regnamespace and c.relkind in ('r', 'v')"
        " and obj_description(c.oid, 'pg_class') is null",
    )
    assert found == []


def test_the_groups_contain_one_another(conn: Connection) -> None:
    assert value(conn, "select pg_has_role('coord_agent', 'coord_reader', 'usage')")
    assert value(conn, "select pg_has_role('coord_reviewer', 'coord_agent', 'usage')")
    assert not value(conn, "select pg_has_role('coord_agent', 'coord_reviewer', 'usage')")
    logins = "select count(*) from pg_roles where rolname ~ '^coord_(reader|agent|reviewer)$'"
    assert value(conn, logins + " and (rolcanlogin or rolsuper or rolcreaterole)") == 0
    assert value(conn, logins) == 3


def test_an_agent_does_the_whole_round(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    agent = connect()
    agent.execute("set role coord_agent")
    first = add_column(agent, "ada", "users", "same")
    second = add_column(agent, "bob", "users", "same")
    for each in rows(agent, "select id from coord.conflict where is_open"):
        agent.execute("select coord.resolve_conflict(%s, 'agreed')", (each["id"],))
    assert status(agent, second) == "registered"
    for step in ("mark_in_progress", "mark_completed", "mark_merged"):
        agent.execute(f"select coord.{step}(%s)", (first,))
    agent.execute("select coord.amend_intent(%s, 'alter table users add d int')", (second,))
    agent.execute("select coord.recheck(%s), coord.heartbeat(%s)", (second, second))
    assert rows(agent, "select * from coord.merge_order()")
    assert rows(agent, "select * from coord.verify_history()") == []
    assert {
        each["session_role"]
        for each in rows(agent, "select session_role from coord.intent_history")
    } == {"coord_agent"}


@pytest.fixture
def bound(conn: Connection, connect: Callable[..., Connection]) -> Iterator[dict[str, Connection]]:
    """Two roles, each bound to its agent, with a connection each."""
    for name in ("ada", "bob"):
        conn.execute(f"create role coord_test_{name} in role coord_agent")
        conn.execute("select coord.bind_agent(%s, %s)", (name, f"coord_test_{name}"))
    sessions = {}
    for name in ("ada", "bob"):
        sessions[name] = connect()
        sessions[name].execute(f"set role coord_test_{name}")
    yield sessions
    for name, session in sessions.items():
        session.close()
        conn.execute(f"drop role if exists coord_test_{name}, coord_test_{name}_renamed")


def refused(session: Connection, call: str, *arguments: object) -> psycopg.Error:
    with pytest.raises(psycopg.errors.InsufficientPrivilege) as caught:
        session.execute(f"select coord.{call}", arguments)
    assert caught.value.diag.message_hint
    return caught.value


def test_acting_for_another_agent_is_refused(
    conn: Connection, bound: dict[str, Connection]
) -> None:
    mine = add_column(bound["ada"], "ada", "users", "same")
    add_column(bound["bob"], "bob", "users", "same")
    bob = bound["bob"]
    error = refused(bob, "register_intent('ada', 'f', 'alter table users add c int')")
    assert error.diag.message_primary == 'role "coord_test_bob" may not act for agent "ada"'
    for call in (
        "mark_in_progress(%s)",
        "mark_abandoned(%s)",
        "move_intent(%s, 'conflicted')",
        "amend_intent(%s, 'select 1')",
        "recheck(%s)",
        "heartbeat(%s)",
    ):
        refused(bob, call, mine)
    refused(bob, "mark_abandoned(%s, 'x', 'ada')", mine)
    assert status(conn, mine) == "registered"
    # a label that belongs to a bound agent is not free either
    own = add_column(bob, "bob", "orders", "x")
    refused(bob, "mark_in_progress(%s, 'x', 'ada')", own)
    bob.execute("select coord.mark_in_progress(%s, 'x', 'bob')", (own,))


def test_either_side_reviews_and_nobody_else(
    conn: Connection, connect: Callable[..., Connection], bound: dict[str, Connection]
) -> None:
    conn.execute("create role coord_test_eve in role coord_agent")
    add_column(bound["ada"], "ada", "users", "same")
    add_column(bound["bob"], "bob", "users", "same")
    [conflict] = rows(conn, "select id from coord.conflict where severity = 'error'")
    eve = connect()
    eve.execute("set role coord_test_eve")
    refused(eve, "resolve_conflict(%s, 'let me')", conflict["id"])
    bound["ada"].execute("select coord.resolve_conflict(%s, 'agreed')", (conflict["id"],))
    assert problems(conn) == []
    eve.close()
    conn.execute("drop role coord_test_eve")


def test_a_reviewer_acts_for_everybody(
    conn: Connection, connect: Callable[..., Connection], bound: dict[str, Connection]
) -> None:
    mine = add_column(bound["ada"], "ada", "users", "a")
    reviewer = connect()
    reviewer.execute("set role coord_reviewer")
    reviewer.execute("select coord.mark_abandoned(%s, 'gone', 'ada')", (mine,))
    assert status(conn, mine) == "abandoned"
    assert rows(
        conn,
        "select changed_by, session_role from coord.intent_history order by id desc limit 1",
    ) == [{"changed_by": "ada", "session_role": "coord_reviewer"}]


def test_a_role_that_was_replaced_does_not_inherit_the_binding(
    conn: Connection, connect: Callable[..., Connection], bound: dict[str, Connection]
) -> None:
    conn.execute("alter role coord_test_ada rename to coord_test_ada_renamed")
    conn.execute("create role coord_test_ada in role coord_agent")
    impostor = connect()
    impostor.execute("set role coord_test_ada")
    error = refused(impostor, "register_intent('ada', 'f', 'alter table users add c int')")
    assert "bind_agent" in (error.diag.message_hint or "")
    impostor.close()


def test_unbinding(conn: Connection, bound: dict[str, Connection]) -> None:
    conn.execute("select coord.bind_agent('ada', null)")
    add_column(bound["bob"], "ada", "users", "a")


def test_row_security_of_a_site_hides_nothing_from_detection(
    conn: Connection, connect: Callable[..., Connection], bound: dict[str, Connection]
) -> None:
    first = add_column(bound["ada"], "ada", "users", "same")
    conn.execute("alter table coord.intent enable row level security")
    conn.execute(
        "create policy own on coord.intent for select using"
        " (agent_id = replace(current_user, 'coord_test_', ''))"
    )
    bob = bound["bob"]
    assert rows(bob, "select * from coord.intent") == []
    assert [
        str(each["intent_id"])
        for each in rows(
            bob, "select * from coord.check_intent('bob', 'f', 'alter table users add same text')"
        )
    ] == [first]
    second = add_column(bob, "bob", "users", "same")
    assert status(bob, second) == "conflicted"
    assert rows(bob, "select * from coord.conflicts_of(%s)", second)
    with pytest.raises(psycopg.Error) as blocked:
        move(bob, second, "in_progress")
    assert blocked.value.sqlstate == "IC004"
    bob.execute("select coord.mark_abandoned(%s)", (second,))
    assert len(rows(bob, "select * from coord.merge_order()")) == 1
    assert problems(bob) == []
