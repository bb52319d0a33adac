"""Registering finds what comparing finds: no pair hides behind its keys, in neither order.

The pairs are the examples of the rules, so that each way for two changes to meet is among them.
"""

from __future__ import annotations

from typing import Any

import pytest

from coord_detector.rules.book import RULES, Rule
from tests.db.intents import Connection, conflicts, register, rows


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
            compared = rows(
                conn, "select * from coord.compare_changes(%s::text, %s::text)", second, first
            )
            with conn.transaction(force_rollback=True):
                register(conn, "ada", first)
                found = conflicts(conn, register(conn, "bob", second))
            assert compared, "the example of a rule is a conflict"
            assert essence(found) == essence(compared)
            for each, other in zip(
                sorted(found, key=str_of), sorted(compared, key=str_of), strict=True
            ):
                newcomer_first = each["first_intent"] == each["intent_a"]
                assert (each["first_intent"] is None) == (other["first_side"] is None)
                if other["first_side"] is not None:
                    assert newcomer_first == (other["first_side"] == "a")


def str_of(found: dict[str, Any]) -> str:
    return f"{found['conflict_type']} {found['outcome']} {found['affected_objects']}"
