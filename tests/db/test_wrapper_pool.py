"""Thousands of registrations through a pool: no transaction stays open, no memory is kept.

``POOL_REGISTRATIONS=10000 pytest -s tests/db/test_wrapper_pool.py`` for as many as that.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from confiture_coord import AsyncIntentRegistry, Intent, IntentRegistry

REGISTRATIONS = int(os.environ.get("POOL_REGISTRATIONS", "1000"))
SIZE = 8
#: What a process may grow by, after it is warm, in kB: allocators round up. A leak of 1 kB for
#: each registration would show in a run of 10,000.
ROOM = 8_000


def memory(pid: int) -> int:
    """What the process has for itself, in kB."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("RssAnon:")]
    return int(line.split()[1])


def plan(number: int) -> tuple[str, str, list[str]]:
    """Agent, feature and changes; one in ten meets its neighbour on a table of theirs."""
    table = f"t{number - 1 if number % 10 == 1 else number}"
    return f"agent-{number}", f"feature {number}", [f"ALTER TABLE {table} ADD c{number} int"]


def idle_transactions(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def backends(conn: psycopg.Connection[Any]) -> dict[int, int]:
    """The memory of each session of the pool."""
    found = conn.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    return {pid: memory(pid) for (pid,) in found}


@pytest.mark.parametrize("autocommit", [True, False])
def test_a_pool_used_by_threads(dsn: str, conn: psycopg.Connection[Any], autocommit: bool) -> None:
    def register(number: int) -> Intent:
        with pool.connection() as connection:
            registry = IntentRegistry(connection)
            intent = registry.register(*plan(number))
            assert connection.info.transaction_status is TransactionStatus.IDLE
            return intent

    def rounds(numbers: range) -> None:
        with ThreadPoolExecutor(SIZE) as threads:
            for first in range(0, len(numbers), 100):  # an executor remembers what it was given
                for intent in threads.map(register, numbers[first : first + 100]):
                    assert intent.status in ("registered", "conflicted")

    warm = REGISTRATIONS // 4
    with ConnectionPool(
        dsn, min_size=SIZE, max_size=SIZE, kwargs={"autocommit": autocommit}
    ) as pool:
        pool.wait()
        rounds(range(1, warm + 1))
        ours, theirs = memory(os.getpid()), backends(conn)
        rounds(range(warm + 1, REGISTRATIONS + 1))
        grown = memory(os.getpid()) - ours
        after = backends(conn)
        theirs_grown = {pid: after[pid] - before for pid, before in theirs.items()}
        print(
            f"\n{REGISTRATIONS} registrations, autocommit {autocommit}: the client has {ours} kB "
            f"and grew by {grown} kB; the {len(theirs)} sessions have {min(theirs.values())} to "
            f"{max(theirs.values())} kB and grew by {min(theirs_grown.values())} to "
            f"{max(theirs_grown.values())} kB after the first {warm}"
        )
        assert idle_transactions(conn) == 0
        assert len(theirs) == SIZE
        assert set(after) == set(theirs)
        assert grown < ROOM
        assert max(theirs_grown.values()) < ROOM
    stored = conn.execute(
        "SELECT count(*), count(DISTINCT branch_name) FROM coord.intent"
    ).fetchone()
    assert stored == (REGISTRATIONS, REGISTRATIONS)
    met = conn.execute("SELECT count(*) FROM coord.conflict").fetchone()
    assert met == ((REGISTRATIONS - 1) // 10,)


def test_a_pool_used_by_tasks(dsn: str, conn: psycopg.Connection[Any]) -> None:
    async def story() -> None:
        async with AsyncConnectionPool(dsn, min_size=SIZE, max_size=SIZE) as pool:

            async def register(number: int) -> None:
                async with pool.connection() as connection:
                    await AsyncIntentRegistry(connection).register(*plan(number))
                    assert connection.info.transaction_status is TransactionStatus.IDLE

            await asyncio.gather(*map(register, range(1, 201)))
            assert idle_transactions(conn) == 0

    asyncio.run(story())
    assert conn.execute("SELECT count(*) FROM coord.intent").fetchone() == (200,)


def test_a_failed_call_gives_its_connection_back_as_it_was(
    dsn: str, conn: psycopg.Connection[Any]
) -> None:
    wrong: list[Callable[[IntentRegistry], Any]] = [
        lambda registry: registry.register("a", "f", ["NONSENSE"]),
        lambda registry: registry.get_intent("int_1"),
        lambda registry: registry.resolve_conflict(1, "x"),
        lambda registry: registry.move("00000000-0000-4000-8000-000000000000", "merged"),
    ]
    with ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        with pool.connection() as connection:
            pid = connection.info.backend_pid
        for call in wrong * 5:
            with pool.connection() as connection, pytest.raises(ValueError):  # noqa: PT011
                call(IntentRegistry(connection))
            assert idle_transactions(conn) == 0
        with pool.connection() as connection:
            assert connection.info.backend_pid == pid
            assert connection._notice_handlers == []
