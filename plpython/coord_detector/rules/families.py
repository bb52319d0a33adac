"""Parents, partitions and heirs: who belongs to a table when it is changed."""

from __future__ import annotations

from ..identity import COLUMN, family_of
from ..model import Json, Side, Touch
from .bounds import overlap
from .effects import Effect
from .verdict import OTHER, Report, say

_MEMBERSHIP = ("partition", "inheritance")
_PARENTS = ("parent", "partitioned table")
_REACHES_CHILDREN = ("default", "statistics", "storage")
"""Aspects of a column that ALTER TABLE sets in the children there are, and ATTACH leaves alone."""


def compare(a: Effect, b: Effect, report: Report) -> None:
    for one, two, side in ((a, b, "a"), (b, a, "b")):
        changes = [touch for facet in _MEMBERSHIP for touch in one.alters.get(facet, ())]
        if changes:
            _membership(changes, two, "a" if side == "a" else "b", report)
        if _takes_in(one) and any("only" in touch.detail for touch in two.uses):
            # An index ON ONLY the parent is given to the children that come later.
            say(report, "reaches-the-child-or-not", "clash", two, kind="table")
        if _has_new_child(one) and any(map(_differs_in_new_children, two.members)):
            say(report, "reaches-the-child-or-not", "clash", two, kind="table")
        if _has_new_child(one, "parent") and any("heirs" in touch.detail for touch in two.uses):
            # A publication lists the heirs that there are.
            say(report, "reaches-the-child-or-not", "clash", two, kind="table")
    _bounds(a, b, report)


def _takes_in(effect: Effect) -> bool:
    return any(
        "bounds" in touch.detail and "of" not in touch.detail
        for touch in (*effect.uses, *effect.alters.get("partition", ()))
    )


def _has_new_child(effect: Effect, *parents: str) -> bool:
    return any(
        touch.detail.get("by") == "table"
        and touch.detail.get("as") in (parents or _PARENTS)
        and "existing" not in touch.detail
        for touch in effect.uses
    )


def _differs_in_new_children(touch: Touch) -> bool:
    """Whether a child that is made now and one that is there already are not the same after it.

    SET STATISTICS reaches children and is not copied to new ones, with SET COMPRESSION it is
    the other way around; SET STORAGE does both, unless it is for ONLY the parent.
    """
    if family_of(touch.kind) != COLUMN or touch.action != "alter":
        return False
    only = bool(touch.detail.get("only"))
    return touch.facet == "compression" or (touch.facet, only) in _NOT_ALIKE


_NOT_ALIKE = frozenset(
    (("statistics", False), ("storage", True), ("default", True), ("not null", True))
)


def _membership(changes: list[Touch], other: Effect, side: Side, report: Report) -> None:
    for change in changes:
        joins = change.detail.get("value") is not False
        is_child = "of" in change.detail or change.facet == "inheritance"
        if is_child and not joins:
            _leaves(other, report)
        elif is_child:
            _joins(other, side, report)
        elif joins:
            _parent_of_joining(other, side, report)
        elif any("lost" in touch.detail for touch in other.uses):
            # DROP INDEX takes the indexes of the children along.
            say(report, "reaches-the-child-or-not", "clash", other, kind="table")


def _leaves(other: Effect, report: Report) -> None:
    """DETACH, NO INHERIT: what the parent changes reaches the child or not."""
    changes = [touch for touch in other.members if "unchanged" not in touch.detail]
    if any("inherited" in touch.detail for touch in (*changes, *other.uses)) or any(
        "inherited" in touch.detail and touch.detail.get("access") == "write"
        for touch in other.data
    ):
        say(report, "reaches-the-child-or-not", "clash", other, kind="table")


def _joins(other: Effect, side: Side, report: Report) -> None:
    """ATTACH, INHERIT compare the columns of both; afterwards the parent's are not its own."""
    for touch in other.members:
        if "inherited" in touch.detail or family_of(touch.kind) != COLUMN:
            continue
        loosened = touch.facet == "not null" and not touch.detail.get("value")
        if touch.action in ("create", "drop") or touch.facet == "type" or loosened:
            say(report, "shape-of-a-child", "clash", other, kind="table")
            return
    for touch in other.members:
        if touch.detail.get("constraint_type") == "primary key" and touch.action == "create":
            say(
                report,
                "child-prepared-first",
                "order",
                other,
                OTHER[side],
                kind="table",
                weight="error",
            )


def _parent_of_joining(other: Effect, side: Side, report: Report) -> None:
    """What the parent gets after the child joined, the child gets too; before, it must have it."""
    for touch in other.members:
        if "inherited" in touch.detail or touch.detail.get("implied"):
            continue
        if (
            touch.action == "alter"
            and touch.facet in _REACHES_CHILDREN
            and family_of(touch.kind) == COLUMN
            and not touch.detail.get("only")
        ):
            say(report, "reaches-the-child-or-not", "clash", other, kind="table")
        elif _changes_the_shape(touch):
            say(
                report,
                "join-before-parent-changes",
                "order",
                other,
                side,
                kind="table",
                weight="error",
            )
            return


def _changes_the_shape(touch: Touch) -> bool:
    """What a joining child must have too."""
    if family_of(touch.kind) == COLUMN:
        if touch.action in ("create", "drop") or touch.facet in ("type", "generated"):
            return True
        return touch.facet == "not null" and bool(touch.detail.get("value"))
    return (
        touch.kind == "table constraint"
        and touch.action == "create"
        and touch.detail.get("constraint_type") == "check"
    )


# -------------------------------------------------------------------- bounds


def _bounds(a: Effect, b: Effect, report: Report) -> None:
    theirs = _new_bounds(b)
    if not theirs:
        return
    for one, name in _new_bounds(a):
        if any(overlap(one, two) and not (name and name == other) for two, other in theirs):
            say(report, "partitions-overlap", "clash", a, kind="table")
            return


def _new_bounds(effect: Effect) -> list[tuple[dict[str, Json], Json]]:
    """The bounds of partitions that come to this table, each with its name if it is made.

    What happens to two of one name, the rules about names say.
    """
    found = []
    for touch in (*effect.uses, *effect.alters.get("partition", ())):
        bounds = touch.detail.get("bounds")
        if isinstance(bounds, dict) and "of" not in touch.detail:
            found.append((bounds, touch.detail.get("partition")))
    return found
