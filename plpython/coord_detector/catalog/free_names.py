"""Automatic names: the number that the server puts after one that is taken."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import Query

_MOST = 20
"""How many numbers are tried; beyond them the text's name stands."""

_LONGEST = 60
"""A longer name is shortened for its number, differently for each of its parts."""

Named = tuple[int, str, str]
"""Statement, schema and the name that the text made."""


def choose(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Give indexes and constraints without a name the one that is free in this database."""
    roots = {
        (touch.schema, _automatic(touch)) for touch in touches if touch.detail.get("exists")
    } - {(None, None)}
    wanted: dict[Named, str] = {}
    given: set[tuple[str | None, str | None]] = set()
    for touch in touches:
        name = _automatic(touch)
        if name is None or touch.schema is None:
            if touch.action == "create":
                given |= {(touch.schema, touch.name), (touch.schema, touch.sub)}
            continue
        # One that the script itself numbered stands behind the one that is taken.
        root = name.rstrip("0123456789")
        root = root if (touch.schema, root) in roots else name
        if (touch.schema, root) in roots:
            wanted[(touch.statement_no, touch.schema, name)] = root
    if not wanted:
        return list(touches)
    tried = sorted(
        {
            (schema, f"{root}{no}")
            for (_, schema, _), root in wanted.items()
            for no in range(1, _MOST)
        }
    )
    arrays = [[schema for schema, _ in tried], [name for _, name in tried]]
    taken = given | {(row["schema"], row["name"]) for row in query(queries.TAKEN, arrays)}
    chosen: dict[Named, str] = {}
    for (number, schema, name), root in wanted.items():
        for no in range(1, _MOST):
            if (schema, f"{root}{no}") not in taken:
                chosen[(number, schema, name)] = f"{root}{no}"
                taken.add((schema, f"{root}{no}"))
                break
    return [_renamed(touch, chosen) for touch in touches]


def _automatic(touch: Touch) -> str | None:
    """The name that the text made for what has none."""
    detail = touch.detail
    if touch.action != "create" or touch.facet != "definition" or not detail.get("automatic"):
        return None
    if detail.get("if_not_exists") or "via" in detail:
        return None
    name = {"index": touch.name, "table constraint": touch.sub}.get(touch.kind)
    return name if name is not None and len(name.encode()) <= _LONGEST else None


def _renamed(touch: Touch, chosen: dict[Named, str]) -> Touch:
    if touch.schema is None:
        return touch
    number, schema, detail = touch.statement_no, touch.schema, touch.detail
    name = _automatic(touch)
    new = chosen.get((number, schema, name)) if name is not None else None
    if new is not None:
        own: dict[str, Json] = {**detail, "exists": False}
        if touch.kind == "index":
            return touch._replace(name=new, detail=own)
        return touch._replace(sub=new, detail=own)
    for word in ("index", "constraint"):
        used = detail.get(word)
        new = chosen.get((number, schema, used)) if isinstance(used, str) else None
        if new is not None and touch.action == "use":
            return touch._replace(detail={**detail, word: new})
    return touch
