"""Everything at once on a few tables: whatever the interleaving, no deadlock and no half truth."""

from __future__ import annotations

import random

import pytest

from tests.concurrency.sessions import ROUNDS, broken_promises, race
from tests.db.intents import Connection, add_column, rows

TABLES = ("one", "two", "three")
REFUSALS = {None, "IC002", "IC004"}


def some_intent(conn: Connection, dice: random.Random) -> str:
    active = rows(
        conn,
        "select i.id::text as id from coord.intent i join coord.status s on s.status = i.status"
        " where s.is_active order by i.intent_no",
    )
    return str(dice.choice(active)["id"])


def something(conn: Connection, round_: int, number: int) -> None:
    dice = random.Random(f"{round_} {number}")
    table, column = dice.choice(TABLES), f"c{dice.randint(0, 3)}"
    changes = f"alter table {table} add column {column} text"
    deed = dice.choice(
        ["register", "register", "amend", "recheck", "start", "complete", "abandon", "review"]
    )
    if deed == "register":
        add_column(conn, f"agent {dice.randint(0, 5)}", table, column)
    elif deed == "review":
        found = rows(conn, "select id from coord.conflict where is_open")
        if found:
            conn.execute("select coord.resolve_conflict(%s, 'agreed')", (dice.choice(found)["id"],))
    else:
        call = {
            "amend": "coord.amend_intent(%s, %s::text)",
            "recheck": "coord.recheck(%s)",
            "start": "coord.mark_in_progress(%s)",
            "complete": "coord.mark_completed(%s)",
            "abandon": "coord.mark_abandoned(%s)",
        }[deed]
        given = (changes,) if deed == "amend" else ()
        conn.execute(f"select {call}", (some_intent(conn, dice), *given))


@pytest.mark.parametrize("isolation", ["read committed", "repeatable read", "serializable"])
def test_everything_at_once(dsn: str, conn: Connection, isolation: str) -> None:
    for number in range(8):
        add_column(conn, f"agent {number % 6}", TABLES[number % 3], f"c{number % 4}")
    for _, outcomes in race(dsn, [something] * 6, isolation, rounds=ROUNDS * 4):
        assert {state for _, state in outcomes} <= REFUSALS, outcomes
        assert broken_promises(conn) == []
