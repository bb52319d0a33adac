"""What a change brings with it: dependents that go along, or that stand in the way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..identity import COLUMN, MEMBERS, RELATION, ROUTINE, Key, family_of, key_of
from ..model import Json, Touch
from ..rules.dependents import STOPS_RETYPE
from . import queries
from .facts import PG_CLASS, BaseNames, Facts, Name, Query

VIA: dict[str, Json] = {"via": "catalog", "implied": True}

MOST_TOUCHES = 20_000
"""What DROP SCHEMA … CASCADE takes along may be long; the container stands for it then."""


class Root:
    """A change whose dependents matter."""

    __slots__ = ("touch", "what")

    def __init__(self, touch: Touch, what: str) -> None:
        self.touch = touch
        self.what = what
        """drop, cascade, or type."""


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and after each what follows from it."""
    names = BaseNames()
    made: set[Key] = set()
    gone: set[Key] = set()
    roots: list[Root] = []
    addresses: list[tuple[int, int, int]] = []
    moving: dict[int, list[Touch]] = {}
    inherited: dict[int, list[Touch]] = {}
    result: list[tuple[int, Touch]] = []
    for number, touch in enumerate(touches):
        key = key_of(touch)
        own = key in made or Key(RELATION, key.schema, key.name) in made
        action = touch.action
        if action == "create":
            if not own and "exists" not in touch.detail and touch.facet not in ("name", "schema"):
                exists = False if key in gone else facts.exists(touch, names)
                if exists is not None:
                    touch = touch._replace(detail={**touch.detail, "exists": exists})
            if touch.facet not in ("name", "schema") and not (
                touch.detail.get("exists") and _is_guarded(touch)
            ):
                made.add(key)
        result.append((number, touch))
        if not own:
            address = facts.address(touch, names)
            if address is not None:
                place = (address.catalog, address.oid, address.sub)
                if action == "drop" and touch.facet not in ("name", "schema"):
                    roots.append(Root(touch, "cascade" if touch.detail.get("cascade") else "drop"))
                    addresses.append(place)
                elif (
                    action == "alter" and touch.facet == "type" and family_of(touch.kind) == COLUMN
                ):
                    roots.append(Root(touch, "type"))
                    addresses.append(place)
                elif place[0] == PG_CLASS and (
                    (action == "drop" and touch.facet == "schema")
                    or (action == "alter" and touch.facet in ("owner", "persistence"))
                    or _is_detached(touch)
                ):
                    moving.setdefault(address.oid, []).append(touch)
            for extra in _neighbours(touch, facts, names):
                result.append((number, extra))
        if Key(RELATION, key.schema, key.name) not in made:
            # What the script itself added to a table that exists goes from its heirs, too.
            table = _inherited_from(touch, facts, names)
            if table is not None:
                inherited.setdefault(table, []).append(touch)
        if action == "drop":
            made.discard(key)
            gone.add(key)
        names.follow(touch)
    extras: list[Touch] = []
    if roots:
        extras += _dependents(roots, addresses, query)
    if moving:
        for row in query(queries.MOVING_ALONG, [sorted(moving)]):
            if len(extras) > MOST_TOUCHES:
                break
            for touch in moving[row["root"]]:
                extras += _moved_along(touch, row)
    if inherited:
        for row in query(queries.CHILDREN, [sorted(inherited)]):
            if len(extras) > MOST_TOUCHES:
                break
            for touch in inherited[row["root"]]:
                extras.append(
                    touch._replace(
                        schema=row["schema"],
                        name=row["name"],
                        detail={**touch.detail, **VIA, "inherited": True},
                    )
                )
    if not extras:
        return [touch for _, touch in result]
    return _without_own_drops([touch for _, touch in result], extras[:MOST_TOUCHES])


def _moved_along(touch: Touch, row: dict[str, Any]) -> list[Touch]:
    """An index or an owned sequence, which shares its table's schema, owner and persistence."""
    number, kind, name = touch.statement_no, row["kind"], row["name"]
    schema = row["schema"]
    if touch.action == "alter":
        if kind == "sequence" and touch.facet == "persistence":
            return []
        if touch.facet == "partition" and not row["is_part"]:
            return []
        along: dict[str, Json] = {**touch.detail, **VIA, "with": touch.name}
        return [Touch(number, kind, schema, name, None, "alter", touch.facet, along)]
    detail: dict[str, Json] = {**VIA, "with": touch.name}
    found = [Touch(number, kind, schema, name, None, "drop", "schema", detail)]
    there = touch.detail.get("renamed_to")
    if isinstance(there, str):
        came: dict[str, Json] = {**detail, "renamed_from": schema}
        found.append(Touch(number, kind, there, name, None, "create", "schema", came))
    return found


def _is_detached(touch: Touch) -> bool:
    """Whether it is a partition no more, nor are its indexes parts of other indexes."""
    detail = touch.detail
    return touch.facet == "partition" and "of" in detail and detail.get("value") is False


def _is_guarded(touch: Touch) -> bool:
    return bool(touch.detail.get("if_not_exists") or touch.detail.get("or_replace"))


# -------------------------------------------------------------------- dependents


def _dependents(
    roots: Sequence[Root], addresses: Sequence[tuple[int, int, int]], query: Query
) -> list[Touch]:
    rows = query(
        queries.DEPENDENTS,
        [
            list(range(len(roots))),
            [place[0] for place in addresses],
            [place[1] for place in addresses],
            [place[2] for place in addresses],
        ],
    )
    found: list[Touch] = []
    for row in rows:
        root = roots[row["root"]]
        place = _place(row)
        if place is None:
            continue
        kind, schema, name, sub = place
        number = root.touch.statement_no
        if root.what == "type":
            if row["depth"] == 1 and (kind in STOPS_RETYPE or kind == "generated column"):
                found.append(_obstacle(number, kind, schema, name, sub, "type"))
        elif root.what == "cascade" or not row["hard"]:
            detail: dict[str, Json] = dict(VIA)
            if root.what == "cascade":
                detail["cascade"] = True
            if kind == "default value":
                # The column stays, without its default.
                detail["value"] = None
                found.append(
                    Touch(number, "table column", schema, name, sub, "alter", "default", detail)
                )
                continue
            shown = "table column" if kind == "generated column" else kind
            found.append(Touch(number, shown, schema, name, sub, "drop", "definition", detail))
        else:
            found.append(_obstacle(number, kind, schema, name, sub, "drop"))
    return found


def _obstacle(
    number: int, kind: str, schema: str | None, name: str, sub: str | None, blocks: str
) -> Touch:
    """An object that must be out of the way first."""
    shown = "table column" if kind == "generated column" else kind
    return Touch(
        number, shown, schema, name, sub, "use", "absence", {"via": "catalog", "blocks": blocks}
    )


_PLAIN_MEMBERS = frozenset(
    (
        "table column",
        "view column",
        "foreign table column",
        "composite type column",
        "materialized view column",
        "table constraint",
        "trigger",
        "policy",
        "rule",
        "default value",
    )
)
_ROUTINE_KINDS = frozenset(("function", "procedure", "aggregate"))
_IN_SCHEMAS = frozenset(
    (
        "table",
        "view",
        "materialized view",
        "foreign table",
        "index",
        "sequence",
        "statistics object",
        "composite type",
        "collation",
        "text search configuration",
    )
)


def _place(row: dict[str, Any]) -> tuple[str, str | None, str, str | None] | None:
    """An object as the catalog identifies it, in the words of a touch."""
    kind, names = row["kind"], row["names"]
    if kind == "trigger" and names[-1].startswith("RI_ConstraintTrigger_"):
        return None  # the foreign key stands for it
    if kind in _PLAIN_MEMBERS and len(names) == 3:
        return kind, names[0], names[1], names[2]
    if kind in _ROUTINE_KINDS and len(names) == 2:
        types = ",".join(
            argument.removeprefix("pg_catalog.") for argument in row["arguments"] or ()
        )
        return kind, names[0], f"{names[1]}({types})", None
    if kind in _IN_SCHEMAS and len(names) == 2:
        return kind, names[0], names[1], None
    if kind == "type" and len(names) == 1:
        # pg_identify_object_as_address puts schema and name of a type into one text.
        schema, _, name = str(row["identity"]).partition(".")
        if name.endswith("[]"):
            return None
        return "type", schema.strip('"'), name.strip('"'), None
    if kind == "domain constraint":
        return None
    if kind in ("publication", "event trigger", "schema", "extension") and len(names) == 1:
        return kind, None, names[0], None
    return None


def _without_own_drops(touches: list[Touch], extras: list[Touch]) -> list[Touch]:
    """An obstacle that the script itself takes away, or goes with something that it drops."""
    gone = {key_of(touch) for touch in (*touches, *extras) if touch.action == "drop"}
    explicit = {
        key_of(touch)
        for touch in touches
        if touch.action == "drop" and not touch.detail.get("implied")
    }
    kept: list[Touch] = []
    seen: set[tuple[object, ...]] = set()
    for touch in extras:
        key = key_of(touch)
        if touch.facet == "absence" and key in gone:
            continue
        if touch.action == "drop" and key in explicit:
            continue
        if touch.action == "alter" and key in gone:
            continue  # the default of a column that goes itself
        same = (touch.statement_no, key, touch.action, touch.facet)
        if same in seen:
            continue
        seen.add(same)
        kept.append(touch)
    return sorted([*touches, *kept], key=lambda touch: touch.statement_no)


# -------------------------------------------------------------------- neighbours


def _neighbours(touch: Touch, facts: Facts, names: BaseNames) -> list[Touch]:
    """Objects that change together with this one: an index and its table or constraint."""
    if touch.action not in ("alter", "drop") or touch.schema is None:
        return []
    if touch.kind == "index":
        relation = facts.relations.get(names.relation(touch.schema, touch.name))
        if relation is None or relation.table is None:
            return []
        detail: dict[str, Json] = {"via": "catalog", "by": "index", "own": True}
        if touch.action == "drop" and touch.facet == "definition" and relation.partitioned:
            detail["lost"] = True
        if touch.action != "drop" or touch.facet != "definition":
            detail["stays"] = True
        found = [
            Touch(touch.statement_no, "table", *relation.table, None, "use", "reference", detail)
        ]
        if relation.constraint is not None and touch.action == "drop" and touch.facet == "name":
            found.append(
                Touch(
                    touch.statement_no,
                    "table constraint",
                    *relation.table,
                    relation.constraint,
                    "drop",
                    "name",
                    {**VIA, "renamed_to": touch.detail.get("renamed_to")},
                )
            )
        return found
    if touch.kind == "table constraint" and touch.action == "drop" and touch.sub is not None:
        base = names.relation(touch.schema, touch.name)
        index = facts.index_of_constraint.get((*base, touch.sub))
        if index is not None:
            return [
                Touch(
                    touch.statement_no,
                    "index",
                    touch.schema,
                    index,
                    None,
                    "drop",
                    touch.facet,
                    {**VIA, "renamed_to": touch.detail.get("renamed_to")},
                )
            ]
    if touch.facet == "definition" or touch.facet == "not null":
        return _not_null(touch, facts, names)
    return []


def _not_null(touch: Touch, facts: Facts, names: BaseNames) -> list[Touch]:
    """From PostgreSQL 18 on, a column's NOT NULL and its constraint go together."""
    if touch.schema is None or touch.sub is None:
        return []
    base = names.relation(touch.schema, touch.name)
    number, schema, name = touch.statement_no, touch.schema, touch.name
    if touch.kind == "table constraint" and touch.action == "drop":
        what, columns = facts.constraints.get((*base, touch.sub), ("", []))
        lost: dict[str, Json] = {**VIA, "value": False}
        return [
            Touch(number, "table column", schema, name, column, "alter", "not null", lost)
            for column in columns
            if what == "not null"
        ]
    if family_of(touch.kind) == COLUMN and touch.detail.get("value") is False:
        constraint = facts.not_nulls.get((*base, names.column(base, touch.sub)))
        if constraint is not None:
            gone: dict[str, Json] = {**VIA, "if_exists": True}
            return [
                Touch(number, "table constraint", schema, name, constraint, "drop",
                      "definition", gone)
            ]  # fmt: skip
    return []


_KEYS = ("primary key", "unique", "exclusion")


_REACHES_CHILDREN = ("type", "default", "not null", "generated", "statistics", "storage")
"""Aspects of a column that ALTER TABLE changes in the children, too, unless it says ONLY."""


def _inherited_from(touch: Touch, facts: Facts, names: BaseNames) -> int | None:
    """The table whose heirs and partitions do the same, if it has any."""
    if touch.schema is None or touch.detail.get("only") or touch.detail.get("implied"):
        return None
    family = family_of(touch.kind)
    if family == COLUMN:
        follows = touch.action in ("create", "drop") or (
            touch.action == "alter" and touch.facet in _REACHES_CHILDREN
        )
    elif touch.kind == "table constraint":
        # Keys have names of their own in each partition: see copies.
        own_names = touch.action == "create" and touch.detail.get("constraint_type") in _KEYS
        follows = touch.action in ("create", "drop") and not own_names
    else:
        follows = False
    if touch.action == "use" and touch.kind in ("table", "table column"):
        # Rows of a parent are rows of its children too; an index reaches its partitions.
        follows = touch.facet == "data" or (
            touch.detail.get("by") == ("index" if touch.kind == "table" else "table constraint")
        )
    if not follows:
        return None
    relation = facts.relations.get(names.relation(touch.schema, touch.name))
    if relation is None or relation.kind != "table":
        return None
    if touch.kind == "table constraint" and not relation.partitioned:
        # Heirs take over CHECK only; what a name that is dropped was, the children tell.
        what = touch.detail.get("constraint_type")
        if touch.action == "create" and what not in ("check", "not null"):
            return None
    checked = "expression" in touch.detail
    if touch.action == "use" and touch.facet == "reference":
        return relation.oid if relation.partitioned or checked else None
    return relation.oid


__all__ = ["MEMBERS", "ROUTINE", "Name", "add"]
