"""Changes of rows against what decides about rows: defaults, triggers, copies of them."""

from __future__ import annotations

from ..identity import COLUMN, family_of, key_of
from ..model import Side, Touch
from .conditions import condition_of, is_violated
from .effects import Effect
from .verdict import Report, Verdict, say, severity_of
from .writers import rows_of


def compare(writer: Effect, other: Effect, side: Side, report: Report) -> None:
    """``writer`` changes rows of a relation, ``other`` does something to it."""
    backfilled = other.written
    for switch in other.alters.get("enabled", ()):
        if "triggers" in switch.detail:
            _trigger(writer, switch, report)
    for member in other.members:
        if member.kind in ("trigger", "rule"):
            _trigger(writer, member, report)
        elif member.facet == "identity" and "insert" in writer.commands:
            _identity(writer, member, side, report)
        elif "demands" in member.detail and "inherited" not in member.detail:
            _check(writer, member, report)
        elif (
            "insert" in writer.commands
            and family_of(member.kind) == COLUMN
            and member.action == "alter"
            and member.sub is not None
            and not _gives_all(writer)
            and member.sub not in writer.written
        ):
            if member.facet == "default" and member.sub not in backfilled:
                _default(writer, member, side, report)
            elif member.facet == "not null" and member.detail.get("value"):
                _not_null(writer, other, member, side, report)
    _copied(writer, other, report)


def _gives_all(writer: Effect) -> bool:
    return any(star.detail.get("access") == "write" for star in writer.stars)


def _default(writer: Effect, member: Touch, side: Side, report: Report) -> None:
    key = key_of(member)
    if member.detail.get("value") is None and member.detail.get("was_not_null"):
        report(
            Verdict(
                "insert-before-default-goes",
                "column",
                "order",
                "error",
                side,
                (key,),
                (writer.key,),
            )
        )
    elif "inherited" not in member.detail:
        report(
            Verdict("default-for-new-rows", "column", "clash", "error", None, (key,), (writer.key,))
        )


def _identity(writer: Effect, member: Touch, side: Side, report: Report) -> None:
    """A column that gets no value any more, or that none may be given."""
    value = member.detail.get("value")
    given = member.sub in writer.written
    if (value is None and not given and not _gives_all(writer)) or (value == "always" and given):
        report(
            Verdict(
                "insert-before-identity",
                "column",
                "order",
                "error",
                side,
                (key_of(member),),
                (writer.key,),
            )
        )


def _not_null(writer: Effect, other: Effect, member: Touch, side: Side, report: Report) -> None:
    """A row without a value for a column that must have one from now on."""
    if member.detail.get("has_default") is not False or member.detail.get("was_not_null"):
        return
    if any(one.facet == "default" and one.sub == member.sub for one in other.members):
        return
    key = key_of(member)
    if member.sub in other.written:
        report(
            Verdict(
                "insert-before-not-null", "column", "order", "error", side, (key,), (writer.key,)
            )
        )
    else:
        report(
            Verdict("row-without-value", "column", "clash", "error", None, (key,), (writer.key,))
        )


def _check(writer: Effect, member: Touch, report: Report) -> None:
    """A row whose constants tell that it does not satisfy a new check."""
    demands = condition_of(member.detail, "demands")
    for touch in writer.data:
        values = touch.detail.get("set")
        rows = [*rows_of(touch), values] if isinstance(values, dict) else rows_of(touch)
        if any(is_violated(demands, row) for row in rows):
            key = key_of(member)
            report(
                Verdict(
                    "row-against-check", "constraint", "clash", "error", None, (key,), (writer.key,)
                )
            )
            return


def _trigger(writer: Effect, member: Touch, report: Report) -> None:
    detail = member.detail
    if detail.get("conditional") or (detail.get("implied") and not detail.get("cascade")):
        return
    if member.action == "alter" and member.facet != "enabled":
        return
    if member.facet == "name":
        return
    events = detail.get("events")
    if not isinstance(events, list):
        return
    common = writer.commands.intersection(str(event) for event in events)
    columns = detail.get("columns")
    if (
        common == {"update"}
        and isinstance(columns, list)
        and writer.written.isdisjoint(str(column) for column in columns)
    ):
        return
    if common:
        report(
            Verdict(
                "trigger-for-changed-rows",
                member.kind,
                "clash",
                severity_of(member.kind, "clash"),
                None,
                (key_of(member),),
                (writer.key,),
            )
        )


def _copied(writer: Effect, other: Effect, report: Report) -> None:
    """CREATE TABLE AS takes the rows of the moment."""
    for touch in other.data:
        if touch.detail.get("by") != "table" or touch.detail.get("access") == "write":
            continue
        if writer.commands - {"update"} or other.stars or writer.written & other.columns:
            say(report, "rows-copied", "clash", writer, kind="table")
            return
