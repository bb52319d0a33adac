"""Where a new enum label goes, between which two that exist."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import Query


def place(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Add the labels before and after to each new one whose type exists."""
    wanted = {
        (touch.schema, touch.name)
        for touch in touches
        if _is_new_label(touch) and touch.schema is not None
    }
    if not wanted:
        return list(touches)
    touches = _with_columns(touches, query)
    ordered = sorted(wanted)
    known = {
        (row["schema"], row["name"]): list(row["labels"])
        for row in query(queries.LABELS, [[one[0] for one in ordered], [one[1] for one in ordered]])
    }
    result: list[Touch] = []
    for touch in touches:
        labels = known.get((touch.schema or "", touch.name))
        if labels is not None and _is_new_label(touch):
            touch = _placed(touch, labels)
        result.append(touch)
    return result


def _with_columns(touches: Sequence[Touch], query: Query) -> Sequence[Touch]:
    """Add to each label the columns that may hold it."""
    types = sorted({(touch.schema or "", touch.name) for touch in touches if _is_new_label(touch)})
    columns: dict[tuple[str, str], list[Json]] = {}
    arrays = [[one[0] for one in types], [one[1] for one in types]]
    for row in query(queries.COLUMNS_OF_TYPE, arrays):
        columns.setdefault((row["schema"], row["name"]), []).append(
            [row["table_schema"], row["table_name"], row["column_name"]]
        )
    return [
        touch._replace(
            detail={**touch.detail, "columns": columns.get((touch.schema or "", touch.name), [])}
        )
        if _is_new_label(touch)
        else touch
        for touch in touches
    ]


def _is_new_label(touch: Touch) -> bool:
    return (
        touch.facet == "value"
        and touch.kind in ("type", "enum value")
        and (touch.action in ("alter", "create"))
    )


def _placed(touch: Touch, labels: list[str]) -> Touch:
    label = touch.sub if touch.sub is not None else touch.detail.get("value")
    if not isinstance(label, str):
        return touch
    if label in labels:
        return touch._replace(detail={**touch.detail, "exists": True})
    anchor = touch.detail.get("anchor")
    at = len(labels)
    if isinstance(anchor, dict):
        if anchor.get("before") in labels:
            at = labels.index(str(anchor["before"]))
        elif anchor.get("after") in labels:
            at = labels.index(str(anchor["after"])) + 1
        else:
            # Beside a label that the script itself added.
            return touch
    gap: list[Json] = [labels[at - 1] if at else None, labels[at] if at < len(labels) else None]
    labels.insert(at, label)
    return touch._replace(detail={**touch.detail, "gap": gap, "exists": False})
