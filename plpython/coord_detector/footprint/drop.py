"""DROP of everything that the parser puts into DROP's common statement."""

from __future__ import annotations

from ..loader import enums
from .alter_table import drop_index
from .objects import FAMILIES, RELATION_KINDS, Address, address, forget
from .work import Detail, Node, Target, Work

_CASCADE = enums.DropBehavior.DROP_CASCADE


def drop(work: Work, node: Node) -> None:
    detail: Detail = {}
    if node.missing_ok:
        detail["if_exists"] = True
    if node.behavior == _CASCADE:
        detail["cascade"] = True
    if node.concurrent:
        detail["concurrently"] = True
    for one in node.objects:
        what = address(work, node.removeType, one)
        if node.missing_ok and is_gone(work, what):
            continue
        drop_object(work, what, detail)


def drop_object(work: Work, what: Address, detail: Detail) -> None:
    kind, target, sub = what
    work.add(kind, target, sub, "drop", "definition", detail)
    if kind == "schema":
        work.scope.dropped("schema", None, target.name)
        _drop_contents(work, target)
    elif kind in ("table", "foreign table", "materialized view", "partitioned table"):
        _drop_belongings(work, target)
    elif kind == "sequence":
        work.disown(target)
    elif kind == "index":
        _drop_constraint_of(work, target)
    forget(work, what)


def is_gone(work: Work, what: Address) -> bool:
    """Tell whether the script itself dropped or renamed it: then there is none."""
    kind, target, sub = what
    family = "relation" if kind in RELATION_KINDS else FAMILIES.get(kind, kind)
    return sub is None and work.scope.is_gone(family, *target.options[0])


def _drop_belongings(work: Work, target: Target) -> None:
    """Indexes, sequences and partitions that the script itself gave to a table go with it."""
    table = work.table(target)
    if table is None:
        return
    for index in list(table.indexes):
        drop_index(work, Target(*index), table)
    for column in table.columns.values():
        if column.sequence is not None:
            sequence = Target(*column.sequence)
            work.add("sequence", sequence, None, "drop", "definition", {"implied": True})
            work.forget_relation(sequence)
    if table.partitioned:
        for child in list(table.children):
            part = Target(*child)
            work.add("table", part, None, "drop", "definition", {"implied": True})
            _drop_belongings(work, part)
            work.forget_relation(part)


def _drop_constraint_of(work: Work, target: Target) -> None:
    index = work.table(target)
    if index is None or index.owner is None:
        return
    index.owner.indexes.pop(target.options[0], None)
    for child in work.descendants(index.owner):
        table = work.table(child)
        for part, facts in list(table.indexes.items()) if table is not None else ():
            if facts.get("part_of") == target.options[0]:
                drop_index(work, Target(*part), table)


def _drop_contents(work: Work, target: Target) -> None:
    """What the script created in a schema is gone with it."""
    schema = target.name
    work.look_at(len(work.scope.tables))
    for place in [place for place in work.scope.tables if place[0] == schema]:
        work.forget_relation(Target(*place))


__all__ = ["FAMILIES", "drop", "drop_object"]
