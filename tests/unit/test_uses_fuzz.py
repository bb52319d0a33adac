"""Mutated SQL: whatever parses has uses, and whatever stands in a body is read or called opaque."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import given

from coord_detector import safe_parser, uses
from coord_detector.model import Touch
from coord_detector.names import Scope
from tests.unit import test_uses_bodies, test_uses_dynamic, test_uses_queries, test_uses_statements

CORPUS = Path(__file__).parents[1] / "db" / "uses" / "corpus.sql"


def _corpus() -> list[str]:
    text = CORPUS.read_text(encoding="utf-8")
    return [text[one.start : one.end].strip() for one in safe_parser.parse_sql(text)]


STATEMENTS = [
    *_corpus(),
    *(sql for sql, _ in test_uses_queries.WITH_QUERIES + test_uses_queries.FUNCTIONS_IN_FROM),
    *(sql for sql, _ in test_uses_statements.CHANGES + test_uses_statements.AROUND),
]

BODIES = [
    body
    for body, _ in test_uses_bodies.DECLARATIONS
    + test_uses_bodies.CONTROL
    + test_uses_bodies.EMBEDDED
    + test_uses_dynamic.KNOWN
] + test_uses_dynamic.UNKNOWN


def _words(text: str) -> list[str]:
    """The text cut at its tokens, blanks left with what they follow."""
    data = text.encode()
    tokens = safe_parser.scan(data) or []
    starts = [token.start for token in tokens] + [len(data)]
    return [data[a:b].decode() + " " for a, b in itertools.pairwise(starts)]


WORDS = sorted({word for text in STATEMENTS + BODIES for word in _words(text)})


@st.composite
def mutated(draw: st.DrawFn, texts: list[str]) -> str:
    words = _words(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(words)))
        action = draw(st.sampled_from(("delete", "insert", "replace", "splice")))
        if action == "delete":
            del words[at : at + draw(st.integers(1, 3))]
        elif action == "insert":
            words.insert(at, draw(st.sampled_from(WORDS)))
        elif action == "replace":
            words[at : at + 1] = [draw(st.sampled_from(WORDS))]
        else:
            words[at:at] = _words(draw(st.sampled_from(texts)))
    return "".join(words)


def check(touches: list[Touch]) -> None:
    for touch in touches:
        assert touch.action == "use"
        assert touch.facet in ("reference", "data")
        assert touch.name
        assert (touch.sub is None) == (touch.kind not in ("table column", "table constraint"))


def uses_of(node: Any) -> list[Touch]:
    scope = Scope(("public", "fleet"), 1)
    name = type(node).__name__
    if name == "CreateFunctionStmt":
        return uses.routine_body_uses(node, scope)
    if name == "DoStmt":
        return uses.do_uses(node, scope)
    if name in ("ViewStmt", "CreateTableAsStmt"):
        return uses.query_uses(node.query, scope)
    if name == "CreatePolicyStmt":
        return uses.expression_uses((node.qual, node.with_check), scope, [("public", "t")])
    return uses.dml_uses(node, scope)


@given(mutated(STATEMENTS))
def test_statements(sql: str) -> None:
    try:
        parsed = safe_parser.parse_sql(sql)
    except safe_parser.Unparsable:
        return
    for one in parsed:
        check(uses_of(one.node))


@given(mutated(BODIES))
def test_bodies(body: str) -> None:
    try:
        (one,) = safe_parser.parse_sql(
            f"CREATE FUNCTION f(a int, b text) RETURNS int LANGUAGE plpgsql AS "
            f"'{body.replace(chr(39), chr(39) * 2)}'"
        )
    except safe_parser.Unparsable as error:
        raise AssertionError(body) from error
    check(uses.routine_body_uses(one.node, Scope(("public",), 1)))
