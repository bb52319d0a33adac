"""ALTER PUBLICATION … SET TABLE against what else happens to the list of its tables."""

from __future__ import annotations

from ..model import Side
from .effects import Effect
from .verdict import Report, say


def compare(setter: Effect, other: Effect, side: Side, report: Report) -> None:
    """SET replaces the whole list, whatever others added to it or took out."""
    if any(touch.detail.get("by") == "publication relation" for touch in other.uses):
        say(report, "list-replaced", "clash", setter)
