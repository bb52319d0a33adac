"""DROP of everything that the parser puts into DROP's common statement."""

from __future__ import annotations

from ..loader import enums
from .cascade import (
    belongings_dropped,
    function_dropped,
    relation_dropped,
    schema_dropped,
    type_dropped,
)
from .dropping import drop_index
from .objects import FAMILIES, RELATION_KINDS, ROUTINE_KINDS, Address, address, forget
from .publication import publication_dropped
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
    cascades = bool(detail.get("cascade"))
    if kind == "schema":
        work.scope.dropped("schema", None, target.name)
        schema_dropped(work, target.name)
    elif kind in RELATION_KINDS:
        belongings_dropped(work, target)
        if cascades:
            relation_dropped(work, target)
        if kind == "sequence":
            work.disown(target)
        elif kind == "index":
            _drop_constraint_of(work, target)
    elif cascades and kind == "type":
        type_dropped(work, target)
    elif cascades and kind in ROUTINE_KINDS:
        function_dropped(work, target)
    elif kind == "publication":
        publication_dropped(work, target.name)
    forget(work, what)


def is_gone(work: Work, what: Address) -> bool:
    """Tell whether the script itself dropped or renamed it: then there is none."""
    kind, target, sub = what
    family = "relation" if kind in RELATION_KINDS else FAMILIES.get(kind, kind)
    return sub is None and work.scope.is_gone(family, *target.options[0])


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


__all__ = ["FAMILIES", "drop", "drop_object"]
