"""What a script comes to in the end: later statements win over earlier ones.

What is created and dropped again leaves nothing to conflict with but its name. What is changed
after a rename is changed under the old name as well, for that is how everybody else still calls
it. Of several settings of one aspect the last one counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from .identity import COLUMN, MEMBERS, RELATION, Key, container, family_of, key_of
from .model import Json, Touch

TEMPORARY = "pg_temp"
"""Temporary objects are nobody else's business."""

SETTINGS = frozenset(
    (
        "type",
        "default",
        "not null",
        "generated",
        "identity",
        "statistics",
        "storage",
        "compression",
        "owner",
        "comment",
        "security label",
        "tablespace",
        "persistence",
        "row security",
        "force row security",
        "replica identity",
        "cluster",
        "access method",
        "volatility",
        "strict",
        "security",
        "leakproof",
        "parallel",
        "cost",
        "rows",
        "support",
        "roles",
        "using",
        "with check",
        "deferrability",
    )
)
"""Aspects with one value, of which the last one stands."""


def net_effect(touches: Sequence[Touch]) -> list[Touch]:
    """The touches that matter to others, in the order of the statements."""
    ours = _without_returning([touch for touch in touches if not _is_nobodys(touch)])
    return _last_settings(_without_members_in_passing(_without_transient(_under_old_names(ours))))


def _is_nobodys(touch: Touch) -> bool:
    """Temporary objects, and keys that the server finds by their columns, whatever their name."""
    return touch.schema == TEMPORARY or "by_columns" in touch.detail


# -------------------------------------------------------------------- create, then drop


_MUTE = frozenset(("implied", "automatic"))
"""What comes along with something, or has a name that the server chooses."""


def _without_transient(touches: list[Touch]) -> list[Touch]:
    transient = _transient(touches)
    if not transient:
        return touches
    live_on = {
        key_of(touch)
        for touch in touches
        if touch.action == "drop" and touch.facet in ("name", "schema")
    }
    born = {
        touch.statement_no
        for touch in touches
        if touch.action == "create" and key_of(touch) in transient - live_on
    }
    shared = {
        touch.statement_no
        for touch in touches
        if touch.statement_no in born
        and touch.action != "use"
        and not _belongs(key_of(touch), transient)
    }
    kept = []
    for touch in touches:
        key = key_of(touch)
        if key in transient and touch.action == "create" and not _MUTE & touch.detail.keys():
            # Nothing stays, but while the script runs the name must be free.
            kept.append(touch._replace(action="use", facet="absence", detail={"in_between": True}))
            continue
        if _belongs(key, transient):
            continue
        if (
            touch.action == "use"
            and touch.facet != "data"
            and touch.statement_no in born
            and touch.statement_no not in shared
        ):
            # It was used by nothing that lasts.
            continue
        kept.append(touch)
    return kept


def _transient(touches: Sequence[Touch]) -> set[Key]:
    """Objects that were not there before, and are not there afterwards."""
    lives: dict[Key, list[str]] = {}
    for touch in touches:
        if touch.action in ("create", "drop"):
            guarded = touch.detail.get("if_not_exists") or touch.detail.get("or_replace")
            what = "ensure" if touch.action == "create" and guarded else touch.action
            lives.setdefault(key_of(touch), []).append(what)
    return {
        key
        for key, life in lives.items()
        if len(life) > 1 and life[0] == "create" and life[-1] == "drop"
    }


def _belongs(key: Key, transient: set[Key]) -> bool:
    return key in transient or (key.family in MEMBERS and container(key) in transient)


def _without_members_in_passing(touches: list[Touch]) -> list[Touch]:
    """Without members of what takes the place of something else, and does not stay there."""
    lives: dict[Key, list[tuple[int, Touch]]] = {}
    for index, touch in enumerate(touches):
        if touch.action in ("create", "drop") and key_of(touch).family == RELATION:
            lives.setdefault(key_of(touch), []).append((index, touch))
    spans: dict[Key, list[tuple[int, int]]] = {}
    for key, life in lives.items():
        for (_, gone), (start, made), (end, last) in zip(life, life[1:], life[2:], strict=False):
            if (gone.action, made.action, last.action) == ("drop", "create", "drop"):
                spans.setdefault(key, []).append((start, end))
    if not spans:
        return touches
    return [
        touch
        for index, touch in enumerate(touches)
        if key_of(touch).family not in MEMBERS
        or touch.action == "use"
        or "followed" in touch.detail
        or not any(start < index < end for start, end in spans.get(container(key_of(touch)), ()))
    ]


def _without_returning(touches: list[Touch]) -> list[Touch]:
    """Without the renames of what is called as before in the end; it only must be there."""
    origins: dict[Key, Key] = {}
    for touch in touches:
        if touch.facet == "name" and touch.action == "create":
            key = key_of(touch)
            old = _renamed(key, touch)
            origins[key] = origins.pop(old, old)
    returned = {key for key, origin in origins.items() if key == origin}
    if not returned:
        return touches
    result = []
    for touch in touches:
        if touch.facet != "name" or key_of(touch) not in returned:
            result.append(touch)
        elif touch.action == "create":
            result.append(touch._replace(action="alter", detail={"value": touch.sub or touch.name}))
    return result


def _renamed(key: Key, touch: Touch) -> Key:
    """The key of what a rename made this of."""
    old = str(touch.detail.get("renamed_from", touch.sub or touch.name))
    return key._replace(name=old) if touch.sub is None else key._replace(sub=old)


# -------------------------------------------------------------------- rename, then change


def _under_old_names(touches: list[Touch]) -> list[Touch]:
    if not any(touch.facet in ("name", "schema") for touch in touches):
        return touches
    relations: dict[tuple[str | None, str], tuple[str | None, str]] = {}
    columns: dict[tuple[str | None, str, str], str] = {}
    result: list[Touch] = []
    for touch in touches:
        result.append(touch)
        family = family_of(touch.kind)
        place = (touch.schema, touch.name)
        if touch.facet in ("name", "schema") and touch.action in ("create", "drop"):
            if touch.action == "create":
                if family == RELATION:
                    relations[place] = relations.get(_origin(touch), _origin(touch))
                elif family == COLUMN and touch.sub is not None:
                    old = str(touch.detail.get("renamed_from", touch.sub))
                    base = relations.get(place, place)
                    columns[(*base, touch.sub)] = columns.get((*base, old), old)
            continue
        old_place = relations.get(place)
        sub = touch.sub
        if sub is not None and family == COLUMN:
            sub = columns.get((*(old_place or place), sub), sub)
        if old_place is None and sub == touch.sub:
            continue
        schema, name = old_place or place
        detail: dict[str, Json] = {**touch.detail, "followed": True}
        result.append(touch._replace(schema=schema, name=name, sub=sub, detail=detail))
    return result


def _origin(touch: Touch) -> tuple[str | None, str]:
    """Where an object was before this rename or move."""
    detail = touch.detail
    old = detail.get("renamed_from")
    if touch.facet == "schema":
        schema = detail.get("moved_from", old)
        return (str(schema) if schema is not None else None, touch.name)
    return (touch.schema, str(old) if old is not None else touch.name)


# -------------------------------------------------------------------- the last value stands


def _last_settings(touches: list[Touch]) -> list[Touch]:
    last: dict[tuple[Key, str | None], int] = {}
    for index, touch in enumerate(touches):
        if touch.action == "alter" and touch.facet in SETTINGS:
            last[(key_of(touch), touch.facet)] = index
    if last:
        touches = [
            touch
            for index, touch in enumerate(touches)
            if touch.action != "alter"
            or touch.facet not in SETTINGS
            or last[(key_of(touch), touch.facet)] == index
        ]
    return _last_options(touches)


_OPTIONS = ("options", "configuration")
"""Aspects with one value for each name."""


def _last_options(touches: list[Touch]) -> list[Touch]:
    """Without the options that a later statement sets again."""
    given: dict[tuple[Key, str], list[int]] = {}
    for index, touch in enumerate(touches):
        if touch.action == "alter" and touch.facet in _OPTIONS:
            given.setdefault((key_of(touch), touch.facet), []).append(index)
    kept: list[Touch | None] = list(touches)
    for places in given.values():
        if len(places) == 1:
            continue
        later: set[str] = set()
        for index in reversed(places):
            kept[index] = _without(touches[index], later)
            later |= _option_names(touches[index])
    return [touch for touch in kept if touch is not None]


def _option_names(touch: Touch) -> set[str]:
    """What it sets, or (as a list) resets."""
    value = touch.detail.get("value")
    return {str(name) for name in value} if isinstance(value, dict | list) else set()


def _without(touch: Touch, names: set[str]) -> Touch | None:
    """The change of options without those names; None where nothing is left."""
    if names.isdisjoint(_option_names(touch)):
        return touch
    if names >= _option_names(touch):
        return None
    value = touch.detail["value"]
    left: Json
    if isinstance(value, dict):
        left = {name: one for name, one in value.items() if name not in names}
    else:
        left = [one for one in value if str(one) not in names] if isinstance(value, list) else value
    return touch._replace(detail={**touch.detail, "value": left})
