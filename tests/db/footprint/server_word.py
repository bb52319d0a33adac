"""What the server says that a statement wrote: a diff of its catalogs, and its event triggers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from coord_detector.model import Touch
from coord_detector.names import quoted

FOLDER = Path(__file__).parent
SNAPSHOT = (FOLDER / "snapshot.sql").read_text()
SNAPSHOT_FROM_15 = """
union all
select 'publication namespace', null, n.nspname, p.pubname, null
from pg_publication_namespace pn join pg_publication p on p.oid = pn.pnpubid
join pg_namespace n on n.oid = pn.pnnspid
"""


class Object(NamedTuple):
    """An object's name as both sides write it; the kind is one of a family's."""

    family: str
    schema: str | None
    name: str
    sub: str | None

    def __str__(self) -> str:
        name = ".".join(part for part in (self.schema, self.name) if part)
        return f"{self.family} {name}" + (f" / {self.sub}" if self.sub else "")


FAMILIES = {
    "view": "table",
    "materialized view": "table",
    "foreign table": "table",
    "partitioned table": "table",
    "procedure": "function",
    "aggregate": "function",
    "routine": "function",
    "domain": "type",
    "composite type": "type",
    "view column": "table column",
    "materialized view column": "table column",
    "foreign table column": "table column",
    "composite type column": "table column",
    "index column": "table column",
    "sequence column": "table column",
    "type attribute": "table column",
}

SHARED = frozenset(
    ("role", "database", "tablespace", "setting", "parameter ACL", "subscription", "unknown")
)


def family(kind: str) -> str:
    return FAMILIES.get(kind, kind)


def snapshot(connection: psycopg.Connection[Any]) -> dict[Object, str]:
    connection.execute("set search_path = ''")
    found: dict[Object, str] = {}
    query = SNAPSHOT
    if connection.info.server_version >= 150000:
        query += SNAPSHOT_FROM_15
    for kind, schema, name, sub, value in connection.execute(query.encode()):
        found[Object(family(kind), schema, name, sub)] = value or ""
    return found


def written(before: dict[Object, str], after: dict[Object, str]) -> dict[Object, str]:
    """What is there now and was not, or no longer, or is different: with which of these."""
    result: dict[Object, str] = {}
    for one in before.keys() | after.keys():
        if one not in before:
            result[one] = "create"
        elif one not in after:
            result[one] = "drop"
        elif before[one] != after[one]:
            result[one] = "alter"
    return result


def claimed(touches: Iterable[Touch]) -> dict[Object, set[str]]:
    """What the footprint says is written; data and what belongs to the whole server left out."""
    result: dict[Object, set[str]] = {}
    for touch in touches:
        if touch.action == "use" or touch.kind in SHARED or _is_in_no_snapshot(touch):
            continue
        if touch.kind == "sequence" and touch.action == "alter" and touch.facet == "value":
            continue
        sub = touch.sub
        # Without FOR ROLE it is the role that runs the statement, as CURRENT_USER says it is.
        if (touch.kind == "default acl" and sub is None) or sub == "current_user":
            sub = "postgres"
        one = Object(family(touch.kind), touch.schema, touch.name, sub)
        result.setdefault(one, set()).add(touch.action)
    return result


def _is_in_no_snapshot(touch: Touch) -> bool:
    """NOT NULL under the name that PostgreSQL 18 gives it: snapshot.sql leaves it out."""
    is_not_null = touch.detail.get("constraint_type") == "not null"
    return is_not_null and str(touch.sub).endswith("_not_null")


class Said(NamedTuple):
    """One row of an event trigger."""

    what: str
    kind: str
    schema: str | None
    name: str | None
    identity: str
    original: bool | None
    names: list[str] | None


def said(connection: psycopg.Connection[Any]) -> list[Said]:
    rows = connection.execute(
        "select what, kind, schema, name, identity, original, names from watch.seen"
        " where identity is not null order by no"
    )
    return [Said(*row) for row in rows]


# -------------------------------------------------------------------- what follows from the rest


MEMBER_FAMILIES = frozenset(
    (
        "table column",
        "table constraint",
        "domain constraint",
        "trigger",
        "rule",
        "policy",
        "publication relation",
    )
)


def object_of(row: Said) -> Object:
    """The object that an event trigger's row is about."""
    names = row.names or []
    kind = family(row.kind)
    if kind in MEMBER_FAMILIES and len(names) >= 3:
        return Object(kind, names[0], names[1], names[2])
    if kind == "domain constraint":
        name, _, domain = row.identity.partition(" on ")
        return Object(kind, domain.partition(".")[0], domain.partition(".")[2], name)
    if kind == "default value" and len(names) == 3:
        return Object("table column", names[0], names[1], names[2])
    if kind == "publication relation" and len(names) == 2:
        return Object(kind, names[0], names[1], row.identity.rpartition(" ")[2])
    if kind == "user mapping":
        user, _, server = row.identity.partition(" on server ")
        return Object(kind, None, server, user)
    if kind in ("function", "operator") and "(" in row.identity:
        text = row.identity.replace("pg_catalog.", "")
        return Object(kind, row.schema, text.partition(".")[2], None)
    if kind in ("cast", "transform"):
        return Object(kind, None, row.identity.replace("pg_catalog.", ""), None)
    return Object(kind, row.schema, row.name or row.identity, None)


def swept_along(rows: Iterable[Said]) -> set[Object]:
    """What was dropped because something else was: the text cannot know it."""
    return {object_of(row) for row in rows if row.what == "drop" and not row.original}


def containers(claims: dict[Object, set[str]]) -> set[tuple[str | None, str]]:
    """Relations and types that come or go as a whole, under one name or another."""
    return {
        (one.schema, one.name)
        for one, actions in claims.items()
        if one.family in ("table", "type", "index") and actions & {"create", "drop"}
    }


def missed(
    changes: dict[Object, str],
    claims: dict[Object, set[str]],
    rows: Iterable[Said],
    new: frozenset[tuple[str | None, str]] = frozenset(),
) -> list[Object]:
    """What the server wrote and the footprint does not say.

    Members of what is dropped, renamed or moved go with it; members of what is made are
    asked for.
    """
    swept = swept_along(rows)
    whole = (containers(claims) - new) | {(one.schema, one.name) for one in swept}
    schemas = {one.name for one in claims if one.family == "schema"} - {name for _, name in new}
    return [
        one
        for one in changes
        if one not in claims
        and not (changes[one] == "drop" and one in swept)
        and not (one.family in MEMBER_FAMILIES and (one.schema, one.name) in whole)
        and not (one.schema in schemas and changes[one] != "alter")
    ]


def unreal(changes: dict[Object, str], claims: dict[Object, set[str]]) -> list[Object]:
    """What the footprint says is written, and is as it was.

    What a script makes and takes away again, with all that it had, leaves nothing.
    """
    passing = {
        (one.schema, one.name)
        for one, actions in claims.items()
        if one.sub is None and {"create", "drop"} <= actions
    }
    return [
        one
        for one, actions in claims.items()
        if one not in changes
        and not {"create", "drop"} <= actions
        and not (one.sub is not None and (one.schema, one.name) in passing)
    ]


def made(touches: Iterable[Touch]) -> frozenset[tuple[str | None, str]]:
    """Relations that are made from nothing, not renamed: their members are made as well."""
    return frozenset(
        (touch.schema, touch.name)
        for touch in touches
        if touch.action == "create" and touch.facet == "definition" and touch.sub is None
    )


# -------------------------------------------------------------------- event triggers


def identities(touches: Iterable[Touch]) -> set[tuple[str, str]]:
    """What is written, under the names that event triggers print."""
    found: set[tuple[str, str]] = set()
    for touch in touches:
        if touch.action == "use":
            continue
        name = touch.name if "(" in touch.name or touch.schema is None else quoted(touch.name)
        place = name if touch.schema is None else f"{quoted(touch.schema)}.{name}"
        kind = family(touch.kind)
        if touch.sub is None:
            found.add((kind, place))
            continue
        found.add(("table", place))
        found.add(("type", place))
        sub = quoted(touch.sub)
        if kind == "table column":
            found.add((kind, f"{place}.{sub}"))
        elif kind == "publication relation":
            found.add((kind, f"{place} in publication {sub}"))
        elif kind == "user mapping":
            found.add((kind, f"{touch.sub} on server {place}"))
        elif kind != "default acl":
            found.add((kind, f"{sub} on {place}"))
    return found


def not_told(
    touches: Iterable[Touch], objects: Iterable[Object], rows: Iterable[Said]
) -> list[Object]:
    """Those of the objects that no event trigger names either: nobody says they are written."""
    told = {
        (family(row.kind), row.identity.replace("pg_catalog.", ""))
        for row in rows
        if row.what != "REINDEX"
    }
    by_object: dict[Object, list[Touch]] = {}
    for touch in touches:
        for one in claimed([touch]):
            by_object.setdefault(one, []).append(touch)

    def is_told(one: Object) -> bool:
        names = identities(by_object[one])
        # That its table is named does not say that a member changes.
        return any(name in told for name in names if one.sub is None or name[0] == one.family)

    return [one for one in objects if not is_told(one)]


def unknown_commands(rows: Iterable[Said], touches: Iterable[Touch]) -> list[str]:
    """Objects that ``pg_event_trigger_ddl_commands`` names and the footprint does not."""
    known = identities(touches)
    result: list[str] = []
    for row in rows:
        if row.what == "drop" or row.kind == "default acl":
            continue
        if row.what == "REINDEX":
            continue  # maintenance, which versions from 17 on name, index by index
        if (row.schema or "").startswith("pg_temp"):
            continue
        identity = row.identity.replace("pg_catalog.", "")
        kind = family(row.kind)
        if kind in ("operator class", "operator family"):
            identity = identity.partition(" USING ")[0]
        if (kind, identity) not in known:
            result.append(f"{row.what}: {row.kind} {identity}")
    return result
