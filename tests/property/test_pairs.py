"""Generated changes of generated schemas, executed in both orders: the verdicts must agree.

A bounded, repeatable number with every run of the tests; ``make fuzz`` looks for as long as
one likes, in other places each time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings

from coord_detector.model import Conflict
from coord_detector.rules import compare, prepare
from coord_detector.rules.book import GROUPS
from tests.execution import Executor, Truth
from tests.property.changes import pairs
from tests.property.schemas import Schema
from tests.score_pairs import catalog_query, strongest, touches_of

ABOUT_ROWS = {rule.name for title, rules in GROUPS if title == "Rows" for rule in rules}

FUZZING = "FUZZ_EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "150"))


@pytest.fixture
def connection(plain_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        yield connection


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=not FUZZING,
    suppress_health_check=list(HealthCheck),
)
@given(pair=pairs())
def test_verdicts_agree_with_execution(
    connection: psycopg.Connection[Any], pair: tuple[Schema, list[str], list[str]]
) -> None:
    schema, a, b = pair
    with connection.transaction(force_rollback=True):
        for statement in schema.statements:
            connection.execute(statement.encode())
        truth = Executor(connection).truth(a, b)
        query = catalog_query(connection)
        conflicts = compare(prepare(touches_of(a, query)), prepare(touches_of(b, query)))
    if only_rows_tell(truth):
        return
    problem = disagreement(truth, conflicts)
    assert problem is None, f"{problem}\n{a}\n{b}\n{truth}\n{conflicts}\n{schema.statements}"


def disagreement(truth: Truth, conflicts: list[Conflict]) -> str | None:
    """What is wrong with a verdict; None when it is what the server did."""
    if truth.verdict == "neither" or truth.only_contents:
        return None
    top = strongest(conflicts)
    if truth.verdict == "commute":
        return _on_commuting(conflicts)
    if top is None:
        return "nothing is reported"
    if truth.verdict in ("diverge", "exclusive"):
        if top.outcome == "duplicate" or any(one.severity == "error" for one in conflicts):
            return None
        return "a clash is no error"
    if top.outcome != "order":
        return f"an order is called {top.outcome}"
    return None if top.first == truth.first else "the wrong side goes first"


FOREIGN_KEY_VIOLATION = "23503"
INTEGRITY_VIOLATIONS = "23"


def only_rows_tell(truth: Truth) -> bool:
    """Whether it hangs on the rows of another table, or on rows that are there: known misses."""
    states = {failure.sqlstate for _, failure in truth.failures}
    if FOREIGN_KEY_VIOLATION in states:
        return True
    return truth.verdict == "requires" and any(
        state.startswith(INTEGRITY_VIOLATIONS) for state in states
    )


def _on_commuting(conflicts: list[Conflict]) -> str | None:
    """Changes of one column are an error by default, whichever; nothing else may be one.

    Whether there are rows that a rule about rows could be about, only the tables tell.
    """
    wrong = [
        one
        for one in conflicts
        if one.severity == "error"
        and one.outcome not in ("duplicate", "overlap")
        and one.rule not in ABOUT_ROWS
    ]
    return f"an error on a commuting pair: {wrong[0].rule}" if wrong else None
