"""GROUP BY a primary key: the query then depends on the constraint, not on its columns only.

``SELECT c.id, c.name, count(*) … GROUP BY c.id`` is right because ``c.id`` is the key of ``c``.
PostgreSQL records that a view with this query needs the constraint. Its name is known when the
script makes the table; else the name that the server would give stands in, as a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..loader import ast
from .collector import Collector
from .expression import find_source
from .nodes import is_a
from .sources import Level, Source

_LONGEST_NAME = 63
_SUFFIX = "_pkey"


def primary_keys(
    collector: Collector, targets: Sequence[Any], clause: Sequence[Any], level: Level
) -> None:
    """Note the primary keys that allow ungrouped columns in a target list."""
    by_alias = {target.name: target.val for target in reversed(targets) if target.name}
    grouped: set[tuple[int, str]] = set()
    for item in clause:
        if is_a(item, ast.GroupingSet):
            return
        grouped.update(_columns([_meant(item, targets, by_alias)], level))
    sources = {id(source): source for source in level.sources.everything}
    keys = {source for source, _ in grouped if source in sources}
    for column in _columns([target.val for target in targets], level):
        if column[0] in keys and column not in grouped:
            keys.discard(column[0])
            _use(collector, sources[column[0]])


def _meant(item: Any, targets: Sequence[Any], by_alias: dict[str, Any]) -> Any:
    """``GROUP BY 1`` and ``GROUP BY alias`` stand for a target."""
    if is_a(item, ast.A_Const) and is_a(item.val, ast.Integer):
        position = item.val.ival
        return targets[position - 1].val if 0 < position <= len(targets) else item
    if is_a(item, ast.ColumnRef) and len(item.fields) == 1 and is_a(item.fields[0], ast.String):
        return by_alias.get(item.fields[0].sval, item)
    return item


def _columns(nodes: Iterable[Any], level: Level) -> Iterable[tuple[int, str]]:
    """Those of the nodes that are, or may be, columns of a table of this level: table and name."""
    for node in nodes:
        if not is_a(node, ast.ColumnRef) or not is_a(node.fields[-1], ast.String):
            continue
        names = [field.sval for field in node.fields]
        if len(names) > 1:
            source = find_source(names[:-1], level)
            tables: tuple[Source, ...] = (source,) if source is not None else ()
        else:
            tables = level.sources.find(names[0]).tables
        for table in tables:
            if table.tables:
                yield id(table), names[-1]


def _use(collector: Collector, source: Source) -> None:
    table = collector.scope.tables.get(source.tables[0]) if len(source.tables) == 1 else None
    if table is not None:
        for name, facts in table.constraints.items():
            if facts["type"] == "primary key":
                collector.use("table constraint", source.tables, name)
        return
    name = source.tables[0][1].encode()[: _LONGEST_NAME - len(_SUFFIX)].decode(errors="ignore")
    collector.constraint_guess(source, name + _SUFFIX)
