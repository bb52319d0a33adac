"""Privileges on all there is in a schema, or will be, and what the other side brings there."""

from __future__ import annotations

from ..identity import COLUMN, Key, family_of, key_of
from ..model import Json, Touch
from .effects import Prepared
from .facets import is_granted_and_revoked, listed_in, same_grantees
from .guards import was_there
from .verdict import Report, Verdict
from .volume import compared


def compare(granting: Prepared, other: Prepared, report: Report) -> None:
    """One side grants on everything in a schema, or changes default privileges."""
    grants = [touch for touch in granting.whole_schemas if touch.detail.get("all_in_schema")]
    if grants:
        later = {
            _grant(touch, touch.schema) for touch in granting.defaults if _creator(touch) == CALLER
        }
        for grant in compared(grants, other.touches, report):
            inside = other.schemas.get(grant.name, [])
            _all_and_inside(grant, inside, _grant(grant, grant.name) in later, report)
            _and_extensions(grant, "grant-on-all", _objects(grant), grant.name, other, report)
    if granting.defaults and (other.made or other.extensions):
        _defaults_and_made(granting, other, report)


_COVERED_BY = {
    "table": "tables",
    "partitioned table": "tables",
    "foreign table": "tables",
    "view": "tables",
    "materialized view": "tables",
    "sequence": "sequences",
    "function": "functions",
    "aggregate": "functions",
    "procedure": "procedures",
    "type": "types",
    "domain": "types",
    "schema": "schemas",
}


def _objects(granted: Touch) -> str:
    """What the privileges are on: tables, functions, ..."""
    facet = granted.facet or ""
    if facet.startswith("privileges of "):
        return facet.removeprefix("privileges of ")
    return granted.name.removeprefix("on ")


def _grant(touch: Touch, schema: str | None) -> tuple[object, ...]:
    """What is granted or revoked: on what is there in a schema, or on what comes later."""
    grantees, privileges = listed_in(touch, "grantee"), listed_in(touch, "privileges")
    is_grant = bool(touch.detail.get("is_grant"))
    return (schema, _objects(touch), is_grant, frozenset(grantees), frozenset(privileges))


def _all_and_inside(granted: Touch, inside: list[Touch], later_too: bool, report: Report) -> None:
    """GRANT … ON ALL TABLES IN SCHEMA means those that are there when it is run.

    ``later_too`` says that what comes later gets the same by default.
    """
    what = _objects(granted)
    schema = key_of(granted)
    for touch in inside:
        if what == "tables" and family_of(touch.kind) == COLUMN:
            if is_granted_and_revoked(touch, granted):
                key = key_of(touch)
                report(Verdict("grant-and-revoke", "privilege", "clash", "error", None, (key,)))
            continue
        covered = _COVERED_BY.get(touch.kind)
        if covered != what and not (what == "routines" and covered in ("functions", "procedures")):
            continue
        arrives = touch.action == "create" and touch.facet != "name"
        leaves = touch.action == "drop" and touch.facet == "schema"
        # Where the schema has default privileges, what is new has a list of them already, and
        # taking away what is not in it changes nothing.
        listed = granted.detail.get("defaults_for")
        counts = granted.detail.get("is_grant") or not isinstance(listed, list)
        if not counts and isinstance(listed, list):
            counts = not listed_in(granted, "grantee").isdisjoint(map(str, listed))
        if (arrives and counts and not later_too and not was_there(touch)) or leaves:
            report(
                Verdict(
                    "grant-on-all", "privilege", "clash", "error", None, (key_of(touch), schema)
                )
            )
        elif (
            touch.facet == "privileges"
            and granted.detail.get("is_grant") != touch.detail.get("is_grant")
            and same_grantees(granted, touch)
        ):
            report(
                Verdict("grant-and-revoke", "privilege", "clash", "error", None, (key_of(touch),))
            )


_IN_EXTENSIONS = frozenset(("functions", "routines", "types"))
"""What nearly every extension brings; which bring tables, the text does not tell."""


def _and_extensions(
    change: Touch, rule: str, objects: str, schema: str | None, other: Prepared, report: Report
) -> None:
    """An extension that comes brings objects which no statement names."""
    if objects not in _IN_EXTENSIONS:
        return
    for extension in other.extensions:
        into = extension.detail.get("into")
        if not extension.detail.get("exists") and (schema is None or into in (None, schema)):
            keys = (key_of(extension), key_of(change))
            report(Verdict(rule, "privilege", "clash", "error", None, keys))


def _defaults_and_made(changer: Prepared, maker: Prepared, report: Report) -> None:
    """Default privileges are copied when an object is created, and never again."""
    present = {_grant(touch, touch.name) for touch in changer.whole_schemas}
    present |= {_grant(touch, touch.schema) for touch in maker.defaults}
    for change in compared(changer.defaults, maker.made, report):
        creator = _creator(change)
        if creator is None or change.detail.get("effective"):
            continue  # for what another role creates; or it is so already
        if _grant(change, change.schema) in present:
            continue  # what is there already gets the same, or the maker says so itself
        what = _objects(change)
        for made in maker.made:
            covered = _COVERED_BY.get(made.kind)
            if covered != what and not (
                what in ("functions", "routines") and covered in ("functions", "procedures")
            ):
                continue
            if change.schema is not None and change.schema != made.schema:
                continue
            if was_there(made):
                continue
            report(_by_default(key_of(made), is_certain=creator == CALLER))
        if creator == CALLER:
            _and_extensions(change, "default-privileges", what, change.schema, maker, report)


CALLER = "caller"


def _creator(change: Touch) -> Json:
    """Whether the changed defaults are those of the role that registers, or of an owner of tables.

    The text names no role, or one of which the catalog knows which it is.
    """
    return CALLER if change.sub in (None, "current_user") else change.detail.get("role_is")


def _by_default(key: Key, *, is_certain: bool) -> Verdict:
    """Certain for the role that registers; who owns tables there may be who runs the change."""
    if is_certain:
        return Verdict("default-privileges", "privilege", "clash", "error", None, (key,))
    return Verdict("default-privileges", "privilege", "overlap", "warning", None, (key,))
