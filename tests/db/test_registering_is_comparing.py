"""Registering finds what comparing finds: no pair hides behind its keys, in neither order.

The pairs are the examples of the rules, so that each way for two changes to meet is among them,
and those that once misled the rules.
"""

from __future__ import annotations

from typing import Any

import pytest

from coord_detector.rules.book import RULES, Rule
from tests.db.intents import Connection, conflicts, register, rows
from tests.db.telling_pairs import PAIRS, SETUP


def essence(found: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(
        (each["conflict_type"], each["severity"], each["outcome"], each["affected_objects"])
        for each in found
    )


@pytest.mark.parametrize("rule", RULES, ids=[rule.name for rule in RULES])
def test_registering_finds_what_comparing_finds(conn: Connection, rule: Rule) -> None:
    # All in one transaction: roles belong to the whole server, and have to go again.
    with conn.transaction(force_rollback=True):
        if rule.setup:
            conn.execute(rule.setup)
        for first, second in ((rule.a, rule.b), (rule.b, rule.a)):
            assert registered_as_compared(conn, first, second), "an example is a conflict"


@pytest.mark.parametrize("name", PAIRS)
def test_no_pair_hides_behind_its_keys(conn: Connection, name: str) -> None:
    one, two = PAIRS[name]
    with conn.transaction(force_rollback=True):
        conn.execute(SETUP)
        registered_as_compared(conn, one, two)
        registered_as_compared(conn, two, one)


def registered_as_compared(conn: Connection, first: str, second: str) -> list[dict[str, Any]]:
    """What is found by comparing two changes, which registering them must find as well."""
    compared = rows(conn, "select * from coord.compare_changes(%s::text, %s::text)", second, first)
    with conn.transaction(force_rollback=True):
        register(conn, "ada", first)
        found = conflicts(conn, register(conn, "bob", second))
    # Only registering reminds of code that nobody can look into, where nothing else is found.
    found = [each for each in found if each["rule"] != "opaque-code"]
    assert essence(found) == essence(compared)
    for each, other in zip(sorted(found, key=str_of), sorted(compared, key=str_of), strict=True):
        newcomer_first = each["first_intent"] == each["intent_a"]
        assert (each["first_intent"] is None) == (other["first_side"] is None)
        if other["first_side"] is not None:
            assert newcomer_first == (other["first_side"] == "a")
    return compared


def str_of(found: dict[str, Any]) -> str:
    return f"{found['conflict_type']} {found['outcome']} {found['affected_objects']}"
