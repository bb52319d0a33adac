"""The registry over an asynchronous psycopg connection: the same calls, awaited."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from confiture_coord import statements
from confiture_coord.errors import InvalidArgument
from confiture_coord.notices import ServerWarning, collected
from confiture_coord.operation import Operations
from confiture_coord.registry import checked
from confiture_coord.statements import Result, Steps


class AsyncIntentRegistry(Operations):
    """IntentRegistry for a ``psycopg.AsyncConnection``.

    Arguments, results, errors and what happens to the transaction are those of IntentRegistry.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = connection
        #: The warnings that the server sent during the latest call.
        self.last_warnings: list[ServerWarning] = []

    async def _run(self, steps: Steps[Result]) -> Result:
        connection = self._connection
        idle = connection.info.transaction_status is TransactionStatus.IDLE
        with collected(connection) as self.last_warnings:
            try:
                async with connection.transaction() if idle else nullcontext():
                    if connection not in checked:
                        await self._drive(statements.require_version())
                        checked.add(connection)
                    return await self._drive(steps)
            except psycopg.Error as error:
                InvalidArgument.raise_for(error)
                raise

    async def _drive(self, steps: Steps[Result]) -> Result:
        # Binary, so that DateStyle and the like do not matter; and a plain cursor, whatever the
        # connection makes by itself.
        async with psycopg.AsyncCursor(self._connection, row_factory=dict_row) as cursor:
            try:
                query, values = next(steps)
                while True:
                    try:
                        rows = await (await cursor.execute(query, values, binary=True)).fetchall()
                    except psycopg.Error as error:
                        query, values = steps.throw(error)
                    else:
                        query, values = steps.send(rows)
            except StopIteration as end:
                result: Result = end.value
                return result
