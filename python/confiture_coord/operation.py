"""What both registries are made of: operations as methods, with one signature and one docstring."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, overload

from confiture_coord import statements

if TYPE_CHECKING:
    from confiture_coord.aio import AsyncIntentRegistry
    from confiture_coord.registry import IntentRegistry

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Operation(Generic[Given, Result]):
    """Steps as a method: it returns their result, or a coroutine on the asynchronous registry."""

    def __init__(self, steps: Callable[Given, statements.Steps[Result]]) -> None:
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


class Operations:
    """The methods of a registry."""

    register = Operation(statements.register)
    check = Operation(statements.check)
    footprint = Operation(statements.footprint)
    get_intent = Operation(statements.get_intent)
    find_intents = Operation(statements.find_intents)
    list_intents = Operation(statements.list_intents)
    mark_in_progress = Operation(statements.mark_in_progress)
    mark_completed = Operation(statements.mark_completed)
    mark_merged = Operation(statements.mark_merged)
    mark_abandoned = Operation(statements.mark_abandoned)
    get_conflicts = Operation(statements.get_conflicts)
    list_conflicts = Operation(statements.list_conflicts)
    resolve_conflict = Operation(statements.resolve_conflict)
    allocate_branch = Operation(statements.allocate_branch)
    history = Operation(statements.history)
    merge_order = Operation(statements.merge_order)
