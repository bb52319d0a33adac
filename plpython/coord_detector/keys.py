"""Touches -> keys: under what intents that share an object find, and lock, one another.

A key is wider than an object, for two reasons. Names share namespaces: a table, an index and a
type of one name cannot live together, so they have one key. And members are found through what
they belong to: a column's key is its table's. Above that stand containers, the schema and the
database, which their members hold in common and whoever changes them as a whole holds alone:
that is how ``DROP SCHEMA`` meets the tables inside without ``public`` making everybody wait.

Two intents are compared when they share a key that at least one of them holds exclusively.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from .identity import MEMBERS, OPERATOR, RELATION, ROUTINE, family_of
from .model import Touch
from .rules.belongings import bringing
from .rules.effects import MADE_ON_A_TABLE

DATABASE = "database"
"""The container of everything: taken alone by code that nobody can look into."""

TEMPORARY = "pg_temp"
"""Temporary objects are invisible to every other session: they have no key."""


class Key(NamedTuple):
    """One key, whether the intent holds it alone, and whether it is a container's."""

    key: str
    exclusive: bool
    container: bool = False


def key_of(touch: Touch) -> str:
    """The key under which a touch is stored."""
    family = family_of(touch.kind)
    if family == RELATION or family in MEMBERS:
        return f"name {touch.schema or '?'}.{touch.name.removesuffix('[]')}"
    if family in (ROUTINE, OPERATOR):
        # Bare: a call names no argument types, and often no schema.
        return f"{family} {touch.name.partition('(')[0]}"
    if touch.schema is None:
        return f"{touch.kind} {touch.name}"
    return f"{touch.kind} {touch.schema}.{touch.name}"


def is_exclusive(touch: Touch) -> bool:
    """Whether the touch changes its object; readers of one object need not know each other."""
    if touch.action != "use":
        return True
    if touch.facet == "data":
        return touch.detail.get("access") != "read"
    # Some uses change what they use: an index its table, a partition the bounds that are left.
    return touch.detail.get("by") in MADE_ON_A_TABLE or "bounds" in touch.detail


def is_opaque(touch: Touch) -> bool:
    """Whether the statement runs code that nobody can look into: it may touch anything."""
    return touch.kind == "unknown" and touch.facet == "data" and bool(touch.detail.get("opaque"))


def table_of(touch: Touch) -> str | None:
    """The key of the table that an index is made or dropped on: two indexes may be one."""
    table = touch.detail.get("table")
    if touch.action == "use" or not isinstance(table, dict):
        return None
    return f"name {table.get('schema') or '?'}.{table.get('name')}"


def tables_with_label(touch: Touch) -> list[str]:
    """The keys of the tables whose rows may have the label that is renamed."""
    columns = touch.detail.get("columns")
    if "renamed_to" not in touch.detail or not isinstance(columns, list):
        return []
    return [f"name {column[0]}.{column[1]}" for column in columns if isinstance(column, list)]


def extensions_of(touch: Touch) -> list[str]:
    """The keys of well-known extensions that bring what is used."""
    if touch.action != "use":
        return []
    return [f"extension {name}" for name in bringing(touch)]


def container_of(touch: Touch) -> Key | None:
    """The container that the touch belongs to, or changes as a whole."""
    if is_opaque(touch):
        return Key(DATABASE, True, True)
    if touch.kind == "default acl":
        # It concerns whatever is created from then on, in one schema or anywhere.
        return Key(DATABASE if touch.schema is None else f"all in {touch.schema}", True, True)
    if touch.kind == "schema":
        whole = (
            touch.action in ("create", "drop")
            or touch.facet in ("name", "owner")
            or bool(touch.detail.get("all_in_schema"))
        )
        return Key(f"all in {touch.name}", whole, True)
    schema = touch.detail.get("into") if touch.kind == "extension" else touch.schema
    return None if schema is None else Key(f"all in {schema}", False, True)


def feature_key(feature_name: str) -> Key:
    """The key of a feature: two agents on the same one should know of each other."""
    return Key(f"feature {feature_name.lower()}", True)


def keys_of(touches: Iterable[Touch]) -> list[Key]:
    """Every key of a footprint, each once, in the strongest mode, sorted."""
    strongest: dict[tuple[str, bool], bool] = {(DATABASE, True): False}
    for touch in touches:
        if touch.schema == TEMPORARY:
            continue
        found = [Key(key_of(touch), is_exclusive(touch))]
        table = table_of(touch)
        if table is not None:
            found.append(Key(table, True))
        found += [Key(key, True) for key in tables_with_label(touch)]
        found += [Key(key, False) for key in extensions_of(touch)]
        container = container_of(touch)
        if container is not None:
            found.append(container)
        for key, exclusive, is_container in found:
            held = (key, is_container)
            strongest[held] = strongest.get(held, False) or exclusive
    return [Key(key, exclusive, box) for (key, box), exclusive in sorted(strongest.items())]
