"""Automatic names: the number that the server puts after one that is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    touches = [*_after_drops(touches)]
    guarded = {touch.statement_no for touch in touches if _is_there_already(touch)}
    roots = {
        (touch.schema, _automatic(touch))
        for touch in touches
        if touch.detail.get("exists") and touch.statement_no not in guarded
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


def _after_drops(touches: Sequence[Touch]) -> Iterator[Touch]:
    """What the script itself has dropped, with its table, is not there any more."""
    dropped: set[tuple[str | None, str]] = set()
    for touch in touches:
        place = (touch.schema, touch.name)
        if touch.kind == "index" and touch.action == "drop":
            dropped.add(place)
        elif touch.kind == "index" and touch.action == "create" and place in dropped:
            dropped.remove(place)
            touch = touch._replace(detail={**touch.detail, "exists": False})
        yield touch


def _is_there_already(touch: Touch) -> bool:
    """Whether nothing is made, because of IF NOT EXISTS, nor anything that would belong to it."""
    detail = touch.detail
    return bool(touch.sub is None and detail.get("if_not_exists") and detail.get("exists"))


def _automatic(touch: Touch) -> str | None:
    """The name that the text made for what has none."""
    detail = touch.detail
    if touch.action != "create" or touch.facet != "definition" or not detail.get("automatic"):
        return None
    if detail.get("if_not_exists") or "via" in detail:
        return None
    name = touch.name if touch.kind == "index" else touch.sub
    if touch.kind not in ("index", "table constraint", "domain constraint"):
        return None
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
