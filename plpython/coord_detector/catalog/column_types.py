"""The types of used columns: a definition that shows a column needs the column's type."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import COLUMN, family_of
from ..model import Json, Touch
from . import queries
from .consequences import MOST_TOUCHES, VIA
from .facts import BaseNames, Facts, Name, Query

_OF_KEYS = frozenset(("index", "table constraint", "partition key", "statistics object"))
"""What is made of columns, and needs their types only in expressions."""


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and the uses of types that go with uses of columns."""
    whole = _of_whole_relations(touches, query)
    if not facts.user_types and not whole:
        return list(touches)
    names = BaseNames()
    seen: set[tuple[int, Name, Json]] = set()
    checks = {
        (touch.statement_no, touch.sub)
        for touch in touches
        if touch.kind == "table constraint" and touch.detail.get("constraint_type") == "check"
    }
    result: list[Touch] = []
    most = len(touches) + MOST_TOUCHES
    for touch in touches:
        names.follow(touch)
        result.append(touch)
        if touch.schema is None or not (_shows_columns(touch) or _is_default(touch)):
            continue
        number = touch.statement_no
        by = "default value" if _is_default(touch) else touch.detail.get("by")
        if (
            by in _OF_KEYS
            and (number, touch.detail.get("constraint")) not in checks
            and "expression" not in touch.detail
        ):
            continue
        base = names.relation(touch.schema, touch.name)
        if touch.sub is None:
            types = whole.get(base, []) if len(result) < most else []
        else:
            one = facts.user_types.get((*base, names.column(base, touch.sub)))
            types = [] if one is None else [one]
        for type_ in types:
            if (number, type_, by) not in seen:
                seen.add((number, type_, by))
                detail: dict[str, Json] = {**VIA}
                if by is not None:
                    detail["by"] = by
                result.append(Touch(number, "type", *type_, None, "use", "reference", detail))
    return result


def _shows_columns(touch: Touch) -> bool:
    if touch.action != "use" or "candidate" in touch.detail or "body" in touch.detail:
        return False  # a body that is a string depends on nothing
    if touch.sub is not None:
        return touch.facet == "reference" and family_of(touch.kind) == COLUMN
    return _is_whole(touch)


def _is_default(touch: Touch) -> bool:
    """A value that is turned into the column's type."""
    return bool(
        touch.action == "alter"
        and touch.facet == "default"
        and touch.detail.get("value") is not None
        and "via" not in touch.detail
    )


def _is_whole(touch: Touch) -> bool:
    """A ``*`` or a parent, whose columns become those of a view or a table."""
    detail = touch.detail
    whole = detail.get("all_columns") or detail.get("as") in ("parent", "partitioned table")
    return bool(touch.action == "use" and whole and "by" in detail)


def _of_whole_relations(touches: Sequence[Touch], query: Query) -> dict[Name, list[Name]]:
    names = BaseNames()
    wanted: set[Name] = set()
    for touch in touches:
        names.follow(touch)
        if _is_whole(touch) and touch.schema is not None:
            wanted.add(names.relation(touch.schema, touch.name))
    found: dict[Name, list[Name]] = {}
    if wanted:
        ordered = sorted(wanted)
        arrays = [[place[0] for place in ordered], [place[1] for place in ordered]]
        for row in query(queries.TYPES_OF_COLUMNS, arrays):
            place = (row["schema"], row["name"])
            found.setdefault(place, []).append((row["type_schema"], row["type_name"]))
    return found
