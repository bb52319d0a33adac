"""Composite types and row types: who has columns of them, or is a table of one."""

from __future__ import annotations

from ..identity import COLUMN, family_of
from ..model import Side, Touch
from .effects import Effect
from .verdict import Report, say


def compare(changer: Effect, user: Effect, side: Side, report: Report) -> None:
    """One side changes the fields of a type, the other makes a column or a table of it."""
    uses = [
        touch
        for touch in user.uses
        if touch.kind == "type" and not touch.detail.keys() & {"body", "via"}
    ]
    is_typed = any(touch.detail.get("by") == "table" for touch in uses)
    has_columns = any(str(touch.detail.get("by")).endswith("column") for touch in uses)
    if not (is_typed or has_columns):
        return
    for member in changer.members:
        if family_of(member.kind) != COLUMN or member.detail.keys() & {"implied", "unchanged"}:
            continue
        rewrites = _rewrites(member)
        if (has_columns and rewrites) or (is_typed and _shows_in_tables(member, rewrites)):
            say(
                report,
                "fields-before-columns",
                "order",
                changer,
                side,
                kind="dependency",
                weight="error",
            )
            return


def _rewrites(member: Touch) -> bool:
    """Whether rows have to be written anew: another type, or a new column that is filled."""
    if member.action == "create":
        return not member.detail.keys().isdisjoint(("default", "generated", "identity", "sequence"))
    return member.action == "alter" and member.facet == "type"


def _shows_in_tables(member: Touch, rewrites: bool) -> bool:
    """Whether it is refused while there are tables of the type: without CASCADE."""
    if member.detail.get("cascade"):
        return False
    return rewrites or member.action in ("create", "drop")
