"""Two changes of one enum: the order of its labels is part of what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..identity import COLUMN, RELATION, Key, key_of
from ..model import Json, Outcome, Side, Touch
from .effects import Prepared
from .verdict import OTHER, Report, Verdict
from .volume import too_many, too_many_to_compare

Detail = Mapping[str, Json]


def compare(one: Touch, two: Touch) -> tuple[str, Outcome]:
    """Compare ADD VALUE and RENAME VALUE of one type; which goes first is told elsewhere."""
    a, b = one.detail, two.detail
    renames_a, renames_b = "renamed_to" in a, "renamed_to" in b
    if renames_a or renames_b:
        return _with_rename(a, b, renames_a, renames_b)
    if a.get("value") == b.get("value"):
        return _same_label(a, b)
    if _anchor(a) == _anchor(b):
        # AFTER x puts a label right behind x: the one that comes last stands nearest.
        return ("labels-at-one-place", "clash")
    return ("different-aspects", "overlap")


def first_of(one: Touch, two: Touch) -> str | None:
    """Which of two must go first because the other names its label: ``a``, ``b`` or neither."""
    a, b = one.detail, two.detail
    if "renamed_to" not in a and "renamed_to" not in b and a.get("value") == b.get("value"):
        guard_a, guard_b = bool(a.get("if_not_exists")), bool(b.get("if_not_exists"))
        if guard_a != guard_b:
            return "b" if guard_a else "a"
        return None
    if "renamed_to" in a and "renamed_to" in b and a.get("value") == b.get("value"):
        return None
    if _makes(a) in _needs(b):
        return "a"
    if _makes(b) in _needs(a):
        return "b"
    if "renamed_to" in a and a.get("value") in _needs(b):
        return "b"
    if "renamed_to" in b and b.get("value") in _needs(a):
        return "a"
    return None


def written(changes: Sequence[Touch], other: Prepared, side: Side, report: Report) -> None:
    """Labels that come or go, and a text that has one: it is read when it is executed.

    ``side`` is the other one: it goes first where it names what is renamed, and second where it
    names what is new.
    """
    holding = [touch for touch in other.touches if _may_hold_labels(touch)]
    if too_many(changes, holding):
        report(too_many_to_compare("type", key_of(changes[0])))
        return
    made_of: dict[object, set[Key]] = {}
    for touch in holding:
        if touch.action == "create" and touch.kind == "table column":
            made_of.setdefault(touch.detail.get("type"), set()).add(key_of(touch))
    theirs = {(key_of(touch), _makes(touch.detail)) for touch in other.labels}
    for change in changes:
        key = key_of(change)
        columns = _columns_of(change) | made_of.get(f"{key.schema}.{key.name}", set())
        by_name = key in other.effects
        if not by_name and not any(column in other.effects for column in columns):
            tables = {(column.schema, column.name) for column in columns}
            if not any(Key(RELATION, *table) in other.effects for table in tables):
                continue
        renames = "renamed_to" in change.detail
        old = change.detail.get("value") if renames else None
        new = _makes(change.detail) if renames or not change.detail.get("exists") else None
        for label, first in ((old, side), (new, OTHER[side])):
            if not isinstance(label, str) or (label == new and (key, new) in theirs):
                continue
            if any(_has_label(touch, label, columns, by_name) for touch in holding):
                report(Verdict("labels-in-order", "type", "order", "warning", first, (key,)))
                return


def _columns_of(change: Touch) -> set[Key]:
    """The columns of the type that there are, as the catalog has them."""
    columns = change.detail.get("columns")
    return {
        Key(COLUMN, str(column[0]), str(column[1]), str(column[2]))
        for column in (columns if isinstance(columns, list) else ())
        if isinstance(column, list)
    }


def _may_hold_labels(touch: Touch) -> bool:
    """Whether a text of the plan could be one of labels that is read later."""
    if touch.detail.get("via") == "catalog":
        return False
    if touch.facet == "data":
        return True
    if touch.kind in ("type", "enum value") or touch.action == "use":
        return False
    return touch.detail.get("language") != "plpgsql"  # that is read when it runs


def _has_label(touch: Touch, label: str, columns: set[Key], by_name: bool) -> bool:
    detail = touch.detail
    if touch.facet == "data":
        return any(
            label in _constants(detail, column.sub)
            for column in columns
            if (column.schema, column.name) == (touch.schema, touch.name)
        )
    if touch.facet == "default" and not by_name and key_of(touch) not in columns:
        return False
    quoted_label = "'" + label.replace("'", "''") + "'"
    texts = (detail.get("definition"), detail.get("value"), detail.get("default"))
    return any(quoted_label in text.replace("''", "'") for text in texts if isinstance(text, str))


def _constants(detail: Detail, column: str | None) -> list[Json]:
    """The constants that a change of rows gives a column, or compares it with."""
    found: list[Json] = []
    rows = detail.get("rows")
    for values in (detail.get("row"), detail.get("set"), *(rows if isinstance(rows, list) else ())):
        if isinstance(values, dict) and column in values:
            found.append(values[str(column)])
    where = detail.get("where")
    for part in where if isinstance(where, list) else ():
        if isinstance(part, list) and part[0] == column:
            found += part[2] if isinstance(part[2], list) else [part[2]]
    return found


def _with_rename(a: Detail, b: Detail, renames_a: bool, renames_b: bool) -> tuple[str, Outcome]:
    if renames_a and renames_b:
        if a.get("value") == b.get("value"):
            same = a.get("renamed_to") == b.get("renamed_to")
            return ("both-rename", "duplicate" if same else "clash")
        if a.get("renamed_to") == b.get("renamed_to"):
            return ("same-name", "clash")
    elif _makes(a) == _makes(b):
        return ("same-name", "clash")
    return ("different-aspects", "overlap")


def _same_label(a: Detail, b: Detail) -> tuple[str, Outcome]:
    same_place = _anchor(a) == _anchor(b) or ("gap" in a and a.get("gap") == b.get("gap"))
    guarded = a.get("if_not_exists") and b.get("if_not_exists")
    if same_place:
        return ("same-definition-again" if guarded else "same-definition", "duplicate")
    if guarded:
        return ("last-definition-wins", "clash")
    return ("same-name", "clash")


def _anchor(detail: Detail) -> Json:
    return detail.get("anchor")


def _makes(detail: Detail) -> Json:
    return detail["renamed_to"] if "renamed_to" in detail else detail.get("value")


def _needs(detail: Detail) -> tuple[Json, ...]:
    if "renamed_to" in detail:
        return (detail.get("value"),)
    anchor = detail.get("anchor")
    return tuple(anchor.values()) if isinstance(anchor, dict) else ()
