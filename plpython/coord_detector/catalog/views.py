"""Views that exist and are defined anew: whether they get more columns."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Touch
from . import queries
from .facts import Query


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Mark OR REPLACE of a view that has other columns afterwards."""
    redefined = {
        (touch.schema, touch.name): index
        for index, touch in enumerate(touches)
        if touch.kind == "view"
        and touch.action == "create"
        and touch.detail.get("or_replace")
        and touch.detail.get("exists")
    }
    if not redefined:
        return list(touches)
    result = list(touches)
    arrays = [[schema for schema, _ in redefined], [name for _, name in redefined]]
    for row in query(queries.COLUMNS_IN_ORDER, arrays):
        index = redefined[(row["schema"], row["name"])]
        columns = touches[index].detail.get("columns")
        if isinstance(columns, list) and columns != list(row["columns"]):
            result[index] = touches[index]._replace(
                detail={**touches[index].detail, "more_columns": True}
            )
    return result
