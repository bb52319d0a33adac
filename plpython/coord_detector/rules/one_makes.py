"""One side creates an object, or makes sure of it, and the other changes or uses it."""

from __future__ import annotations

from ..identity import ONLY_TYPES, RELATION
from ..model import Side
from . import facets
from .both_stay import TABLES
from .effects import Effect
from .guards import skips
from .needs import needed_by
from .stars import keeps_columns
from .verdict import OTHER, Report, Weight, say


def one_creates(maker: Effect, other: Effect, side: Side, report: Report) -> None:
    made = maker.create
    assert made is not None
    if made.detail.get("exists"):
        # It would fail alone; the other side's changes are about the object that is there.
        return
    if any("in_between" in touch.detail for touch in other.uses):
        say(report, "name-needed-in-between", "order", maker, OTHER[side], weight="error")
        return
    needing = needed_by(other)
    if not needing:
        return
    guarded = [touch for touch in needing if touch.action != "use" and skips(touch)]
    if len(guarded) == len(needing):
        if maker.key.family != RELATION or made.kind in TABLES:
            say(report, "skipped-if-absent", "clash", maker)
        elif made.kind not in ONLY_TYPES:
            # What then bears the name is not what the statement is for.
            say(report, "skipped-before-name-is-taken", "order", maker, OTHER[side])
        return
    weight: Weight = "warning"
    say(report, "create-before-use", "order", maker, side, kind="dependency", weight=weight)


def one_ensures(maker: Effect, other: Effect, side: Side, report: Report) -> None:
    made = maker.create
    assert made is not None
    exists = made.detail.get("exists")
    if made.detail.get("if_not_exists"):
        if exists:
            return
        one_creates(maker, other, side, report)
        return
    if exists is not False and facets.is_reset(made, other.alters):
        say(report, "redefinition-resets", "clash", maker)
    elif exists is not False and any(
        touch.kind in ("function", "procedure", "routine") and "fired" not in touch.detail
        for touch in other.data
    ):
        say(report, "redefined-while-run", "clash", maker)
    elif exists:
        if any(touch.action == "drop" and touch.facet == "name" for touch in other.members):
            say(report, "replace-before-rename", "order", maker, side, weight="error")
        elif made.detail.get("more_columns") and any(keeps_columns(star) for star in other.stars):
            say(report, "star-settles", "clash", maker, kind="dependency")
        elif other.alters:
            say(report, "different-aspects", "overlap", maker, weight="warning")
    else:
        one_creates(maker, other, side, report)
