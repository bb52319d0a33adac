"""``*`` and LIKE: what they stand for is settled when they are run, and never again."""

from __future__ import annotations

from ..identity import COLUMN, family_of
from ..model import Side, Touch
from .effects import Effect
from .verdict import OTHER, Report, say

_VIEWS = ("view", "materialized view")


def compare(user: Effect, changer: Effect, side: Side, report: Report) -> None:
    """One side takes all columns of a relation, the other changes which there are."""
    for star in _distinct(user.stars):
        if star.detail.get("body") or star.detail.get("access") == "write":
            if star.detail.get("access") == "write" and not star.detail.get("body"):
                _written(changer, side, report)
            continue
        for member in changer.members:
            if family_of(member.kind) == COLUMN:
                _column(star, member, changer, side, report)
        if _copies(star, changer):
            say(report, "star-settles", "clash", changer, kind="dependency")


def _distinct(stars: list[Touch]) -> list[Touch]:
    """One of those that the rules cannot tell apart: a thousand views of ``*`` are one question."""
    told_by = ("by", "as", "access", "body", "including")
    return list({repr([one.detail.get(word) for word in told_by]): one for one in stars}.values())


def keeps_columns(star: Touch) -> bool:
    """Whether it makes columns that stay, not only rows as they are at the time."""
    detail = star.detail
    if detail.get("body") or detail.get("access") == "write":
        return False
    return detail.get("by") in (*_VIEWS, "table") or detail.get("as") == "source"


def _column(star: Touch, member: Touch, changer: Effect, side: Side, report: Report) -> None:
    is_view = star.detail.get("by") in _VIEWS
    if not keeps_columns(star) or (_goes_with_another(member) and not is_view):
        return  # what the copy has of it goes along as well
    if member.action == "drop" and member.facet not in ("name", "schema") and is_view:
        if member.detail.get("cascade"):
            say(report, "star-settles", "clash", changer, kind="dependency")
        else:
            say(
                report,
                "drop-before-star",
                "order",
                changer,
                OTHER[side],
                kind="dependency",
                weight="error",
            )
    elif member.action in ("create", "drop"):
        if not (member.detail.get("exists") and member.detail.get("if_not_exists")):
            say(report, "star-settles", "clash", changer, kind="dependency")
    elif member.action == "alter" and member.facet == "type":
        if is_view:
            say(
                report,
                "retype-before-use",
                "order",
                changer,
                OTHER[side],
                kind="dependency",
                weight="warning",
            )
        elif not member.detail.get("unchanged"):
            say(report, "star-settles", "clash", changer, kind="dependency")
    elif (
        member.action == "alter"
        and "unchanged" not in member.detail
        and star.detail.get("as") == "source"
        and member.facet in _copied(star)
    ):
        say(report, "star-settles", "clash", changer, kind="dependency")


def _comes_or_goes(use: Touch) -> bool:
    """Whether the table is used by an index or statistics that are made or dropped, not changed."""
    return bool(use.detail.get("own")) and "stays" not in use.detail


def _goes_with_another(member: Touch) -> bool:
    """Whether CASCADE takes the column or its default along, which nobody names."""
    detail = member.detail
    goes = member.action == "drop" or detail.get("value", "") is None
    return goes and bool(detail.get("implied") and detail.get("cascade"))


def _copies(star: Touch, changer: Effect) -> bool:
    """Whether LIKE … INCLUDING copies constraints, indexes or statistics that come or go."""
    including = star.detail.get("including")
    words = including if isinstance(including, list) else ()
    made_on = {str(touch.detail.get("by")) for touch in changer.uses if _comes_or_goes(touch)}
    if ("indexes" in words and "index" in made_on) or (
        "statistics" in words and "statistics object" in made_on
    ):
        return True
    wanted = {"check"} if "constraints" in words else set()
    if "indexes" in words:
        wanted |= {"primary key", "unique", "exclusion"}
    return any(
        member.kind == "table constraint"
        and member.action in ("create", "drop")
        and member.detail.get("constraint_type") in wanted
        for member in changer.members
    )


_COPIED = {
    "defaults": "default",
    "identity": "identity",
    "generated": "generated",
    "storage": "storage",
    "comments": "comment",
    "compression": "compression",
}


def _copied(star: Touch) -> set[str]:
    """What LIKE … INCLUDING copies of a column, beside its name, type and NOT NULL."""
    including = star.detail.get("including")
    words = including if isinstance(including, list) else []
    return {"not null", *(_COPIED[str(word)] for word in words if str(word) in _COPIED)}


def _written(changer: Effect, side: Side, report: Report) -> None:
    """INSERT without a list of columns: its values are matched with the columns there are."""
    for member in changer.members:
        if (
            family_of(member.kind) == COLUMN
            and member.action == "drop"
            and member.facet not in ("name", "schema")
        ):
            say(
                report,
                "use-before-drop",
                "order",
                changer,
                side,
                kind="dependency",
                weight="error",
            )
