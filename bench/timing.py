"""Samples of one operation, and what is told of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """One line of the results."""

    suite: str
    name: str
    value: float
    unit: str
    p95: float | None = None
    bound: str = ""
    holds: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        return {name: value for name, value in self._asdict().items() if value not in (None, "")}


def samples(operation: Callable[[Any], object], arguments: Iterable[Any]) -> list[float]:
    """Milliseconds of each call."""
    found = []
    for argument in arguments:
        begin = time.perf_counter()
        operation(argument)
        found.append((time.perf_counter() - begin) * 1000)
    return found


def median(times: list[float]) -> float:
    return statistics.median(times)


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def figure(suite: str, name: str, times: list[float]) -> Figure:
    return Figure(suite, name, median(times), "ms", p95(times))


def at_most(suite: str, name: str, value: float, bound: float) -> Figure:
    return Figure(suite, name, value, "x", None, f"at most {bound:g}", value <= bound)


def at_least(suite: str, name: str, value: float, bound: float) -> Figure:
    return Figure(suite, name, value, "x", None, f"at least {bound:g}", value >= bound)
