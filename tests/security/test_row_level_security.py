"""Row-level security that a site adds decides who sees rows, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from tests.db.intents import (
    Connection,
    add_column,
    conflicts,
    move,
    problems,
    register,
    rows,
    status,
    value,
)
from tools.places import CHECKOUT

LOCK_ALL = """
    do $$
    declare
        v_table text;
    begin
        for v_table in
            select format('coord.%I', relname) from pg_class
            where relnamespace = 'coord'::regnamespace and relkind = 'r'
        loop
            execute format('alter table %s enable row level security', v_table);
            execute format('alter table %s force row level security', v_table);
        end loop;
    end
    $$
"""

EVERYTHING = [
    "select * from coord.check_intent('eve', 'f', 'alter table users add column same text')",
    "select * from coord.conflicts_of('{intent}')",
    "select * from coord.merge_order()",
    "select * from coord.stale_intents('0')",
    "select * from coord.export_ended(now())",
    "select * from coord.detector_check()",
    "select coord.history_digest()",
    "select coord.amend_intent('{intent}', 'alter table users add column other text')",
    "select coord.recheck('{intent}')",
    "select coord.heartbeat('{intent}')",
    "select coord.mark_in_progress('{intent}')",
    "select coord.mark_completed('{intent}')",
    "select coord.mark_merged('{intent}')",
]


@pytest.fixture
def agent(conn: Connection, connect: Callable[..., Connection]) -> Connection:
    session = connect()
    session.execute("set role coord_agent")
    return session


def test_nothing_is_hidden_from_functions_where_everything_is_hidden_from_agents(
    conn: Connection, agent: Connection
) -> None:
    conn.execute(LOCK_ALL)
    first = add_column(agent, "ada", "users", "same")
    assert rows(agent, "select * from coord.intent") == []
    second = add_column(agent, "bob", "users", "same")
    assert status(conn, second) == "conflicted"
    [clash] = [each for each in conflicts(agent, second) if each["severity"] == "error"]
    assert str(clash["intent_b"]) == first
    agent.execute("select coord.resolve_conflict(%s, 'agreed')", (clash["id"],))
    for query in EVERYTHING:
        agent.execute(query.replace("{intent}", second))
    assert status(conn, second) == "merged"
    digest = value(conn, "select coord.history_digest()")
    assert problems(agent, digest) == []
    move(agent, first, "abandoned")
    assert problems(agent, digest) == []


def documented_policy() -> str:
    """The example of docs/security.md, as it stands there."""
    text = (CHECKOUT / "docs" / "security.md").read_text(encoding="utf-8")
    blocks = [each.partition("```")[0] for each in text.split("```sql\n")[1:]]
    [block] = [each for each in blocks if "CREATE POLICY" in each]
    return block


def test_documented_policy_shows_bound_agents_their_own(
    conn: Connection, connect: Callable[..., Connection]
) -> None:
    sessions = {}
    for name in ("ada", "bob", "carol"):
        conn.execute(f"create role policy_{name}")
        group = "coord_reviewer" if name == "carol" else "coord_agent"
        conn.execute(f"grant {group} to policy_{name}")
        sessions[name] = connect()
        sessions[name].execute(f"set role policy_{name}")
    for name in ("ada", "bob"):
        conn.execute("select coord.bind_agent(%s, %s)", (name, f"policy_{name}"))
    conn.execute(documented_policy())
    first = add_column(sessions["ada"], "ada", "users", "same")
    second = add_column(sessions["bob"], "bob", "users", "same")
    seen = {
        name: {str(each["id"]) for each in rows(session, "select id from coord.intent")}
        for name, session in sessions.items()
    }
    assert seen == {"ada": {first}, "bob": {second}, "carol": {first, second}}
    # nothing is hidden from detection, from the guards, or from verification
    assert status(conn, second) == "conflicted"
    with pytest.raises(psycopg.Error) as blocked:
        move(sessions["bob"], second, "in_progress")
    assert blocked.value.sqlstate == "IC004"
    assert first in (blocked.value.diag.message_detail or "")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        register(sessions["bob"], "ada", "create table t ()")
    move(sessions["ada"], first, "abandoned")
    assert status(conn, second) == "registered"
    assert problems(sessions["bob"], value(conn, "select coord.history_digest()")) == []
    for name, session in sessions.items():
        session.close()
        conn.execute(f"drop role policy_{name}")
