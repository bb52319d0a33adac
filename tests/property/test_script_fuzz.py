"""The whole pure detector over mutated DDL: a footprint or a clean error, whatever comes.

Mutations work on tokens, so that many of them still parse: words are dropped, doubled, swapped
and exchanged between statements, and expressions and queries are put in one another's place.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coord_detector import loader
from coord_detector.footprint import footprint
from coord_detector.model import Touch
from coord_detector.net import net_effect
from coord_detector.rules import compare, prepare
from coord_detector.script import ScriptError, parse_changes
from coord_detector.touch_json import from_json, to_json
from tests import hostile_shapes

SAMPLES = (Path(__file__).parent.parent / "ddl_samples.sql").read_text()
STATEMENTS = [statement.text for statement in parse_changes(SAMPLES)]
PATHS = [["public"], ["s", "public"], [], ["pg_temp", "a"], ["Ü", "public"]]


def tokens_of(text: str) -> list[str]:
    return [text[token.start : token.end + 1] for token in loader.pglast().parser.scan(text)]


TOKENS = [tokens_of(text) for text in STATEMENTS]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    tokens = list(draw(st.sampled_from(TOKENS)))
    for _ in range(draw(st.integers(0, 3))):
        if not tokens:
            break
        at = draw(st.integers(0, len(tokens) - 1))
        to = min(len(tokens), at + draw(st.integers(0, 5)))
        kind = draw(st.sampled_from(["drop", "double", "swap", "graft", "take", "quote"]))
        if kind == "drop":
            del tokens[at:to]
        elif kind == "double":
            tokens[at:at] = tokens[at:to]
        elif kind == "swap":
            other = draw(st.integers(0, len(tokens) - 1))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif kind == "quote":
            tokens[at] = draw(st.sampled_from(['"é"', "$1", "NULL", "'ü'", "*", "a.b.c.d", "1e99"]))
        else:
            donor = draw(st.sampled_from(TOKENS))
            start = draw(st.integers(0, len(donor) - 1))
            piece = donor[start : start + draw(st.integers(1, 8))]
            tokens[at : at if kind == "graft" else to] = piece
    return " ".join(tokens)


def analysed(text: str, path: list[str]) -> list[Touch] | None:
    """Return the touches, or None for a clean error; anything else fails the test."""
    try:
        return footprint(parse_changes(text), path)
    except ScriptError as error:
        assert error.sqlstate in ("42601", "54000", "22023", "22021", "22P02")  # noqa: PT017
        return None


@pytest.mark.parametrize("text", STATEMENTS, ids=lambda text: text[:40])
def test_every_sample_has_a_footprint(text: str) -> None:
    assert analysed(text, ["public"]) is not None


@given(st.lists(mutated(), min_size=1, max_size=4), st.sampled_from(PATHS))
def test_mutated_changes_have_a_footprint_or_a_clean_error(
    texts: list[str], path: list[str]
) -> None:
    touches = analysed(";\n".join(texts), path)
    if touches is None:
        return
    for touch in touches:
        assert touch.statement_no >= 1
        assert touch.kind
        assert touch.name is not None
        assert touch.action in ("create", "alter", "drop", "use")
        json.dumps(dict(touch.detail), allow_nan=False)
    assert analysed(";\n".join(texts), path) == touches
    assert from_json(to_json(touches)) == touches


@given(mutated(), mutated(), st.sampled_from(PATHS))
def test_mutated_changes_can_be_compared(one: str, two: str, path: list[str]) -> None:
    sides = [analysed(text, path) for text in (one, two)]
    if sides[0] is None or sides[1] is None:
        return
    first, second = (prepare(net_effect(side or [])) for side in sides)
    found = compare(first, second)
    turned = compare(second, first)
    other = {"a": "b", "b": "a", None: None}
    assert sorted((c.type, c.severity, c.outcome, str(c.first)) for c in found) == sorted(
        (c.type, c.severity, c.outcome, str(other[c.first])) for c in turned
    )
    json.dumps([conflict._asdict() for conflict in found], allow_nan=False)


@pytest.mark.parametrize("shape", hostile_shapes.ALL, ids=lambda shape: shape.name)
def test_hostile_shapes_have_a_footprint_or_a_clean_error(shape: hostile_shapes.Shape) -> None:
    for length in (200, 4000):
        try:
            analysed(shape.of_length(length), ["public"])
        except RecursionError:
            continue  # the server is told 54000
