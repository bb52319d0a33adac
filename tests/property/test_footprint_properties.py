"""A footprint depends on what a statement means, not on how it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pglast.stream import RawStream

from coord_detector import safe_parser
from coord_detector.footprint import footprint
from coord_detector.loader import ast
from coord_detector.model import Touch
from coord_detector.script import Statement, parse_changes
from coord_detector.uses.nodes import child_names
from tests.db.footprint.corpus_reader import entries

SCRIPTS = [entry.sql for entry in entries()]


def touches_of(sql: str, path: Sequence[str] = ("public",)) -> list[Touch]:
    return footprint(parse_changes(sql), path)


scripts = st.sampled_from(SCRIPTS)

BLANKS = st.sampled_from([" ", "\n", "\t ", " /* ; ' \" */ ", " -- it's\n", "\r\n"])


def tokens_of(sql: str) -> list[tuple[str, str]]:
    """The tokens of a text with their names; what stands between them is left out."""
    data = sql.encode()
    return [
        (token.name, data[token.start : token.end + 1].decode())
        for token in safe_parser.scan(data) or ()
        if token.name not in ("SQL_COMMENT", "C_COMMENT")
    ]


def is_word(name: str, text: str) -> bool:
    """Keywords and unquoted names: what the server folds."""
    return text[0].isascii() and (text[0].isalpha() or text[0] == "_") and text.isidentifier()


@given(scripts, st.randoms(use_true_random=False))
def test_case_of_words_means_nothing(sql: str, random: Any) -> None:
    pieces: list[str] = []
    data = sql.encode()
    position = 0
    for token in safe_parser.scan(data) or ():
        pieces.append(data[position : token.start].decode())
        text = data[token.start : token.end + 1].decode()
        if is_word(token.name, text):
            text = "".join(
                letter.upper() if letter.isascii() and random.random() < 0.5 else letter
                for letter in text
            )
        pieces.append(text)
        position = token.end + 1
    pieces.append(data[position:].decode())
    assert touches_of("".join(pieces)) == touches_of(sql)


@given(scripts, st.data())
def test_blanks_and_comments_mean_nothing(sql: str, data: st.DataObject) -> None:
    blank = data.draw(BLANKS)
    pieces: list[str] = []
    raw = sql.encode()
    position = 0
    for token in safe_parser.scan(raw) or ():
        between = raw[position : token.start].decode()
        pieces.append(between.replace(" ", blank) if between.strip() == "" else between)
        pieces.append(raw[token.start : token.end + 1].decode())
        position = token.end + 1
    pieces.append(raw[position:].decode())
    assert touches_of("".join(pieces)) == touches_of(sql)


@pytest.mark.parametrize("sql", SCRIPTS, ids=range(len(SCRIPTS)))
def test_deparsed_text_has_the_same_footprint(sql: str) -> None:
    statements = parse_changes(sql)
    texts = []
    for statement in statements:
        try:
            text = RawStream()(statement.node)
            again = parse_changes(text)
        except Exception as error:
            pytest.skip(f"pglast cannot write this: {error}")
        if not same_tree(again[0].node, statement.node):
            pytest.skip("pglast writes something else")
        texts.append(text)
    assert footprint(parse_changes(texts), ["public"]) == footprint(statements, ["public"])


def iter_nodes(root: Any) -> Iterator[Any]:
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, tuple):
            pending.extend(reversed(node))
        elif node is not None and not isinstance(node, str | int):
            yield node
            pending.extend(getattr(node, name) for name in child_names(node.__class__))


def same_tree(one: Any, other: Any) -> bool:
    """Compare without places in the text; pglast's own comparison looks at them."""
    left, right = list(iter_nodes(one)), list(iter_nodes(other))
    return [type(node) for node in left] == [type(node) for node in right] and all(
        values_of(a) == values_of(b) for a, b in zip(left, right, strict=True)
    )


def values_of(node: Any) -> list[Any]:
    return [
        value
        for name in type(node).__slots__
        if not name.endswith(("location", "len", "list_start", "list_end"))
        and isinstance(value := getattr(node, name), str | int | bool)
    ]


@pytest.mark.parametrize("sql", SCRIPTS, ids=range(len(SCRIPTS)))
def test_qualified_names_are_the_names_that_they_resolve_to(sql: str) -> None:
    """In single statements: later ones depend on the path that earlier ones set."""
    for statement in parse_changes(sql):
        plain = footprint([statement], ["public"])
        qualify(statement.node)
        assert footprint([statement], ["public"]) == plain


def qualify(root: Any) -> None:
    """Write the schema in front of every relation that has none."""
    hidden: set[str] = set()
    relations = []
    for node in iter_nodes(root):
        if isinstance(node, ast.CommonTableExpr):
            hidden.add(str(node.ctename))
        elif isinstance(node, ast.RangeVar):
            relations.append(node)
        elif isinstance(node, ast.CreateSchemaStmt | ast.ImportForeignSchemaStmt):
            return
    for relation in relations:
        if (
            relation.schemaname is None
            and relation.relpersistence != "t"
            and relation.relname not in hidden
        ):
            relation.schemaname = "public"


def test_path_decides_where_things_are() -> None:
    sql = "create table a (id serial primary key); create index on a (id); alter table b add c int"
    here = touches_of(sql, ["here"])
    there = touches_of(sql, ["there"])
    assert {touch.schema for touch in here} == {"here"}
    moved = [touch._replace(schema="here", detail={}) for touch in there]
    assert moved == [touch._replace(detail={}) for touch in here]


def test_statement_numbers_are_those_of_the_script() -> None:
    statements = [
        Statement(number, "", one.node)
        for number, one in enumerate(parse_changes("drop table a; drop table b"), 41)
    ]
    assert [touch.statement_no for touch in footprint(statements, ["public"])] == [41, 42]
