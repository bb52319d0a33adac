"""ALTER PUBLICATION … SET TABLE against what else happens to the list of its tables."""

from __future__ import annotations

from ..identity import key_of
from ..model import Side
from .effects import Effect, Prepared
from .verdict import Report, Verdict, say


def compare(setter: Effect, other: Effect, side: Side, report: Report) -> None:
    """SET replaces the whole list, whatever others added to it or took out."""
    if any(touch.detail.get("by") == "publication relation" for touch in other.uses):
        say(report, "list-replaced", "clash", setter)


def taken_out(setter: Prepared, other: Prepared, side: Side, report: Report) -> None:
    """DROP TABLE of what SET TABLE no longer lists works only before it."""
    publications = {change.name for change in setter.lists}
    for gone in other.unlisted:
        key = key_of(gone)
        if gone.sub in publications and key not in setter.effects:
            report(Verdict("change-before-drop", "publication", "order", "error", side, (key,)))
