"""Attacks that need a server, a login, a moment or a client of their own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from tests.concurrency.sessions import race
from tests.conftest import CREATE_EXTENSION
from tests.db.intents import Connection, add_column, conflicts, move, problems, rows, status, value
from tools.cluster import Cluster

CHANGED = "the row was changed after it was written"


@pytest.fixture
def login(
    conn: Connection, connect: Callable[..., Connection]
) -> Iterator[Callable[..., Connection]]:
    """Factory of sessions that log in as a role of their own."""
    made: list[tuple[str, Connection]] = []

    def make(name: str, *groups: str, attributes: str = "") -> Connection:
        role = f"detour_{name}"
        conn.execute(f"create role {role} login {attributes}")
        for group in groups:
            conn.execute(f"grant {group} to {role}")
        session = connect(user=role)
        made.append((role, session))
        return session

    yield make
    for role, session in made:
        session.close()
        conn.execute(f"drop owned by {role}; drop role {role}")


# -- past SQL -------------------------------------------------------------------------------------


def test_bytes_changed_in_the_file_are_found(new_cluster: Callable[..., Cluster]) -> None:
    cluster = new_cluster()
    with closing(cluster.connect()) as conn:
        conn.execute(CREATE_EXTENSION)
        intent = add_column(conn, "ada", "users", "a")
        conn.execute("select coord.mark_in_progress(%s, 'because ada said so')", (intent,))
        folder = value(conn, "show data_directory")
        place = value(conn, "select pg_relation_filepath('coord.intent_history')")
        has_checksums = value(conn, "show data_checksums") == "on"
        conn.execute("checkpoint")
    cluster.stop()
    with open(f"{folder}/{place}", "r+b") as file:
        content = file.read()
        assert content.count(b"because ada said so") == 1
        file.seek(content.index(b"because ada said so"))
        file.write(b"because bob said so")
    cluster.start()
    with closing(cluster.connect()) as conn:
        if has_checksums:
            with pytest.raises(psycopg.errors.DataCorrupted):
                problems(conn)
        else:
            assert problems(conn) == [CHANGED]


def test_a_row_killed_in_the_heap_is_found(conn: Connection) -> None:
    offered = rows(conn, "select from pg_available_extensions where name = 'pg_surgery'")
    if not offered:
        pytest.skip("the server does not have pg_surgery")
    intent = add_column(conn, "ada", "users", "a")
    move(conn, intent, "in_progress")
    conn.execute("create extension pg_surgery")
    conn.execute(
        "select heap_force_kill('coord.intent_history'::regclass, array[(select h.ctid"
        " from coord.intent_history h where h.intent_id = %s and h.intent_row = 1)]::tid[])",
        (intent,),
    )
    assert any("rows between are missing" in each for each in problems(conn))


def test_a_table_that_a_crash_emptied_is_found(new_cluster: Callable[..., Cluster]) -> None:
    cluster = new_cluster()
    with closing(cluster.connect()) as conn:
        conn.execute(CREATE_EXTENSION)
        add_column(conn, "ada", "users", "a")
        conn.execute("alter table coord.intent_history set unlogged")
    cluster.kill9()
    cluster.stop()
    cluster.start()
    with closing(cluster.connect()) as conn:
        assert value(conn, "select count(*) from coord.intent_history") == 0
        assert problems(conn) == ["the intent has no history"]


# -- rights that PostgreSQL gives -----------------------------------------------------------------


def test_an_agent_that_logs_in_becomes_nobody_else(login: Callable[..., Connection]) -> None:
    agent = login("ada", "coord_agent")
    for attempt in (
        "set session authorization postgres",
        "set role coord_reviewer",
        "set local session authorization coord_reviewer",
        "select set_config('role', 'postgres', false)",
        "select set_config('session_authorization', 'postgres', false)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            agent.execute(attempt)


def test_who_may_write_every_table_still_cannot_change_history(
    conn: Connection, login: Callable[..., Connection]
) -> None:
    intent = add_column(conn, "ada", "users", "a")
    writer = login("writer", "pg_write_all_data", "pg_read_all_data")
    for attempt in (
        "update coord.intent_history set reason = 'x'",
        "delete from coord.intent_history",
        "delete from coord.intent",
    ):
        with pytest.raises(psycopg.Error) as refused:
            writer.execute(attempt)
        assert refused.value.sqlstate == "IC003"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute("truncate coord.intent_history")
    assert problems(conn) == []
    writer.execute(
        "insert into coord.intent_history (id, intent_id, intent_row, event, old_status,"
        " new_status, changed_by, session_role, changed_at, previous_hash, row_hash)"
        " select 99, intent_id, 2, 'x', 'registered', 'registered', 'x', 'x', now(), row_hash,"
        " sha256('x') from coord.intent_history where intent_id = %s",
        (intent,),
    )
    assert CHANGED in problems(conn)


def test_who_may_create_roles_is_a_reviewer_up_to_15(
    login: Callable[..., Connection], pg_version: int
) -> None:
    creator = login("creator", attributes="createrole")
    if pg_version < 16:
        creator.execute("grant coord_reviewer to current_user")
        assert value(creator, "select coord.version()") is not None
    else:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            creator.execute("grant coord_reviewer to current_user")


# -- bindings -------------------------------------------------------------------------------------


def test_a_binding_holds_for_transactions_that_begin_after_it(
    conn: Connection, login: Callable[..., Connection]
) -> None:
    mallory = login("mallory", "coord_agent")
    login("ada", "coord_agent")
    mallory.execute("begin isolation level repeatable read")
    mallory.execute("select * from coord.intent")
    conn.execute("select coord.bind_agent('ada', 'detour_ada')")
    add_column(mallory, "ada", "users", "a")  # as docs/security.md says
    mallory.execute("rollback")
    for isolation in ("read committed", "repeatable read", "serializable"):
        mallory.execute(f"begin isolation level {isolation}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            add_column(mallory, "ada", "users", "a")
        mallory.execute("rollback")


def test_binding_one_agent_at_the_same_moment_has_one_result(dsn: str, conn: Connection) -> None:
    names = [f"detour_bound_{number}" for number in range(4)]
    for name in names:
        conn.execute(f"create role {name}")

    def bind(session: Connection, round_: int, number: int) -> None:
        session.execute("select coord.bind_agent('ada', %s)", (names[number],))

    for _, outcomes in race(dsn, [bind] * len(names)):
        assert {state for _, state in outcomes} == {None}
        [bound] = rows(conn, "select role_name, role_oid::regrole::text from coord.agent_binding")
        assert bound["role_name"] == bound["role_oid"]
    for name in names:
        conn.execute(f"drop role {name}")


def test_merging_is_for_reviewers_by_every_call(
    conn: Connection, login: Callable[..., Connection]
) -> None:
    conn.execute("update coord.setting set value = 'on' where name = 'merge_needs_reviewer'")
    agent, reviewer = login("ada", "coord_agent"), login("carol", "coord_reviewer")
    intent = add_column(agent, "ada", "users", "a")
    for new_status in ("in_progress", "completed"):
        move(agent, intent, new_status)
    for call in (
        "coord.mark_merged(%s)",
        "coord.move_intent(%s, 'merged')",
        "coord.move_intent(%s, 'MERGED')",
        "coord._move(%s, 'merged', null, null)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            agent.execute(f"select {call}", (intent,))
    for spelling in ("Merged", "merged ", " merged"):
        with pytest.raises(psycopg.Error) as refused:
            agent.execute("select coord._move(%s, %s, null, null)", (intent, spelling))
        assert refused.value.sqlstate == "IC002"
    assert status(conn, intent) == "completed"
    assert move(reviewer, intent, "merged") == "merged"


# -- row-level security ---------------------------------------------------------------------------


def test_a_policy_that_raises_is_none_of_the_functions_business(
    conn: Connection, login: Callable[..., Connection]
) -> None:
    conn.execute(
        "create function public.refuse() returns boolean language plpgsql as"
        " $$ begin raise exception 'the policy was asked'; end $$"
    )
    for table in ("intent", "conflict", "intent_history", "intent_key", "agent_binding"):
        conn.execute(f"alter table coord.{table} enable row level security")
        conn.execute(f"alter table coord.{table} force row level security")
        conn.execute(f"create policy p on coord.{table} using (public.refuse())")
    agent = login("ada", "coord_agent")
    first = add_column(agent, "ada", "users", "a")
    second = add_column(agent, "bob", "users", "a")
    assert status(conn, second) == "conflicted"
    with pytest.raises(psycopg.errors.RaiseException, match="the policy was asked"):
        agent.execute("select * from coord.intent")
    for each in conflicts(agent, second):
        agent.execute("select coord.resolve_conflict(%s, 'agreed')", (each["id"],))
    move(agent, first, "abandoned")
    move(agent, second, "in_progress")
    assert problems(agent, value(agent, "select coord.history_digest()")) == []


# -- a client's encoding --------------------------------------------------------------------------


def test_no_name_keeps_a_client_of_another_encoding_out(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    add_column(conn, "\u7532", "users", "a", feature="\u4e2d\u6587")
    latin = connect(client_encoding="LATIN1")
    told: list[str] = []
    latin.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    late = add_column(latin, "bob", "users", "a", feature="caf\u00e9")
    assert status(conn, late) == "conflicted"
    assert 'conflict with "??" of ?: users.a' in told[0]
    with pytest.raises(psycopg.Error) as refused:
        add_column(latin, "eve", "users", "a", refuse_on="error")
    assert refused.value.sqlstate == "IC004"
    assert '"??" of ?' in (refused.value.diag.message_detail or "")
    # what can be said is said as it is
    with pytest.raises(psycopg.Error) as refused:
        latin.execute("select coord.register_intent('x', 'y', 'select 1 \u00e9\u00e9 \u00e8')")
    assert refused.value.sqlstate == "42601"
    assert "\u00e8" in str(refused.value)


# -- what others have to read ---------------------------------------------------------------------


def test_what_one_intent_depends_on_does_not_flood_the_merge_order(conn: Connection) -> None:
    needs = [f"nobody_{number}" for number in range(5000)]
    add_column(conn, "ada", "users", "a", metadata=json.dumps({"depends_on": needs}))
    add_column(conn, "bob", "users", "b", metadata=json.dumps({"depends_on": "x" * 50_000}))
    many, long = (each["problem"] for each in rows(conn, "select * from coord.merge_order()"))
    assert many.count("which no intent is called") == 10
    assert many.endswith("; and 4990 more")
    assert len(long) < 400


# -- what detection goes by -----------------------------------------------------------------------


def test_a_footprint_that_is_missing_or_wrong_is_told_with_what_mends_it(conn: Connection) -> None:
    active = add_column(conn, "ada", "users", "a")
    ended = add_column(conn, "bob", "orders", "a")
    move(conn, ended, "abandoned")
    check = "select problems from coord.detector_check()"
    before = rows(conn, "select * from coord.intent_key order by intent_no, key")
    for damage, intents in (
        ("delete from coord.intent_key", [active]),
        ("update coord.intent_key set is_active = not is_active", [active, ended]),
    ):
        with conn.transaction(force_rollback=True):
            conn.execute(damage)
            found = value(conn, check)
            assert [each.split()[1] for each in found] == intents
            for each in found:
                conn.execute(each.partition("mend it with: ")[2])
            assert value(conn, check) == []
            if len(intents) == 2:
                after = rows(conn, "select * from coord.intent_key order by intent_no, key")
                assert after == before
            assert problems(conn) == []
