"""Which touches mean the same object, and how an object is shown to people.

Tables, views, indexes, sequences and types of a schema share one namespace (two catalogs keep
it: ``pg_class`` for relations, ``pg_type`` for types and the row types of tables), so they share
one family here. A routine is known by its name and argument types; a call that does not tell the
types is matched by the bare name.
"""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from .model import Touch


class Key(NamedTuple):
    """One object: its namespace family, schema, name, and member."""

    family: str
    schema: str | None
    name: str
    sub: str | None = None


RELATION = "relation"
COLUMN = "column"
CONSTRAINT = "constraint"
ROUTINE = "routine"
BARE_ROUTINE = "routine name"
OPERATOR = "operator"

_FAMILIES = {
    "table": RELATION,
    "partitioned table": RELATION,
    "foreign table": RELATION,
    "view": RELATION,
    "materialized view": RELATION,
    "sequence": RELATION,
    "index": RELATION,
    "partitioned index": RELATION,
    "type": RELATION,
    "composite type": RELATION,
    "domain": RELATION,
    "table column": COLUMN,
    "foreign table column": COLUMN,
    "view column": COLUMN,
    "materialized view column": COLUMN,
    "composite type column": COLUMN,
    "type attribute": COLUMN,
    "default value": COLUMN,
    "table constraint": CONSTRAINT,
    "domain constraint": CONSTRAINT,
    "function": ROUTINE,
    "procedure": ROUTINE,
    "aggregate": ROUTINE,
    "window function": ROUTINE,
    "routine": ROUTINE,
}

MEMBERS = frozenset((COLUMN, CONSTRAINT, "trigger", "policy", "rule", "publication relation"))
"""Families whose objects belong to a relation or type: they come and go with it."""

ONLY_TYPES = frozenset(("type", "domain"))
"""In ``pg_type`` only: their names do not collide with indexes and sequences."""

WITHOUT_ROW_TYPE = frozenset(("index", "partitioned index", "sequence"))

_CONFLICT_TYPES = {
    "table column": "column",
    "foreign table column": "column",
    "view column": "column",
    "materialized view column": "column",
    "composite type column": "column",
    "type attribute": "column",
    "default value": "column",
    "partitioned table": "table",
    "foreign table": "table",
    "partitioned index": "index",
    "table constraint": "constraint",
    "domain constraint": "constraint",
    "procedure": "function",
    "aggregate": "function",
    "window function": "function",
    "routine": "function",
    "composite type": "type",
    "domain": "type",
    "enum value": "type",
    "default acl": "privilege",
    "default privileges": "privilege",
}


def family_of(kind: str) -> str:
    return _FAMILIES.get(kind, kind)


def key_of(touch: Touch) -> Key:
    """The object that a touch is about."""
    kind, schema, name, sub = touch[1:5]
    family = _FAMILIES.get(kind, kind)
    if family == ROUTINE and "(" not in name:
        return Key(BARE_ROUTINE, schema, name)
    if family == RELATION:
        return Key(RELATION, schema, name.removesuffix("[]"))
    return Key(family, schema, name, sub)


def bare(key: Key) -> Key:
    """The key under which calls without known argument types look for a routine or an operator."""
    family = OPERATOR if key.family == OPERATOR else BARE_ROUTINE
    return Key(family, key.schema, key.name.partition("(")[0])


def is_bare(key: Key) -> bool:
    """Whether argument types that tell which of several is meant are not known."""
    return key.family == BARE_ROUTINE or (key.family == OPERATOR and "(" not in key.name)


def container(key: Key) -> Key:
    """The relation or type that a member belongs to."""
    return Key(RELATION, key.schema, key.name)


def conflict_type(kind: str) -> str:
    """The contract's name for conflicts over objects of this kind."""
    return _CONFLICT_TYPES.get(kind, kind)


def display(touch_or_key: Touch | Key, visible: Container[str]) -> str:
    """The object as regclass prints it: the schema only when it is not in sight."""
    schema, name, sub = touch_or_key.schema, touch_or_key.name, touch_or_key.sub
    if name.startswith("on ") and _is_default_acl(touch_or_key):
        place = f" in schema {quoted(schema)}" if schema is not None else ""
        role = f" of {quoted(sub)}" if sub is not None else ""
        return f"default privileges{role} {name}{place}"
    head, parenthesis, arguments = name.partition("(")
    shown = quoted(head) + parenthesis + arguments
    if schema is not None and schema not in visible:
        shown = f"{quoted(schema)}.{shown}"
    return f"{shown}.{quoted(sub)}" if sub is not None else shown


def _is_default_acl(touch_or_key: Touch | Key) -> bool:
    kind = touch_or_key.kind if isinstance(touch_or_key, Touch) else touch_or_key.family
    return kind == "default acl"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_$")


def quoted(name: str) -> str:
    """An identifier as SQL needs it written."""
    if name and name[0] not in "0123456789$" and _PLAIN.issuperset(name):
        return name
    return '"' + name.replace('"', '""') + '"'
