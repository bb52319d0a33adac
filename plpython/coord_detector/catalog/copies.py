"""What a new table or view takes over from relations that exist, and what partitions get.

The text names the parent, the table after LIKE or the ``*``; the columns, constraints and indexes
that come with it are in the catalog. What is made on a partitioned table is made on each of its
partitions too, under names that the server chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..footprint import automatic_names as names
from ..model import Json, Touch
from . import queries
from .consequences import MOST_TOUCHES, VIA
from .facts import BaseNames, Facts, Name, Query

_RELATIONS = ("table", "foreign table", "view", "materialized view")

_LABELS = {"primary key": "pkey", "unique": "key", "exclusion": "excl"}

_WANTED = {
    "partitioned table": {"column", "check", "foreign key", "index", "trigger", "default"},
    "parent": {"column", "check", "default"},
    "row type": {"column"},
}


class Source:
    """A relation from which a statement takes something over."""

    __slots__ = ("made", "place", "wanted", "inherits")

    def __init__(self, made: Touch, place: Name, wanted: set[str], inherits: bool) -> None:
        self.made = made
        self.place = place
        self.wanted = wanted
        self.inherits = inherits


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and what follows from them in other tables."""
    sources = list(_sources(touches, facts))
    partitioned = list(_on_partitioned(touches, facts))
    if not sources and not partitioned:
        return list(touches)
    taken = {(one.statement_no, *one[1:5]) for one in touches if one.action != "use"}
    found: list[Touch] = []
    if sources:
        parts = _parts({source.place for source in sources}, query)
        for source in sources:
            if len(found) > MOST_TOUCHES:
                break
            for part in parts.get(source.place, ()):
                found += _copied(source, part)
    if partitioned:
        children: dict[int, list[Name]] = {}
        for row in query(queries.CHILDREN, [sorted({oid for oid, _ in partitioned})]):
            children.setdefault(row["root"], []).append((row["schema"], row["name"]))
        for oid, touch in partitioned:
            if len(found) > MOST_TOUCHES:
                break
            for child in children.get(oid, ()):
                found += _of_partition(touch, child)
    result = list(touches)
    for touch in found:
        key = (touch.statement_no, *touch[1:5])
        if touch.action == "use" or key not in taken:
            taken.add(key)
            result.append(touch)
    return sorted(result[: len(touches) + MOST_TOUCHES], key=lambda touch: touch.statement_no)


def _sources(touches: Sequence[Touch], facts: Facts) -> Iterator[Source]:
    base = BaseNames()
    made: Touch | None = None
    origins: dict[Name, list[Source]] = {}
    for touch in touches:
        base.follow(touch)
        if touch.action == "create" and touch.sub is None and touch.kind in _RELATIONS:
            guarded = touch.detail.get("exists") and touch.detail.get("if_not_exists")
            made = None if guarded or touch.facet != "definition" else touch
        if made is None or made.statement_no != touch.statement_no or touch.schema is None:
            continue
        detail = touch.detail
        place = base.relation(touch.schema, touch.name)
        if touch.action != "use" or touch.kind not in (*_RELATIONS, "type"):
            continue
        role = detail.get("as")
        if role == "source":
            source = Source(made, place, _including(detail.get("including")), False)
        elif isinstance(role, str) and role in _WANTED:
            source = Source(made, place, _WANTED[role], True)
        elif detail.get("all_columns") and _shows(made, touch):
            source = Source(made, place, {"column"}, False)
        else:
            continue
        own = origins.setdefault((str(made.schema), made.name), [])
        if place in facts.relations:
            own.append(source)
            yield source
            continue
        for origin in origins.get((touch.schema, touch.name), ()):
            # What the script made of something that exists has what that has.
            wanted = source.wanted & origin.wanted
            own.append(Source(made, origin.place, wanted, source.inherits))
            yield own[-1]


def _including(words: Json) -> set[str]:
    wanted = {"column"}
    if isinstance(words, list):
        wanted |= {"check"} if "constraints" in words else set()
        wanted |= {"index"} if "indexes" in words else set()
        wanted |= {"identity"} if "identity" in words else set()
        wanted |= {"default"} if "defaults" in words else set()
    return wanted


def _shows(made: Touch, source: Touch) -> bool:
    """Whether a ``*`` for the relation is among the columns of what is made."""
    shown = made.detail.get("stars")
    return isinstance(shown, list) and source.name in shown


def _parts(places: Iterable[Name], query: Query) -> dict[Name, list[dict[str, Any]]]:
    ordered = sorted(places)
    arrays = [[place[0] for place in ordered], [place[1] for place in ordered]]
    found: dict[Name, list[dict[str, Any]]] = {}
    for row in query(queries.PARTS, arrays):
        found.setdefault((row["schema"], row["name"]), []).append(row)
    return found


def _copied(source: Source, part: dict[str, Any]) -> list[Touch]:
    """One part of a relation, as the new one has it."""
    made, what = source.made, part["part"]
    if what not in source.wanted or (source.inherits and part["stays"]):
        return []
    detail: dict[str, Json] = {**VIA, "from": "parent" if source.inherits else "like"}
    if what == "index":
        return _index(made, (str(made.schema), made.name), part["what"], part["words"], detail)
    if what == "identity":
        name = names.object_name(made.name, part["member"], "seq")
        own: dict[str, Json] = {**detail, "automatic": True}
        return [made._replace(kind="sequence", name=name, detail=own)]
    if what == "default":
        by: dict[str, Json] = {**VIA, "by": "default value"}
        [schema] = part["words"]
        return [Touch(made.statement_no, "sequence", schema, part["member"], None, "use",
                      "reference", by)]  # fmt: skip
    kind = {"column": f"{made.kind} column", "trigger": "trigger"}.get(what, "table constraint")
    if kind == "table constraint":
        detail["constraint_type"] = what
        detail["columns"] = list(part["words"] or ())
    elif made.detail.get("or_replace"):
        detail["or_replace"] = True
    return [made._replace(kind=kind, sub=part["member"], detail=detail)]


def _index(
    origin: Touch,
    table: Name,
    constraint_type: str | None,
    columns: Sequence[str],
    detail: dict[str, Json],
) -> list[Touch]:
    """An index like another table's, with its constraint, under the name that the server gives."""
    label = _LABELS.get(constraint_type or "", "idx")
    middle = None if label == "pkey" else names.addition(columns)
    name = names.object_name(table[1], middle, label)
    number = origin.statement_no
    own: dict[str, Json] = {**detail, "automatic": True, "columns": list(columns)}
    found = []
    if constraint_type is not None:
        own["constraint_type"] = constraint_type
        found.append(Touch(number, "table constraint", *table, name, "create", "definition", own))
    placed: dict[str, Json] = {**own, "table": {"schema": table[0], "name": table[1]}}
    found.append(Touch(number, "index", table[0], name, None, "create", "definition", placed))
    return found


# -------------------------------------------------------------------- partitions


def _on_partitioned(touches: Sequence[Touch], facts: Facts) -> Iterator[tuple[int, Touch]]:
    """What is made on a partitioned table that exists, with the table's OID."""
    base = BaseNames()
    alone: set[tuple[int, str | None]] = {
        (touch.statement_no, str(touch.detail.get("index")))
        for touch in touches
        if touch.detail.get("only")
    }
    for touch in touches:
        base.follow(touch)
        if touch.action != "create" or touch.facet != "definition" or "via" in touch.detail:
            continue
        place: Name | None = None
        if touch.kind == "index":
            table = touch.detail.get("table")
            if isinstance(table, dict) and (touch.statement_no, touch.name) not in alone:
                place = (str(table.get("schema")), str(table.get("name")))
        elif touch.kind == "trigger" and touch.detail.get("each_row") and touch.schema is not None:
            place = (touch.schema, touch.name)
        relation = facts.relations.get(base.relation(*place)) if place is not None else None
        if relation is not None and relation.partitioned and relation.kind == "table":
            yield relation.oid, touch


def _of_partition(touch: Touch, child: Name) -> list[Touch]:
    detail: dict[str, Json] = {**VIA, "from": "parent", "inherited": True}
    if touch.kind == "trigger":
        return [touch._replace(schema=child[0], name=child[1], detail={**touch.detail, **detail})]
    columns = touch.detail.get("names") or touch.detail.get("columns")
    if not isinstance(columns, list):
        return []
    words = [str(column) for column in columns]
    what = touch.detail.get("constraint_type")
    found = _index(touch, child, str(what) if what else None, words, detail)
    plain = touch.detail.get("columns")
    by: dict[str, Json] = {**VIA, "by": "index", "own": True}
    return found + [
        Touch(touch.statement_no, "table column", *child, str(column), "use", "reference", by)
        for column in (plain if isinstance(plain, list) else ())
        if column is not None
    ]
