"""CREATE INDEX."""

from __future__ import annotations

from ..loader import enums
from ..names import quoted
from . import automatic_names as names
from .canonical import full_text, shortened
from .constraints import note_index
from .table import copy_index
from .work import Detail, Node, Target, Work, option_values, place, strings


def create_index(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    table = work.table(target)
    kind = work.relation_kind(target)
    parameters = node.indexParams
    including = node.indexIncludingParams or ()
    columns = [parameter.name for parameter in parameters]
    own_names = names.index_columns([*parameters, *including])
    automatic = not node.idxname
    name = node.idxname or names.relation_name(
        work.scope, target.schema, target.name, names.addition(own_names), "idx"
    )
    index = target.renamed(name)
    detail: Detail = {
        "definition": _definition(work, node, target),
        "columns": list(columns),
        "table": place(target),
    }
    if table is None and own_names != columns:
        detail["names"] = list(own_names)
    if automatic:
        detail["automatic"] = True
    if node.unique:
        detail["unique"] = True
    if node.concurrent:
        detail["concurrently"] = True
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("relation", index.schema, index.name):
            work.use("index", index, None, {"if_not_exists": True})
            return
    work.add("index", index, None, "create", "definition", detail)
    by: Detail = {"by": "index", "index": name}
    alone: Detail = {} if node.relation.inh else {"only": True}
    work.use(kind, target, None, {**by, **alone, "own": True})
    column_kind = "table column" if kind == "table" else f"{kind} column"
    for parameter in (*parameters, *including):
        if parameter.name:
            chosen: Detail = {"operator_class": True} if parameter.opclass else {}
            work.use(column_kind, target, parameter.name, {**by, **chosen, "own": True})
        elif parameter.expr is not None:
            work.expression(parameter.expr, target, **by)
        if parameter.collation:
            work.collation_name_use(parameter.collation, **by)
        if parameter.opclass:
            opclass = strings(parameter.opclass)
            work.use("operator class", work.reference(opclass, "operator class"), None, by)
    work.expression(node.whereClause, target, **by)
    facts = {
        "columns": columns,
        "names": own_names,
        "constraint": None,
        "expressions": (*(one.expr for one in parameters if one.expr), node.whereClause),
    }
    note_index(work, index, table, facts)
    if table is not None and table.partitioned and node.relation.inh:
        for part in work.descendants(table):
            known = work.table(part)
            if known is not None:
                copy_index(work, part, known, table, facts, (index.options[0], target.options[0]))


def _definition(work: Work, node: Node, target: Target) -> str:
    """What the index is, without its name: two of one definition are one too many."""
    pieces = ["unique index" if node.unique else "index"]
    pieces.append(f"on {target.text()} using {node.accessMethod or 'btree'}")
    pieces.append(f"({', '.join(_element(work, element) for element in node.indexParams)})")
    if node.indexIncludingParams:
        inside = ", ".join(_element(work, element) for element in node.indexIncludingParams)
        pieces.append(f"include ({inside})")
    if node.nulls_not_distinct:
        pieces.append("nulls not distinct")
    if node.options:
        pieces.append(f"with {sorted(option_values(node.options).items())}")
    if node.tableSpace:
        pieces.append(f"tablespace {quoted(node.tableSpace)}")
    if node.whereClause is not None:
        pieces.append(f"where {full_text(node.whereClause, work.scope)}")
    return shortened(" ".join(pieces))


def _element(work: Work, element: Node) -> str:
    text = quoted(element.name) if element.name else full_text(element.expr, work.scope)
    if element.collation:
        text += f" collate {'.'.join(strings(element.collation))}"
    if element.opclass:
        text += f" {'.'.join(strings(element.opclass))}"
        if element.opclassopts:
            text += f" {sorted(option_values(element.opclassopts).items())}"
    descending = element.ordering == enums.SortByDir.SORTBY_DESC
    if descending:
        text += " desc"
    nulls = element.nulls_ordering
    # NULLS FIRST is what DESC means anyway, and NULLS LAST what ASC does.
    if nulls == enums.SortByNulls.SORTBY_NULLS_FIRST and not descending:
        text += " nulls first"
    elif nulls == enums.SortByNulls.SORTBY_NULLS_LAST and descending:
        text += " nulls last"
    return text
