"""The registry over an asynchronous psycopg connection: the same calls, awaited."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from confiture_coord.operation import Operations
from confiture_coord.statements import Result, Steps


class AsyncIntentRegistry(Operations[psycopg.AsyncConnection[Any]]):
    """IntentRegistry for a ``psycopg.AsyncConnection``.

    Arguments, results, errors and what happens to the transaction are those of IntentRegistry, in
    autocommit mode or not, in a transaction block and in pipeline mode. A call is a coroutine;
    calls on one connection run one after the other, each to its end.

    >>> async def story():
    ...     async with await psycopg.AsyncConnection.connect(DATABASE_URL) as connection:
    ...         registry = AsyncIntentRegistry(connection)
    ...         intent = await registry.register("ada", "notes", "CREATE TABLE note ()")
    ...         return (await registry.mark_in_progress(intent.id)).status.value
    >>> asyncio.run(story())
    'in_progress'
    """

    async def _run(self, steps: Steps[Result]) -> Result:
        connection, steps = self._connection, self._checked(steps)
        with self._watched():
            async with (
                connection.pipeline() if self._is(TransactionStatus.ACTIVE) else nullcontext(),
                connection.transaction() if self._is(TransactionStatus.IDLE) else nullcontext(),
                psycopg.AsyncCursor(connection, row_factory=dict_row) as cursor,
            ):
                try:
                    query, values = next(steps)
                    while True:
                        rows = await (await cursor.execute(query, values, binary=True)).fetchall()
                        query, values = steps.send(rows)
                except StopIteration as end:
                    result: Result = end.value
        return result
