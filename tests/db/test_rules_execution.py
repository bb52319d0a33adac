"""Every rule's example is executed in both orders: the verdict must be what the server does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from coord_detector.rules import compare, prepare
from coord_detector.rules.book import RULES, Rule
from coord_detector.rules.book_misses import MISSES, Miss
from tests.execution import Executor, Truth
from tests.property.test_pairs import disagreement
from tests.score_pairs import catalog_query, strongest, touches_of

ALLOWED: dict[str, tuple[str, ...]] = {
    "overlap": ("commute",),
    "duplicate": ("commute", "exclusive"),
    "order": ("order", "requires"),
    "clash": ("diverge", "exclusive"),
}
"""What execution may say where the detector says …"""


@pytest.fixture
def base(plain_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
@pytest.mark.parametrize("swapped", [False, True], ids=["as written", "swapped"])
def test_example_is_true(base: psycopg.Connection[Any], rule: Rule, swapped: bool) -> None:
    with base.transaction(force_rollback=True):
        if rule.setup:
            base.execute(rule.setup.encode())
        sides = ["; ".join([side] * rule.times) for side in (rule.a, rule.b)]
        one, two = reversed(sides) if swapped else sides
        truth = Executor(base).truth([one], [two])
        found = _verdict(one, two, catalog_query(base))
    assert truth.verdict in ALLOWED[found.outcome], (truth, found)
    assert found.outcome == rule.outcome
    assert rule.name in found.rules
    expected = rule.first
    if swapped and expected is not None:
        expected = "b" if expected == "a" else "a"
    assert found.first == expected
    if expected is not None:
        assert truth.first == expected


@pytest.mark.parametrize("miss", MISSES, ids=[miss.says for miss in MISSES])
@pytest.mark.parametrize("swapped", [False, True], ids=["as written", "swapped"])
def test_known_miss_is_still_missed(
    base: psycopg.Connection[Any], miss: Miss, swapped: bool, pg_version: int
) -> None:
    if miss.since > pg_version:
        pytest.skip(f"PostgreSQL {miss.since} has it")
    with base.transaction(force_rollback=True):
        base.execute(miss.setup.encode())
        one, two = (miss.b, miss.a) if swapped else (miss.a, miss.b)
        truth = Executor(base).truth([one], [two])
        query = catalog_query(base)
        conflicts = compare(prepare(touches_of([one], query)), prepare(touches_of([two], query)))
    assert truth.verdict != "neither", truth.failures
    if truth.verdict == "commute":
        outcomes = {one.outcome for one in conflicts if one.severity == "error"}
        assert outcomes & {"clash", "order"}, conflicts
    else:
        assert disagreement(truth, conflicts) is not None, (truth, conflicts)


class Found:
    def __init__(self, outcome: str, first: str | None, rules: set[str]) -> None:
        self.outcome = outcome
        self.first = first
        self.rules = rules

    def __repr__(self) -> str:
        return f"{self.outcome} {self.first or ''} {self.rules}"


def _verdict(one: str, two: str, query: Callable[..., Any]) -> Found:
    conflicts = compare(prepare(touches_of([one], query)), prepare(touches_of([two], query)))
    top = strongest(conflicts)
    assert top is not None
    return Found(top.outcome, top.first, {conflict.rule for conflict in conflicts})


def test_truth_tells_rows_from_definitions() -> None:
    assert Truth("diverge", None, ("rows of t",)).only_contents
    assert not Truth("diverge", None, ("rows of t", "column t.c")).only_contents
