"""Pairs that once misled the rules, in both orders on a real server, each as one of its kind.

The rule book has one example a rule; these are the combinations between the rules. What the
server does is the only truth here: no pair says what it expects.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from coord_detector.rules import compare, prepare
from tests.db.telling_pairs import PAIRS, SETUP
from tests.execution import Executor
from tests.property.test_pairs import disagreement
from tests.score_pairs import catalog_query, touches_of


@pytest.fixture
def base(plain_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(plain_dsn, autocommit=True) as connection:
        yield connection


@pytest.mark.parametrize("swapped", [False, True], ids=["as written", "swapped"])
@pytest.mark.parametrize("name", PAIRS)
def test_the_verdict_is_what_the_server_does(
    base: psycopg.Connection[Any], name: str, swapped: bool
) -> None:
    one, two = reversed(PAIRS[name]) if swapped else PAIRS[name]
    with base.transaction(force_rollback=True):
        base.execute(SETUP)
        truth = Executor(base).truth([one], [two])
        query = catalog_query(base)
        conflicts = compare(prepare(touches_of([one], query)), prepare(touches_of([two], query)))
    assert truth.verdict != "neither", truth.failures
    assert disagreement(truth, conflicts) is None, (truth, conflicts)
