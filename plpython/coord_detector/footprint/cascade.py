"""What a DROP takes along of what the script itself has made: by CASCADE, or as a part of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..names import Relation, Table
from .dropping import drop_column, drop_constraint
from .work import Detail, Target, Work, qualified, strings

IMPLIED: Detail = {"implied": True}


def relation_dropped(work: Work, target: Target) -> None:
    """Foreign keys to a table, views of it and what inherits from it go with CASCADE."""
    _drop_all(work, _hanging_on(work, target))


def _hanging_on(work: Work, target: Target) -> list[Target]:
    """The relations that go with a relation; foreign keys to it are dropped here and now."""
    dropped = work.table(target)
    places: set[Relation | Table] = {*target.options}
    gone = places | {dropped} if dropped is not None else places
    work.look_at(len(work.scope.tables))
    found: list[Target] = []
    for place, table in list(work.scope.tables.items()):
        if place in places:
            continue
        if any(one in gone for one, _ in table.needs):
            found.append(Target(*place))
            continue
        for name, facts in list(table.constraints.items()):
            if (facts.get("referenced_table") or _place_of(facts)) in gone:
                drop_constraint(work, Target(*place), table, name, dict(IMPLIED))
    return found + work.descendants(dropped)


def _place_of(facts: dict[str, Any]) -> Relation | None:
    """What a foreign key refers to, by the name that it had then."""
    referenced = facts.get("referenced")
    return None if referenced is None else referenced.options[0]


def column_dropped(work: Work, target: Target, name: str) -> None:
    """Views that show a column go with it, by CASCADE."""
    work.look_at(len(work.scope.tables))
    columns = {(target.options[0], name), (work.table(target), name)}
    views = [
        Target(*place)
        for place, table in work.scope.tables.items()
        if not columns.isdisjoint(table.needs)
    ]
    _drop_all(work, views)


def type_dropped(work: Work, target: Target) -> None:
    """Columns of a type go with it, by CASCADE."""
    texts = {qualified(schema, name) for schema, name in target.options}
    texts |= {f"{text}[]" for text in texts}
    work.look_at(len(work.scope.tables))
    for place, table in list(work.scope.tables.items()):
        for name, column in list(table.columns.items()):
            if column.type in texts:
                drop_column(work, Target(*place), name, dict(IMPLIED))


def function_dropped(work: Work, target: Target) -> None:
    """Triggers that call a function go with it, by CASCADE."""
    bare = target.name.partition("(")[0]
    work.look_at(len(work.scope.tables))
    for place, table in list(work.scope.tables.items()):
        for name, function in list(table.triggers.items()):
            if strings(function)[-1] == bare:
                work.add("trigger", Target(*place), name, "drop", "definition", IMPLIED)
                del table.triggers[name]


def schema_dropped(work: Work, schema: str) -> None:
    """What the script created in a schema is gone with it."""
    work.look_at(len(work.scope.tables) + len(work.routines))
    for place in [place for place in work.scope.tables if place[0] == schema]:
        table = work.scope.tables.get(place)
        if table is not None:
            work.add(table.kind, Target(*place), None, "drop", "definition", IMPLIED)
            work.forget_relation(Target(*place))
    for (kind, place_schema, _), signatures in work.routines.items():
        if place_schema == schema:
            for signature in signatures:
                work.add(kind, Target(schema, signature), None, "drop", "definition", IMPLIED)
            signatures.clear()


def _drop_all(work: Work, targets: Iterable[Target]) -> None:
    """Relations with their indexes and sequences, and what hangs on them in its turn."""
    waiting = list(targets)[::-1]
    while waiting:
        target = waiting.pop()
        table = work.table(target)
        if table is None:
            continue
        work.add(table.kind, target, None, "drop", "definition", IMPLIED)
        belongings_dropped(work, target)
        waiting += _hanging_on(work, target)[::-1]
        work.forget_relation(target)


def belongings_dropped(work: Work, target: Target) -> None:
    """Indexes, sequences and partitions that the script itself gave to a table go with it."""
    table = work.table(target)
    if table is None:
        return
    _parts_dropped(work, table)
    for partition in work.descendants(table) if table.partitioned else ():
        known = work.table(partition)
        if known is not None:
            _parts_dropped(work, known)
        _drop_part(work, "table", partition.options[0])


def _parts_dropped(work: Work, table: Table) -> None:
    for index in list(table.indexes):
        _drop_part(work, "index", index)
    table.indexes.clear()
    for column in table.columns.values():
        if column.sequence is not None:
            _drop_part(work, "sequence", column.sequence)


def _drop_part(work: Work, kind: str, place: Relation) -> None:
    part = Target(*place)
    work.add(kind, part, None, "drop", "definition", IMPLIED)
    work.forget_relation(part)


__all__ = [
    "belongings_dropped",
    "column_dropped",
    "function_dropped",
    "relation_dropped",
    "schema_dropped",
    "type_dropped",
]
