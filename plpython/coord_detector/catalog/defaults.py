"""Default privileges as they are: whether a change of them changes anything."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import Query

_LETTERS = {"tables": "r", "sequences": "S", "functions": "f", "routines": "f", "types": "T"}

Present = dict[tuple[str, str], set[tuple[str, str]]]


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Mark changes that are in effect already, and schemas that have default privileges."""
    touches = _with_roles(touches, query)
    schemas = sorted(
        {touch.schema for touch in touches if touch.kind == "default acl" and touch.schema}
        | {touch.name for touch in touches if touch.detail.get("all_in_schema")}
    )
    if not schemas:
        return list(touches)
    present: Present = {}
    for row in query(queries.DEFAULT_PRIVILEGES, [schemas]):
        present.setdefault((row["schema"], row["type"]), set()).add(
            (row["grantee"], row["privilege"])
        )
    return [_noted(touch, present) for touch in touches]


def _with_roles(touches: Sequence[Touch], query: Query) -> Sequence[Touch]:
    """Note for which changes FOR ROLE the role is the one that registers, or owns relations.

    Default privileges are those of the role that creates an object: most often one of the two.
    """
    named = {touch.sub for touch in touches if touch.kind == "default acl" and touch.sub}
    if not named:
        return touches
    found = {
        row["role"]: "caller" if row["is_caller"] else "owner"
        for row in query(queries.CREATING_ROLES, [sorted(named)])
    }
    return [
        touch._replace(detail={**touch.detail, "role_is": found[touch.sub]})
        if touch.kind == "default acl" and touch.sub in found
        else touch
        for touch in touches
    ]


def _noted(touch: Touch, present: Present) -> Touch:
    detail = touch.detail
    if detail.get("all_in_schema"):
        what = (touch.facet or "").removeprefix("privileges of ")
        letter = _LETTERS.get(what, "")
        if (touch.name, letter) in present:
            grantees: list[Json] = [*sorted({one for one, _ in present[(touch.name, letter)]})]
            return touch._replace(detail={**detail, "defaults_for": grantees})
    elif touch.kind == "default acl" and touch.schema is not None:
        what = touch.name.removeprefix("on ")
        there = present.get((touch.schema, _LETTERS.get(what, "")), set())
        wanted = {
            (str(grantee), str(privilege).upper())
            for grantee in _listed(detail.get("grantee"))
            for privilege in _listed(detail.get("privileges"))
        }
        if any(privilege == "ALL" for _, privilege in wanted) or detail.get("grant_option"):
            return touch
        grants = bool(detail.get("is_grant"))
        if (grants and wanted <= there) or (not grants and not wanted & there):
            return touch._replace(detail={**detail, "effective": True})
    return touch


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
