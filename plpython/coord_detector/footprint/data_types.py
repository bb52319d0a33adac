"""Enums, composite types, ranges, domains; ALTER TYPE and ALTER DOMAIN."""

from __future__ import annotations

from typing import Any

from ..model import Json
from ..names import Column, quoted
from . import automatic_names as names
from .canonical import full_text, literal, shortened
from .columns import Later, create_column
from .table import note_table
from .work import (
    Detail,
    Node,
    Target,
    Work,
    name_argument,
    option_value,
    strings,
    type_argument,
)


def _note_type(work: Work, target: Target) -> None:
    for schema, name in target.options:
        work.scope.created("type", schema, name)


# -------------------------------------------------------------------- enums


def create_enum(work: Work, node: Node) -> None:
    target = work.new(strings(node.typeName))
    labels = strings(node.vals or ())
    work.add(
        "type",
        target,
        None,
        "create",
        "definition",
        {
            "definition": shortened(f"enum ({', '.join(map(literal, labels))})"),
            "labels": list(labels),
        },
    )
    _note_type(work, target)


def alter_enum(work: Work, node: Node) -> None:
    target = work.reference(strings(node.typeName), "type")
    if node.oldVal is not None:
        detail: Detail = {"value": node.oldVal, "renamed_to": node.newVal}
    else:
        detail = {"value": node.newVal}
        if node.newValNeighbor is not None:
            where = "after" if node.newValIsAfter else "before"
            detail["anchor"] = {where: node.newValNeighbor}
        if node.skipIfNewValExists:
            detail["if_not_exists"] = True
    work.add("type", target, None, "alter", "value", detail)


# -------------------------------------------------------------------- composite and range types


def create_composite(work: Work, node: Node) -> None:
    target = work.new_relation(node.typevar)
    position = len(work.touches)
    table = note_table(work, target, "type")
    later = Later()
    for element in node.coldeflist or ():
        create_column(work, target, table, "composite type", element, later)
    parts = [f"{quoted(name)} {column.type}" for name, column in table.columns.items()]
    tail = work.touches[position:]
    del work.touches[position:]
    definition = shortened(f"composite ({', '.join(parts)})")
    work.add("type", target, None, "create", "definition", {"definition": definition})
    work.touches += tail


def create_range(work: Work, node: Node) -> None:
    target = work.new(strings(node.typeName))
    subtype = "?"
    given: tuple[str, ...] | None = None
    words: list[str] = []
    for option in node.params or ():
        name = option.defname
        if name == "multirange_type_name":
            given = strings(name_argument(work, option))
            continue
        if name == "subtype":
            argument = type_argument(work, option)
            subtype = work.type_text(argument, False)
            work.type_use(argument, by="type")
        elif name in ("canonical", "subtype_diff"):
            work.routine_use(name_argument(work, option), None, by="type")
        elif name == "collation":
            work.collation_name_use(name_argument(work, option), by="type")
        words.append(f"{name} = {work.canonical(option.arg)}")
    if given is None:
        multirange = target.renamed(_multirange_name(target.name))
    elif len(given) > 1:
        multirange = Target(given[-2], given[-1])
    else:
        multirange = work.new(given)
    work.add(
        "type",
        target,
        None,
        "create",
        "definition",
        {"definition": shortened(f"range ({', '.join(sorted(words))})")},
    )
    implied: Detail = {"implied": True}
    if given is None:
        implied["automatic"] = True
    work.add("type", multirange, None, "create", "definition", implied)
    _note_type(work, target)
    _note_type(work, multirange)
    of_range = target.text()
    cast = Target(None, f"({of_range} AS {multirange.text()})")
    work.add("cast", cast, None, "create", "definition", {"implied": True})
    for owner, arguments in (
        (target, f"{subtype},{subtype}"),
        (target, f"{subtype},{subtype},text"),
        (multirange, ""),
        (multirange, of_range),
        (multirange, f"{of_range}[]"),
    ):
        routine = owner.renamed(f"{owner.name}({arguments})")
        work.add("function", routine, None, "create", "definition", {"implied": True})


def _multirange_name(name: str) -> str:
    """``price_range`` has ``price_multirange``, ``span`` has ``span_multirange``."""
    head, found, tail = name.partition("range")
    if found:
        return _cut(f"{head}multi{found}{tail}", "")
    return _cut(name, "_multirange")


def _cut(name: str, suffix: str) -> str:
    data = name.encode()[: names.MOST_BYTES - len(suffix)]
    return data.decode(errors="ignore") + suffix


def define_base_type(work: Work, node: Node) -> None:
    """CREATE TYPE name (INPUT = …), or the shell type without a definition."""
    target = work.new(strings(node.defnames))
    words = []
    for option in node.definition or ():
        if option.defname in _SUPPORT_FUNCTIONS:
            work.routine_use(name_argument(work, option), None, by="type")
        words.append(f"{option.defname} = {work.canonical(option.arg)}")
    work.add(
        "type",
        target,
        None,
        "create",
        "definition",
        {"definition": shortened(f"base ({', '.join(sorted(words))})")},
    )
    _note_type(work, target)


_SUPPORT_FUNCTIONS = frozenset(
    (
        "input",
        "output",
        "receive",
        "send",
        "typmod_in",
        "typmod_out",
        "analyze",
        "subscript",
    )
)


def alter_type(work: Work, node: Node) -> None:
    target = work.reference(strings(node.typeName), "type")
    for option in node.options:
        value: Json = option_value(option)
        work.add("type", target, None, "alter", "options", {"value": {option.defname: value}})
        if option.defname in _SUPPORT_FUNCTIONS and option.arg is not None:
            work.routine_use(name_argument(work, option), None, by="type")


# -------------------------------------------------------------------- domains


def create_domain(work: Work, node: Node) -> None:
    target = work.new(strings(node.domainname))
    base = work.type_text(node.typeName)
    words = [base]
    detail: Detail = {"type": base}
    position = len(work.touches)
    work.type_use(node.typeName, by="domain")
    if node.collClause is not None:
        words.append("collate " + ".".join(strings(node.collClause.collname)))
        work.collation_use(node.collClause, by="domain")
    for constraint in node.constraints or ():
        what = constraint.contype.name
        if what == "CONSTR_CHECK":
            words.append(_domain_check(work, target, constraint))
        elif what == "CONSTR_NOTNULL":
            detail["not_null"] = True
            words.append("not null")
            _domain_not_null_named(work, target, constraint)
        elif what == "CONSTR_DEFAULT":
            text = work.canonical(constraint.raw_expr)
            detail["default"] = text
            words.append(f"default {text}")
            work.expression(constraint.raw_expr, None, by="domain")
    detail["definition"] = shortened("domain " + " ".join(words))
    tail = work.touches[position:]
    del work.touches[position:]
    work.add("type", target, None, "create", "definition", detail)
    work.touches += tail
    _note_type(work, target)


def _domain_check(work: Work, target: Target, node: Node) -> str:
    automatic = not node.conname
    scope = work.scope
    name = node.conname or names.constraint_name(scope, target.schema, target.name, None, "check")
    text = f"check {full_text(node.raw_expr, scope)}"
    if node.skip_validation:
        text += " not valid"
    detail: Detail = {"definition": shortened(text), "constraint_type": "check"}
    if automatic:
        detail["automatic"] = True
    work.add("domain constraint", target, name, "create", "definition", detail)
    work.expression(node.raw_expr, None, by="domain constraint")
    for schema, _ in target.options:
        scope.constraint_added(schema, name)
    return text


def alter_domain(work: Work, node: Node) -> None:
    target = work.reference(strings(node.typeName), "type")
    _DOMAIN_CHANGES[node.subtype](work, target, node)


def _domain_default(work: Work, target: Target, node: Node) -> None:
    value = None if node.def_ is None else work.canonical(node.def_)
    work.add("type", target, None, "alter", "default", {"value": value})
    work.expression(node.def_, None, by="domain")


def _domain_nullable(work: Work, target: Target, node: Node) -> None:
    work.add("type", target, None, "alter", "not null", {"value": False})


def _domain_not_null(work: Work, target: Target, node: Node) -> None:
    work.add("type", target, None, "alter", "not null", {"value": True})


def _domain_not_null_named(work: Work, target: Target, node: Node) -> None:
    """An object from PostgreSQL 17 on; before, the name is mute."""
    if not node.conname:
        return
    detail: Detail = {"definition": "not null", "constraint_type": "not null"}
    work.add("domain constraint", target, node.conname, "create", "definition", detail)
    for schema, _ in target.options:
        work.scope.constraint_added(schema, node.conname)


def _domain_add(work: Work, target: Target, node: Node) -> None:
    if node.def_.contype.name == "CONSTR_NOTNULL":
        _domain_not_null_named(work, target, node.def_)
        _domain_not_null(work, target, node)
    else:
        _domain_check(work, target, node.def_)
    work.use("type", target, None, {"by": "domain constraint", "own": True})


def _domain_drop(work: Work, target: Target, node: Node) -> None:
    detail: Detail = {}
    if node.missing_ok:
        detail["if_exists"] = True
    if node.behavior.name == "DROP_CASCADE":
        detail["cascade"] = True
    work.add("domain constraint", target, node.name, "drop", "definition", detail)
    for schema, _ in target.options:
        work.scope.constraint_removed(schema, node.name)


def _domain_validate(work: Work, target: Target, node: Node) -> None:
    work.add("domain constraint", target, node.name, "alter", "validation", {"value": True})


_DOMAIN_CHANGES: dict[str, Any] = {
    "T": _domain_default,
    "N": _domain_nullable,
    "O": _domain_not_null,
    "C": _domain_add,
    "X": _domain_drop,
    "V": _domain_validate,
}

__all__ = [
    "Column",
    "alter_domain",
    "alter_enum",
    "alter_type",
    "create_composite",
    "create_domain",
    "create_enum",
    "create_range",
    "define_base_type",
]
