"""Suggestions say who, what and in which order."""

from __future__ import annotations

import pytest

from coord_detector.footprint import footprint
from coord_detector.model import Conflict
from coord_detector.rules import compare, prepare
from coord_detector.script import parse_changes
from coord_detector.suggest import for_agents

ME, YOU = '"wallet" of claude-a', '"oauth" of claude-b'


def found(a: str, b: str) -> Conflict:
    sides = [prepare(footprint(parse_changes(one), ("public",))) for one in (a, b)]
    return compare(*sides)[0]


def test_an_order_names_who_goes_first() -> None:
    conflict = found("UPDATE t SET c = 1", "ALTER TABLE t DROP COLUMN c")
    texts = for_agents(conflict, ME, YOU)
    assert texts[0].startswith(f"Apply {ME} before {YOU}")
    assert "t.c" in " ".join(texts)
    conflict = found("ALTER TABLE t DROP COLUMN c", "UPDATE t SET c = 1")
    assert for_agents(conflict, ME, YOU)[0].startswith(f"Apply {YOU} before {ME}")


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ("ALTER TABLE t ADD a int", "ALTER TABLE t ADD b int", ("naming", "one after the other")),
        ("ALTER TABLE t ADD a int", "ALTER TABLE t ADD a text", ("different", "Merge", "t.a")),
        (
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'",
            ("Rename", "Merge", "f()"),
        ),
        ("CREATE INDEX i ON t (a)", "CREATE INDEX j ON t (a)", ("Keep", "i and j")),
        (
            "ALTER TABLE t ADD CONSTRAINT x CHECK (a > 0)",
            "ALTER TABLE t ADD CONSTRAINT y CHECK (b > 0)",
            ("constraints", "t"),
        ),
    ],
)
def test_texts_are_specific(a: str, b: str, words: tuple[str, ...]) -> None:
    text = " | ".join(for_agents(found(a, b), ME, YOU))
    for word in words:
        assert word in text
    assert YOU in text


def test_without_agents_the_sides_are_named() -> None:
    conflict = found("ALTER TABLE t ADD a int", "ALTER TABLE t ADD b int")
    assert "change b" in " ".join(conflict.suggestions)


def test_long_lists_are_cut() -> None:
    many = "; ".join(f"ALTER TABLE t ADD c{number} int" for number in range(9))
    conflict = found(many, many)
    assert "and 4 more" in conflict.suggestions[0]
    assert len(conflict.objects) == 9
