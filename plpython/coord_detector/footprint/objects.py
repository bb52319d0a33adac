"""How statements name objects: by kind of object, a node of one shape or another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ..loader import ast, enums
from ..names import quoted, type_name, type_parts
from ..script_error import ScriptError
from .subject import COLUMN_KINDS
from .work import Node, Target, Work, strings

_O = enums.ObjectType


class Address(NamedTuple):
    """One object: its kind, where it is, and which member of that."""

    kind: str
    target: Target
    sub: str | None = None


RELATIONS = {
    _O.OBJECT_TABLE: "table",
    _O.OBJECT_VIEW: "view",
    _O.OBJECT_MATVIEW: "materialized view",
    _O.OBJECT_INDEX: "index",
    _O.OBJECT_SEQUENCE: "sequence",
    _O.OBJECT_FOREIGN_TABLE: "foreign table",
}

MEMBERS = {
    _O.OBJECT_TABCONSTRAINT: "table constraint",
    _O.OBJECT_TRIGGER: "trigger",
    _O.OBJECT_RULE: "rule",
    _O.OBJECT_POLICY: "policy",
}

ROUTINES = {
    _O.OBJECT_FUNCTION: "function",
    _O.OBJECT_PROCEDURE: "procedure",
    _O.OBJECT_ROUTINE: "routine",
    _O.OBJECT_AGGREGATE: "aggregate",
}

IN_SCHEMAS = {
    _O.OBJECT_COLLATION: "collation",
    _O.OBJECT_CONVERSION: "conversion",
    _O.OBJECT_STATISTIC_EXT: "statistics object",
    _O.OBJECT_TSCONFIGURATION: "text search configuration",
    _O.OBJECT_TSDICTIONARY: "text search dictionary",
    _O.OBJECT_TSPARSER: "text search parser",
    _O.OBJECT_TSTEMPLATE: "text search template",
}

BY_ACCESS_METHOD = {
    _O.OBJECT_OPCLASS: "operator class",
    _O.OBJECT_OPFAMILY: "operator family",
}

GLOBAL = {
    _O.OBJECT_SCHEMA: "schema",
    _O.OBJECT_EXTENSION: "extension",
    _O.OBJECT_LANGUAGE: "language",
    _O.OBJECT_FDW: "foreign-data wrapper",
    _O.OBJECT_FOREIGN_SERVER: "server",
    _O.OBJECT_EVENT_TRIGGER: "event trigger",
    _O.OBJECT_PUBLICATION: "publication",
    _O.OBJECT_SUBSCRIPTION: "subscription",
    _O.OBJECT_ACCESS_METHOD: "access method",
    _O.OBJECT_ROLE: "role",
    _O.OBJECT_DATABASE: "database",
    _O.OBJECT_TABLESPACE: "tablespace",
    _O.OBJECT_PARAMETER_ACL: "parameter ACL",
}

FAMILIES = {
    "function": "routine",
    "procedure": "routine",
    "routine": "routine",
    "aggregate": "routine",
    "operator": "operator",
    "collation": "collation",
    "conversion": "conversion",
    "statistics object": "statistics object",
    "text search configuration": "text search configuration",
    "text search dictionary": "text search dictionary",
    "text search parser": "text search parser",
    "text search template": "text search template",
    "operator class": "operator class",
    "operator family": "operator family",
    "type": "type",
}
"""The namespace that a kind of object shares with others."""


def address(work: Work, kind: Any, node: Node, relation: Node = None) -> Address:
    """The object that ``node`` (and ``relation``, for what a table has) names."""
    word = RELATIONS.get(kind)
    if word is not None:
        target = (
            work.relation(relation)
            if relation is not None
            else work.reference(strings(node), "relation")
        )
        return Address(work.relation_kind(target, word), target)
    word = MEMBERS.get(kind)
    if word is not None:
        parts = strings(node)
        target = (
            work.relation(relation)
            if relation is not None
            else work.reference(parts[:-1], "relation")
        )
        return Address(word, target, parts[-1])
    word = GLOBAL.get(kind)
    if word is not None:
        return Address(word, Target(None, node.sval))
    word = ROUTINES.get(kind)
    if word is not None:
        return routine(work, word, node)
    word = IN_SCHEMAS.get(kind)
    if word is not None:
        return Address(word, work.reference(strings(node), word))
    word = BY_ACCESS_METHOD.get(kind)
    if word is not None:
        return Address(word, work.reference(strings(node)[1:], word))
    special: Callable[[Work, Node], Address] = _SPECIAL[kind]
    return special(work, node)


def _type(work: Work, node: Node) -> Address:
    if node.__class__ is tuple:
        return Address("type", work.reference(strings(node), "type"))
    target = work.reference(type_parts(node), "type")
    return Address("type", target.renamed(f"{target.name}[]") if node.arrayBounds else target)


def _column(work: Work, node: Node) -> Address:
    parts = strings(node)
    if len(parts) < 2:
        # The grammar allows it, for COMMENT and SECURITY LABEL; the server does not.
        raise ScriptError(
            "42601",
            "column name must be qualified",
            f'in statement {work.no}, column "{parts[0]}"',
            "put the table's name in front of it: users.email",
        )
    target = work.reference(parts[:-1], "relation")
    return Address(column_kind(work, target, "table"), target, parts[-1])


def _attribute(work: Work, node: Node) -> Address:
    parts = strings(node)
    return Address("composite type column", work.reference(parts[:-1], "relation"), parts[-1])


def column_kind(work: Work, target: Target, written: str) -> str:
    kind = work.relation_kind(target, written)
    return COLUMN_KINDS.get(kind, f"{kind} column")


def _domain_constraint(work: Work, node: Node) -> Address:
    domain, name = node
    parts = type_parts(domain) if domain.__class__ is ast.TypeName else strings(domain)
    return Address("domain constraint", work.reference(parts, "type"), name.sval)


def _operator(work: Work, node: Node) -> Address:
    target = work.reference(strings(node.objname), "operator")
    work.unsettled_types(node.objargs or (), "operator")
    return Address("operator", target.renamed(operator_name(work, target.name, node.objargs)))


def operator_name(work: Work, symbol: str, operands: Sequence[Any] | None) -> str:
    """``+(integer,integer)``; NONE stands for the operand that a prefix operator lacks."""
    types = [
        "NONE" if operand is None else work.type_text(operand, False) for operand in operands or ()
    ]
    return f"{symbol}({','.join(types)})"


def cast_name(work: Work, source: Node, target: Node) -> str:
    return f"({work.type_text(source, False)} AS {work.type_text(target, False)})"


def _cast(work: Work, node: Node) -> Address:
    source, target = node
    work.unsettled_types(node, "cast")
    return Address("cast", Target(None, cast_name(work, source, target)))


def transform_name(work: Work, type_: Node, language: str) -> str:
    return f"for {type_name(type_, work.scope, False)[1]} language {quoted(language)}"


def _transform(work: Work, node: Node) -> Address:
    type_, language = node
    return Address("transform", Target(None, transform_name(work, type_, language.sval)))


def _large_object(work: Work, node: Node) -> Address:
    value = getattr(node, "ival", None)
    return Address("large object", Target(None, str(node.fval if value is None else value)))


_SPECIAL: dict[Any, Any] = {
    _O.OBJECT_TYPE: _type,
    _O.OBJECT_DOMAIN: _type,
    _O.OBJECT_COLUMN: _column,
    _O.OBJECT_ATTRIBUTE: _attribute,
    _O.OBJECT_DOMCONSTRAINT: _domain_constraint,
    _O.OBJECT_OPERATOR: _operator,
    _O.OBJECT_CAST: _cast,
    _O.OBJECT_TRANSFORM: _transform,
    _O.OBJECT_LARGEOBJECT: _large_object,
}


# -------------------------------------------------------------------- routines


def routine(work: Work, kind: str, node: Node) -> Address:
    """A routine by name and argument types, or by name alone where that is enough."""
    target = work.reference(strings(node.objname), "routine")
    if node.args_unspecified:
        known = [
            (made, signature)
            for made in ROUTINES.values()
            for signature in work.routines.get((made, *target.options[0]), ())
        ]
        if len(known) == 1:
            return Address(known[0][0], target.renamed(known[0][1]))
        return Address(kind, target)
    work.unsettled_types(node.objargs or (), "function")
    signature = work.signature(target.name, node.objargs or ())
    if kind in ("routine", "function"):
        for made in ROUTINES.values():
            if signature in work.routines.get((made, *target.options[0]), ()):
                kind = made
    return Address(kind, target.renamed(signature))


def note_routine(work: Work, kind: str, target: Target, name: str) -> None:
    """Remember a routine that the script creates; ``target`` has the signature."""
    for schema, signature in target.options:
        work.scope.created("routine", schema, name)
        known = work.routines.setdefault((kind, schema, name), [])
        if signature not in known:
            known.append(signature)


def forget(work: Work, address_: Address) -> None:
    """The object is gone: what it was called resolves to something else from here on."""
    kind, target, sub = address_
    if sub is not None:
        _forget_member(work, kind, target, sub)
    elif kind in RELATION_KINDS:
        work.forget_relation(target)
    elif kind in ROUTINE_KINDS:
        _forget_routine(work, kind, target)
    elif kind == "type":
        for schema, name in target.options:
            work.scope.dropped("type", schema, name)
            if work.scope.exists("relation", schema, name):
                work.forget_relation(target)
    else:
        family = FAMILIES.get(kind)
        if family is not None:
            for schema, name in target.options:
                work.scope.dropped(family, schema, name.partition("(")[0])


def _forget_member(work: Work, kind: str, target: Target, sub: str) -> None:
    table = work.table(target)
    if kind == "trigger" and table is not None:
        table.triggers.pop(sub, None)
    elif kind in ("table constraint", "domain constraint"):
        for schema, _ in target.options:
            work.scope.constraint_removed(schema, sub)


def _forget_routine(work: Work, kind: str, target: Target) -> None:
    for schema, signature in target.options:
        name = signature.partition("(")[0]
        left = 0
        for made in ROUTINES.values():
            known = work.routines.get((made, schema, name))
            if known is not None:
                if signature in known:
                    known.remove(signature)
                elif signature == name and made == kind:
                    known.clear()
                left += len(known)
        if not left and "(" not in signature:
            work.scope.dropped("routine", schema, name)


RELATION_KINDS = frozenset(RELATIONS.values())
ROUTINE_KINDS = frozenset(ROUTINES.values())


def members_known(work: Work, target: Target) -> Iterator[Target]:
    """Indexes and sequences of a table that the script created: they go where it goes."""
    table = work.table(target)
    if table is None:
        return
    for index in table.indexes:
        yield Target(*index)


__all__ = [
    "Address",
    "address",
    "cast_name",
    "column_kind",
    "forget",
    "members_known",
    "note_routine",
    "operator_name",
    "routine",
    "transform_name",
]
