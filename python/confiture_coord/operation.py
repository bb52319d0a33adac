"""What both registries are made of: operations as methods, with one signature and one docstring."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload
from weakref import WeakSet

import psycopg
from psycopg.pq import TransactionStatus

from confiture_coord import statements
from confiture_coord.errors import InvalidArgument
from confiture_coord.notices import ServerWarning, collected
from confiture_coord.statements import Result, Steps

if TYPE_CHECKING:
    from confiture_coord.aio import AsyncIntentRegistry
    from confiture_coord.registry import IntentRegistry

Given = ParamSpec("Given")
Connection = TypeVar("Connection", psycopg.Connection[Any], psycopg.AsyncConnection[Any])

#: Connections to databases whose version was looked at and fits.
checked: WeakSet[Any] = WeakSet()


class Operation(Generic[Given, Result]):
    """Steps as a method: it returns their result, or a coroutine on the asynchronous registry."""

    def __init__(self, steps: Callable[Given, Steps[Result]]) -> None:
        self.__doc__ = steps.__doc__
        self.__wrapped__ = steps  # inspect.signature follows it
        self._steps = steps

    def __call__(self, registry: Any, *args: Given.args, **kwargs: Given.kwargs) -> Any:
        """``IntentRegistry.register(registry, …)``, as with any method."""
        return self.__get__(registry, type(registry))(*args, **kwargs)

    @overload
    def __get__(self, registry: IntentRegistry, owner: object) -> Callable[Given, Result]: ...
    @overload
    def __get__(
        self, registry: AsyncIntentRegistry, owner: object
    ) -> Callable[Given, Coroutine[Any, Any, Result]]: ...
    @overload
    def __get__(self, registry: None, owner: object) -> Self: ...
    def __get__(self, registry: Any, owner: object) -> Any:
        if registry is None:
            return self

        @functools.wraps(self._steps)
        def method(*args: Given.args, **kwargs: Given.kwargs) -> Any:
            return registry._run(self._steps(*args, **kwargs))

        return method


class Operations(Generic[Connection]):
    """The methods of a registry, and what its connection has to do with them."""

    def __init__(self, connection: Connection) -> None:
        self._connection: Connection = connection
        #: The warnings that the server sent during the latest call.
        self.last_warnings: list[ServerWarning] = []

    def _is(self, status: TransactionStatus) -> bool:
        """Idle: a call is a transaction of its own. Active: the caller has queued statements."""
        return self._connection.info.transaction_status is status

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Keep the warnings of a call; a refused argument is a ValueError."""
        with collected(self._connection) as self.last_warnings:
            try:
                yield
            except psycopg.Error as error:
                InvalidArgument.raise_for(error)
                raise

    def _checked(self, steps: Steps[Result]) -> Steps[Result]:
        """The steps, before the first of a connection those that look at its version."""
        if self._connection not in checked:
            yield from statements.require_version()
            checked.add(self._connection)
        return (yield from steps)

    register = Operation(statements.register)
    amend = Operation(statements.amend)
    check = Operation(statements.check)
    compare = Operation(statements.compare)
    footprint = Operation(statements.footprint)
    get_intent = Operation(statements.get_intent)
    find_intents = Operation(statements.find_intents)
    list_intents = Operation(statements.list_intents)
    mark_in_progress = Operation(statements.mark_in_progress)
    mark_completed = Operation(statements.mark_completed)
    mark_merged = Operation(statements.mark_merged)
    mark_abandoned = Operation(statements.mark_abandoned)
    move = Operation(statements.move)
    recheck = Operation(statements.recheck)
    heartbeat = Operation(statements.heartbeat)
    stale_intents = Operation(statements.stale_intents)
    abandon_stale = Operation(statements.abandon_stale)
    get_conflicts = Operation(statements.get_conflicts)
    list_conflicts = Operation(statements.list_conflicts)
    resolve_conflict = Operation(statements.resolve_conflict)
    ignore = Operation(statements.ignore)
    unignore = Operation(statements.unignore)
    allocate_branch = Operation(statements.allocate_branch)
    bind_agent = Operation(statements.bind_agent)
    history = Operation(statements.history)
    history_digest = Operation(statements.history_digest)
    verify_history = Operation(statements.verify_history)
    merge_order = Operation(statements.merge_order)
