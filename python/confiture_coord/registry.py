"""The registry over a psycopg connection."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from confiture_coord.operation import Operations
from confiture_coord.statements import Result, Steps


class IntentRegistry(Operations[psycopg.Connection[Any]]):
    """Declared schema changes, the conflicts between them, and their lifecycle.

    The caller owns the connection, its transaction included:

    * in a transaction (a ``with connection.transaction()`` block, or after any earlier statement
      of a connection that is not in autocommit mode), a call joins it. Nothing is committed or
      rolled back here; after an error the transaction is in the failed state, as after any failed
      statement. Locks that a call takes last until the caller commits.
    * on an idle connection, in autocommit mode or not, a call is a transaction of its own: begun,
      and committed or rolled back, before it returns. So a call never leaves the connection idle
      in transaction.
    * in pipeline mode the same holds: what is queued is brought to its end first (where that
      failed, its error is raised here and nothing is sent), and a call waits for its own answer.
      Without a transaction of the caller it is committed when it returns, and no later error of
      the pipeline undoes it.

    Pools: make a registry wherever a connection is at hand, it holds no state but
    ``last_warnings``. Do not share one connection among threads that need separate transactions.

    >>> with psycopg.connect(DATABASE_URL) as connection:
    ...     registry = IntentRegistry(connection)
    ...     intent = registry.register(
    ...         "claude-payments", "stripe_integration",
    ...         ["ALTER TABLE users ADD COLUMN stripe_customer_id TEXT"])
    ...     intent.branch_name, [each.id for each in registry.list_intents()] == [intent.id]
    ('feature/stripe_integration_001', True)
    """

    def _run(self, steps: Steps[Result]) -> Result:
        connection, steps = self._connection, self._checked(steps)
        with (
            self._watched(),
            connection.pipeline() if self._is(TransactionStatus.ACTIVE) else nullcontext(),
            connection.transaction() if self._is(TransactionStatus.IDLE) else nullcontext(),
            psycopg.Cursor(connection, row_factory=dict_row) as cursor,
        ):
            try:
                query, values = next(steps)
                while True:
                    rows = cursor.execute(query, values, binary=True).fetchall()
                    query, values = steps.send(rows)
            except StopIteration as end:
                result: Result = end.value
        return result
