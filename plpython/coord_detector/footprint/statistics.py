"""Extended statistics."""

from __future__ import annotations

from ..names import quoted
from . import automatic_names as names
from .canonical import full_text, shortened
from .work import Detail, Node, Work, place, strings

_FAMILY = "statistics object"


def create_statistics(work: Work, node: Node) -> None:
    relation = work.relation(node.relations[0])
    automatic = not node.defnames
    if automatic:
        middle = names.addition([element.name or "expr" for element in node.exprs])
        name = names.other_name(work.scope, _FAMILY, relation.schema, relation.name, middle, "stat")
        target = relation.renamed(name)
    else:
        target = work.new(strings(node.defnames))
    elements = [
        quoted(element.name) if element.name else full_text(element.expr, work.scope)
        for element in node.exprs
    ]
    kinds = sorted(strings(node.stat_types or ()))
    detail: Detail = {
        "definition": shortened(f"({', '.join(kinds)}) on {', '.join(elements)} from "
                                f"{relation.text()}"),
        "table": place(relation),
    }  # fmt: skip
    if automatic:
        detail["automatic"] = True
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists(_FAMILY, *target.options[0]):
            work.use(_FAMILY, target, None, {"if_not_exists": True})
            return
    work.add(_FAMILY, target, None, "create", "definition", detail)
    for schema, name in target.options:
        work.scope.created(_FAMILY, schema, name)
    by: Detail = {"by": _FAMILY}
    work.use("table", relation, None, {**by, "own": True})
    for element in node.exprs:
        if element.name:
            work.use("table column", relation, element.name, {**by, "own": True})
        else:
            work.expression(element.expr, relation, **by)


def alter_statistics(work: Work, node: Node) -> None:
    target = work.reference(strings(node.defnames), _FAMILY)
    value = getattr(node.stxstattarget, "ival", None)
    detail: Detail = {"value": value}
    if node.missing_ok:
        detail["if_exists"] = True
    work.add(_FAMILY, target, None, "alter", "statistics", detail)
