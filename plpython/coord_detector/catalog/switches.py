"""DISABLE TRIGGER ALL: the switch is each trigger's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model import Json, Touch
from . import queries
from .consequences import VIA
from .facts import BaseNames, Name, Query


def add(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """The touches, and the triggers that are switched on or off with all others."""
    names = BaseNames()
    tables: dict[int, Name] = {}
    for index, touch in enumerate(touches):
        names.follow(touch)
        if touch.facet == "enabled" and "triggers" in touch.detail and touch.schema is not None:
            tables[index] = names.relation(touch.schema, touch.name)
    if not tables:
        return list(touches)
    ordered = sorted(set(tables.values()))
    triggers: dict[Name, list[str]] = {}
    arrays: list[Any] = [[place[0] for place in ordered], [place[1] for place in ordered]]
    for row in query(queries.TRIGGERS_OF, arrays):
        triggers.setdefault((row["schema"], row["name"]), []).append(row["trigger_name"])
    named = {touch[:5] for touch in touches if touch.kind == "trigger"}
    result: list[Touch] = []
    for index, touch in enumerate(touches):
        result.append(touch)
        detail: dict[str, Json] = {**VIA, "value": touch.detail.get("value")}
        for name in triggers.get(tables[index], ()) if index in tables else ():
            switched = touch._replace(kind="trigger", sub=name, detail=detail)
            if switched[:5] not in named:
                result.append(switched)
    return result
