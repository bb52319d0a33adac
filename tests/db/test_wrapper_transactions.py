"""What the registry does to the caller's transaction, in every mode of a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import psycopg
import pytest
from psycopg.pq import TransactionStatus

from confiture_coord import (
    AsyncIntentRegistry,
    BlockingConflict,
    IntentNotFound,
    IntentRegistry,
    InvalidArgument,
)

CHANGES = ["CREATE TABLE t (a int)"]


class Connect(Protocol):
    def __call__(self, autocommit: bool = True, **kwargs: Any) -> psycopg.Connection[Any]: ...


def count(connect: Connect) -> int:
    """How many intents another session sees."""
    row = connect().execute("SELECT count(*) FROM coord.intent").fetchone()
    assert row is not None
    return int(row[0])


def status(connection: psycopg.Connection[Any]) -> TransactionStatus:
    return connection.info.transaction_status


@pytest.mark.parametrize("autocommit", [True, False])
def test_on_an_idle_connection_a_call_commits_what_it_began(
    connect: Connect, autocommit: bool
) -> None:
    connection = connect(autocommit=autocommit)
    registry = IntentRegistry(connection)
    intent = registry.register("a", "f", CHANGES)
    assert status(connection) is TransactionStatus.IDLE
    assert count(connect) == 1
    registry.list_intents()
    registry.mark_in_progress(intent.id)
    assert status(connection) is TransactionStatus.IDLE


@pytest.mark.parametrize("autocommit", [True, False])
def test_on_an_idle_connection_a_failed_call_leaves_it_idle(
    connect: Connect, autocommit: bool
) -> None:
    connection = connect(autocommit=autocommit)
    registry = IntentRegistry(connection)
    with pytest.raises(InvalidArgument):
        registry.register("a", "f", ["NONSENSE"])
    with pytest.raises(IntentNotFound):
        registry.get_intent("int_1")
    assert status(connection) is TransactionStatus.IDLE
    registry.register("a", "f", CHANGES)
    with pytest.raises(BlockingConflict):
        registry.register("b", "g", CHANGES, refuse_on="warning")
    assert status(connection) is TransactionStatus.IDLE
    assert count(connect) == 1


def test_a_transaction_block_of_the_caller_decides(connect: Connect) -> None:
    connection = connect()
    registry = IntentRegistry(connection)
    with connection.transaction():
        registry.register("a", "f", CHANGES)
        assert status(connection) is TransactionStatus.INTRANS
        assert count(connect) == 0
    assert count(connect) == 1
    with connection.transaction() as undone:
        registry.register("a", "g", CHANGES)
        raise psycopg.Rollback(undone)
    assert count(connect) == 1


def test_an_open_transaction_is_joined_and_neither_committed_nor_rolled_back(
    connect: Connect,
) -> None:
    connection = connect(autocommit=False)
    registry = IntentRegistry(connection)
    connection.execute("CREATE TABLE mine ()")
    registry.register("a", "f", CHANGES)
    assert status(connection) is TransactionStatus.INTRANS
    assert count(connect) == 0
    connection.rollback()
    assert count(connect) == 0
    connection.execute("SELECT 1")
    registry.register("a", "f", CHANGES)
    connection.commit()
    assert count(connect) == 1


def test_an_error_fails_the_caller_s_transaction_as_any_statement_does(connect: Connect) -> None:
    connection = connect()
    registry = IntentRegistry(connection)
    connection.execute("BEGIN")
    registry.register("a", "f", CHANGES)
    with pytest.raises(InvalidArgument):
        registry.register("a", "g", ["NONSENSE"])
    assert status(connection) is TransactionStatus.INERROR
    connection.execute("ROLLBACK")
    assert count(connect) == 0


def test_a_savepoint_of_the_caller_saves_the_rest(connect: Connect) -> None:
    connection = connect()
    registry = IntentRegistry(connection)
    with connection.transaction():
        registry.register("a", "f", CHANGES)
        with pytest.raises(InvalidArgument), connection.transaction():
            registry.register("a", "g", ["NONSENSE"])
        registry.register("a", "h", CHANGES)
    assert count(connect) == 2


@pytest.mark.parametrize("autocommit", [True, False])
def test_pipeline_mode(connect: Connect, autocommit: bool) -> None:
    connection = connect(autocommit=autocommit)
    registry = IntentRegistry(connection)
    with connection.pipeline():
        first = registry.register("a", "f", CHANGES)
        second = registry.register("b", "g", CHANGES)
        assert second.conflicts_with == [first.id]
        assert registry.last_warnings
    connection.commit()
    assert count(connect) == 2
    with connection.pipeline(), pytest.raises(IntentNotFound):
        registry.mark_merged("00000000-0000-0000-0000-000000000000")
    assert status(connection) is TransactionStatus.IDLE


@pytest.mark.parametrize("autocommit", [True, False])
def test_what_is_queued_in_a_pipeline_comes_first(connect: Connect, autocommit: bool) -> None:
    connection = connect(autocommit=autocommit)
    registry = IntentRegistry(connection)
    with connection.pipeline():
        queued = connection.execute("CREATE TABLE mine ()")
        registry.register("a", "f", CHANGES)
        # In autocommit mode a transaction of its own, which no later error undoes.
        assert count(connect) == (1 if autocommit else 0)
        assert status(connection) is (
            TransactionStatus.IDLE if autocommit else TransactionStatus.INTRANS
        )
        assert queued.statusmessage == "CREATE TABLE"
        connection.execute("SELECT 1/0")
        with pytest.raises(psycopg.errors.DivisionByZero):
            registry.register("b", "g", CHANGES)
    connection.rollback()
    assert count(connect) == (1 if autocommit else 0)
    assert status(connection) is TransactionStatus.IDLE


def test_pipeline_mode_within_a_transaction_of_the_caller(connect: Connect) -> None:
    connection = connect()
    registry = IntentRegistry(connection)
    with connection.pipeline(), connection.transaction() as undone:
        connection.execute("SELECT 1")
        registry.register("a", "f", CHANGES)
        raise psycopg.Rollback(undone)
    assert count(connect) == 0


def test_a_read_only_transaction_can_check(connect: Connect) -> None:
    connection = connect()
    IntentRegistry(connection).register("a", "f", CHANGES)
    connection.read_only = True
    registry = IntentRegistry(connection)
    assert len(registry.check("b", "g", CHANGES)) >= 1
    assert len(registry.list_intents()) == 1
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        registry.register("b", "g", CHANGES)


def test_connections_that_are_used_again_and_again_leak_nothing(connect: Connect) -> None:
    connections = [connect(autocommit=bool(number % 2)) for number in range(4)]

    def work(connection: psycopg.Connection[Any]) -> None:
        for number in range(25):
            registry = IntentRegistry(connection)  # as with a pool: one for each use
            feature = f"f{id(connection)}_{number}"
            registry.register("a", feature, [f"CREATE TABLE {feature} ()"])
            assert status(connection) is TransactionStatus.IDLE
        assert connection._notice_handlers == []

    with ThreadPoolExecutor(len(connections)) as threads:
        list(threads.map(work, connections))
    assert count(connect) == 100
    idle = connect().execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )
    assert idle.fetchone() == (0,)


# -- asynchronous ------------------------------------------------------------------------------


def on_async_connection(
    dsn: str, story: Callable[[psycopg.AsyncConnection[Any]], Awaitable[None]], **options: Any
) -> None:
    async def run() -> None:
        async with await psycopg.AsyncConnection.connect(dsn, **options) as connection:
            await story(connection)

    asyncio.run(run())


@pytest.mark.parametrize("autocommit", [True, False])
def test_the_asynchronous_registry_does_the_same(
    dsn: str, connect: Connect, autocommit: bool
) -> None:
    async def story(connection: psycopg.AsyncConnection[Any]) -> None:
        registry = AsyncIntentRegistry(connection)
        first = await registry.register("a", "f", CHANGES, metadata={"a": 1})
        assert connection.info.transaction_status is TransactionStatus.IDLE
        assert count(connect) == 1
        second = await registry.register("b", "g", ["ALTER TABLE t ADD b int"])
        assert "a" in registry.last_warnings[0].message
        assert second.conflicts_with == [first.id]
        assert [each.id for each in await registry.list_intents()] == [first.id, second.id]
        [conflict] = await registry.get_conflicts(second.id)
        assert (await registry.resolve_conflict(conflict.id, "agreed")).reviewed
        assert (await registry.mark_in_progress(second.id)).status == "in_progress"
        assert len(await registry.history(second.id)) >= 3
        assert await registry.check("b", "h", CHANGES)
        with pytest.raises(InvalidArgument):
            await registry.register("a", "f", ["NONSENSE"])
        with pytest.raises(BlockingConflict) as caught:
            await registry.register("c", "h", CHANGES, refuse_on="warning")
        assert caught.value.conflicts
        with pytest.raises(IntentNotFound):
            await registry.get_intent("int_1")
        assert connection.info.transaction_status is TransactionStatus.IDLE
        assert connection._notice_handlers == []

    on_async_connection(dsn, story, autocommit=autocommit)


def test_the_asynchronous_registry_joins_a_transaction(dsn: str, connect: Connect) -> None:
    async def story(connection: psycopg.AsyncConnection[Any]) -> None:
        registry = AsyncIntentRegistry(connection)
        async with connection.transaction() as undone:
            await registry.register("a", "f", CHANGES)
            raise psycopg.Rollback(undone)
        async with connection.pipeline():
            await connection.execute("SELECT 1")
            await registry.register("a", "f", CHANGES)
            assert connection.info.transaction_status is TransactionStatus.IDLE
            assert count(connect) == 1
            await connection.execute("SELECT 1/0")
            with pytest.raises(psycopg.errors.DivisionByZero):
                await registry.register("b", "g", CHANGES)
        async with connection.transaction():
            await registry.register("c", "h", ["CREATE TABLE h ()"])
            with pytest.raises(InvalidArgument):
                async with connection.transaction():
                    await registry.register("a", "g", ["NONSENSE"])

    on_async_connection(dsn, story, autocommit=True)
    assert count(connect) == 2
