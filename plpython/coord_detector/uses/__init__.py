"""Queries, expressions and bodies of routines -> touches of what they use.

``facet`` is ``reference`` for what a definition depends on, and ``data`` for what a statement
that runs now reads or changes (``access`` in the detail). A column that may belong to one of
several tables is a touch of each, with a common number in ``candidate``; ``depth`` is how many
queries further out a candidate was found, so that 0 is the likeliest; ``or_elsewhere`` says that
it may be none of them, but a field of something that is no table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..model import Touch
from .collector import Collector, Facet
from .expression import walk
from .output import copied_columns, output_names
from .query import NO_COMMON_TABLES
from .result_columns import result_columns, spelled_out, starred
from .routine import block_of, body_of
from .sources import Level, Relation, Source, Sources
from .statement import statement

if TYPE_CHECKING:
    from ..names import Scope

__all__ = [
    "copied_columns",
    "dml_uses",
    "do_uses",
    "expression_uses",
    "output_names",
    "query_uses",
    "result_columns",
    "routine_body_uses",
    "spelled_out",
    "starred",
]

_ROWS = ("old", "new")


def query_uses(
    node: Any,
    scope: Scope,
    *,
    facet: Facet = "reference",
    relations: Sequence[Relation] = (),
) -> list[Touch]:
    """What a view's query or a rule's action uses, whose OLD and NEW are rows of ``relations``."""
    collector = Collector(scope, facet)
    statement(collector, node, None, _rows_level(relations) if relations else None)
    return collector.touches


def dml_uses(node: Any, scope: Scope) -> list[Touch]:
    """What a statement reads and changes that runs by itself: DML, COPY, EXPLAIN, CALL …"""
    collector = Collector(scope, "data")
    statement(collector, node, None)
    return collector.touches


def expression_uses(
    node: Any,
    scope: Scope,
    relations: Sequence[Relation] = (),
    *,
    facet: Facet = "reference",
) -> list[Touch]:
    """What an expression uses, or a list of them; bare names are columns of ``relations``.

    ``old`` and ``new``, as in a trigger's WHEN, are rows of the first of them. Relations of one
    name are the places where one relation may be.
    """
    collector = Collector(scope, facet)
    # Open even where the script created the table: a definition may use a column of its own.
    sources = Sources(
        Source(name, tables=tables, is_open=True) for name, tables in _by_name(relations)
    )
    walk(collector, node, Level(sources, _rows_level(relations), NO_COMMON_TABLES))
    return collector.touches


def routine_body_uses(node: Any, scope: Scope, table: Relation | None = None) -> list[Touch]:
    """What the body of CREATE FUNCTION or CREATE PROCEDURE uses; the signature is not looked at.

    ``table`` is the one whose trigger runs it: ``new`` and ``old`` are rows of that.
    """
    return body_of(node, scope, table)


def do_uses(
    node: Any, scope: Scope, nested: Callable[[Any], list[Touch]] | None = None
) -> list[Touch]:
    """What a DO block uses; ``nested`` tells what DDL in it touches, statement by statement."""
    return block_of(node, scope, nested)


def _rows_level(relations: Sequence[Relation]) -> Level | None:
    if not relations:
        return None
    sources = Sources()
    for alias in _ROWS:
        sources.add_hidden(Source(alias, tables=_by_name(relations)[0][1], is_open=True))
    return Level(sources, None, NO_COMMON_TABLES)


def _by_name(relations: Sequence[Relation]) -> list[tuple[str, tuple[Relation, ...]]]:
    """Relations of one name are one relation, of which only the catalog can tell the schema."""
    places: dict[str, list[Relation]] = {}
    for relation in relations:
        places.setdefault(relation[1], []).append(relation)
    return [(name, tuple(options)) for name, options in places.items()]
