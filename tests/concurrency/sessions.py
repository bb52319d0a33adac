"""Processes that do the same thing at the same moment, and what must hold afterwards.

Each session is a process of its own: threads would take turns at Python's lock, which hides races.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors

from tests.db.intents import Connection, rows

ROUNDS = int(os.environ.get("RACE_ROUNDS", "10"))
"""How often each race is run; RACE_ROUNDS=500 for a night."""

RETRIES = 200

Work = Callable[[Connection, int, int], Any]


def worker(
    dsn: str,
    isolation: str,
    number: int,
    rounds: int,
    gate: Any,
    answers: Any,
    work: Work,
) -> None:
    conn = psycopg.connect(dsn, autocommit=True)
    conn.execute(f"set default_transaction_isolation = '{isolation}'")
    # A deadlock has to show as one, not as a wait that is given up.
    conn.execute("set lock_timeout = '60s'")
    for round_ in range(rounds):
        gate.wait()
        answers.put((round_, number, *outcome(conn, work, round_, number)))
        gate.wait()
    conn.close()


def outcome(conn: Connection, work: Work, round_: int, number: int) -> tuple[Any, str | None]:
    """What the work returns, or the SQLSTATE of its failure; 40001 is retried, as told."""
    for _ in range(RETRIES):
        try:
            return work(conn, round_, number), None
        except errors.SerializationFailure:
            time.sleep(random.random() / 200)
        except psycopg.Error as error:
            return str(error), error.sqlstate or "?"
    return "retried too often", "40001"


def race(
    dsn: str,
    work: Sequence[Work],
    isolation: str = "read committed",
    rounds: int = ROUNDS,
    before: Callable[[int], None] = lambda round_: None,
) -> Iterator[tuple[int, list[tuple[Any, str | None]]]]:
    """Run all of ``work`` at the same moment, round by round; yield each round's outcomes.

    The workers stand still between two rounds, so that the caller can look around.
    """
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(len(work) + 1)
    answers = context.Queue()
    workers = [
        context.Process(
            target=worker, args=(dsn, isolation, number, rounds, gate, answers, each), daemon=True
        )
        for number, each in enumerate(work)
    ]
    for each in workers:
        each.start()
    try:
        for round_ in range(rounds):
            before(round_)
            gate.wait(timeout=120)
            found = sorted((answers.get(timeout=120) for _ in work), key=lambda one: one[1])
            yield round_, [(answer, state) for _, _, answer, state in found]
            gate.wait(timeout=120)
        for each in workers:
            each.join(timeout=30)
    finally:
        for each in workers:
            if each.is_alive():
                each.terminate()


def broken_promises(conn: Connection) -> list[str]:
    """What no interleaving may leave behind."""
    found = [
        (
            "open conflict with an abandoned partner",
            """
            select c.id::text from coord.conflict c join coord.intent i
              on i.id in (c.intent_a, c.intent_b)
            where c.is_open and i.status = 'abandoned'""",
        ),
        (
            "conflicted without an open conflict",
            """
            select i.id::text from coord.intent i where i.status = 'conflicted' and not exists (
                select from coord.conflict c
                where c.is_open and i.id in (c.intent_a, c.intent_b))""",
        ),
        (
            "in progress with an open error",
            """
            select i.id::text from coord.intent i join coord.conflict c
              on i.id in (c.intent_a, c.intent_b)
            where i.status = 'in_progress' and c.is_open and c.severity = 'error'
              and c.created_at < (select max(h.changed_at) from coord.intent_history h
                                  where h.intent_id = i.id and h.new_status = 'in_progress'
                                    and h.old_status <> 'in_progress')""",
        ),
        (
            "conflict stored twice",
            """
            select min(c.id)::text from coord.conflict c where c.moot_at is null
            group by least(c.intent_a, c.intent_b), greatest(c.intent_a, c.intent_b),
                c.conflict_type, c.affected_objects, c.outcome having count(*) > 1""",
        ),
        ("history", "select problem from coord.verify_history()"),
    ]
    return [
        f"{name}: {next(iter(each.values()))}"
        for name, query in found
        for each in rows(conn, query)
    ]


@contextmanager
def transaction(conn: Connection, isolation: str) -> Iterator[None]:
    """A transaction whose snapshot is taken at its beginning."""
    conn.execute(f"begin isolation level {isolation}")
    try:
        conn.execute("select 1 from coord.status limit 1")
        yield
        conn.execute("commit")
    except BaseException:
        conn.execute("rollback")
        raise
