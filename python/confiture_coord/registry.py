"""The registry over a psycopg connection."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from confiture_coord import statements
from confiture_coord.errors import InvalidArgument
from confiture_coord.notices import ServerWarning, collected
from confiture_coord.operation import Operations
from confiture_coord.statements import Result, Steps

#: Connections to databases whose version was looked at and fits.
checked: WeakSet[Any] = WeakSet()


class IntentRegistry(Operations):
    """Declared schema changes, the conflicts between them, and their lifecycle.

    The caller owns the connection, its transaction included:

    * in a transaction (a ``with connection.transaction()`` block, or after any earlier statement
      of a connection that is not in autocommit mode), a call joins it. Nothing is committed or
      rolled back here; after an error the transaction is in the failed state, as after any failed
      statement. Locks that a call takes last until the caller commits.
    * on an idle connection, in autocommit mode or not, a call is a transaction of its own: begun,
      and committed or rolled back, before it returns. So a call never leaves the connection idle
      in transaction.
    * in pipeline mode the same holds; a call waits for its own answer.

    Pools: make a registry wherever a connection is at hand, it holds no state but
    ``last_warnings``. Do not share one connection among threads that need separate transactions.

    >>> import psycopg
    >>> from confiture_coord import IntentRegistry
    >>> with psycopg.connect("postgresql:///mydb") as connection:        # doctest: +SKIP
    ...     intent = IntentRegistry(connection).register(
    ...         "claude-payments", "stripe_integration",
    ...         ["ALTER TABLE users ADD COLUMN stripe_customer_id TEXT"])
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        #: The warnings that the server sent during the latest call.
        self.last_warnings: list[ServerWarning] = []

    def _run(self, steps: Steps[Result]) -> Result:
        connection = self._connection
        idle = connection.info.transaction_status is TransactionStatus.IDLE
        with collected(connection) as self.last_warnings:
            try:
                with connection.transaction() if idle else nullcontext():
                    if connection not in checked:
                        self._drive(statements.require_version())
                        checked.add(connection)
                    return self._drive(steps)
            except psycopg.Error as error:
                InvalidArgument.raise_for(error)
                raise

    def _drive(self, steps: Steps[Result]) -> Result:
        # Binary, so that DateStyle and the like do not matter; and a plain cursor, whatever the
        # connection makes by itself.
        with psycopg.Cursor(self._connection, row_factory=dict_row) as cursor:
            try:
                query, values = next(steps)
                while True:
                    try:
                        rows = cursor.execute(query, values, binary=True).fetchall()
                    except psycopg.Error as error:
                        query, values = steps.throw(error)
                    else:
                        query, values = steps.send(rows)
            except StopIteration as end:
                result: Result = end.value
                return result
