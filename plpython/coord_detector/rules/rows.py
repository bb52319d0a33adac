"""Changes of rows against what decides about rows: defaults, triggers, copies of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ..identity import COLUMN, family_of, key_of
from ..model import Json, Side, Touch
from .conditions import condition_of, is_violated
from .effects import Effect
from .verdict import OTHER, Report, Verdict, say, severity_of
from .writers import rows_of


def compare(writer: Effect, other: Effect, side: Side, report: Report) -> None:
    """``writer`` changes rows of a relation, ``other`` does something to it."""
    backfilled = other.written
    replaced = _anyway(writer, other.members)
    for switch in other.alters.get("enabled", ()):
        if "triggers" in switch.detail:
            _trigger(writer, switch, set(), report)
    for member in other.members:
        if member.kind in ("trigger", "rule"):
            _trigger(writer, member, replaced.get(member.sub, set()), report)
        elif member.facet == "identity" and "insert" in writer.commands:
            _identity(writer, member, side, report)
        elif "demands" in member.detail and member.action == "drop":
            _check_goes(writer, member, side, report)
        elif "demands" in member.detail and "inherited" not in member.detail:
            _check(writer, other, member, side, report)
        elif (
            member.facet == "not null"
            and member.detail.get("value")
            and _gives_null(writer, member)
        ):
            _refused(writer, other, member, side, report)
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
    elif "inherited" not in member.detail and "unchanged" not in member.detail:
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
    if member.detail.get("was_not_null") or not _is_left_empty(member, other):
        return
    if any(one.facet == "default" and one.sub == member.sub for one in other.members):
        return
    _refused(writer, other, member, side, report)


def _is_left_empty(member: Touch, other: Effect) -> bool:
    """Whether rows get no value for the column by themselves, which may be a new one."""
    for one in other.members:
        if one.sub == member.sub and one.action == "create" and one.facet == "definition":
            return not one.detail.keys() & {"default", "generated", "identity", "sequence"}
    return member.detail.get("has_default") is False


def _gives_null(writer: Effect, member: Touch) -> bool:
    """Whether a row comes with NULL for the column, or gets it, in so many words."""
    return member.sub is not None and any(
        member.sub in row and row[member.sub] is None for row in _values(writer)
    )


def _values(writer: Effect) -> Iterator[dict[str, Json]]:
    """What is known of the rows that come, and of what others get."""
    for touch in writer.data:
        yield from rows_of(touch)
        values = touch.detail.get("set")
        if isinstance(values, dict):
            yield values


def _left_out(writer: Effect, check: Touch) -> Iterator[dict[str, Json]]:
    """The NULLs of rows that come without a value for columns which have no default."""
    unfilled = check.detail.get("unfilled")
    if "insert" in writer.commands and isinstance(unfilled, list) and not _gives_all(writer):
        yield {str(name): None for name in unfilled if name not in writer.written}


def _refused(writer: Effect, other: Effect, member: Touch, side: Side, report: Report) -> None:
    """A NULL that the column may not have from now on: who fills the column does so before."""
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


def _check(writer: Effect, other: Effect, member: Touch, side: Side, report: Report) -> None:
    """A row whose constants tell that it does not satisfy a new check."""
    demands = condition_of(member.detail, "demands")
    rows = chain(_values(writer), _left_out(writer, member))
    if not any(is_violated(demands, row) for row in rows):
        return
    key = key_of(member)
    looks_back = "not_valid" not in member.detail or any(
        one.facet == "validation" and one.sub == member.sub for one in other.members
    )
    if looks_back:
        report(
            Verdict(
                "row-against-check", "constraint", "clash", "error", None, (key,), (writer.key,)
            )
        )
    else:
        report(
            Verdict("row-before-check", "constraint", "order", "error", side, (key,), (writer.key,))
        )


def _check_goes(writer: Effect, member: Touch, side: Side, report: Report) -> None:
    """A row that the check which goes refuses: it waits for that."""
    demands = condition_of(member.detail, "demands")
    if any(is_violated(demands, row) for row in _values(writer)):
        key = key_of(member)
        first = OTHER[side]
        report(
            Verdict(
                "check-goes-before-row",
                "constraint",
                "order",
                "error",
                first,
                (key,),
                (writer.key,),
            )
        )


def _anyway(writer: Effect, members: list[Touch]) -> dict[str | None, set[str]]:
    """By trigger that is dropped and made anew: the commands that fire the old and the new one."""
    fired: dict[str | None, dict[str, set[str]]] = {}
    for touch in members:
        if touch.kind == "trigger" and "events" in touch.detail:
            fired.setdefault(touch.sub, {})[touch.action] = _fires(writer, touch)
    return {
        name: by["drop"] & by["create"]
        for name, by in fired.items()
        if "drop" in by and "create" in by
    }


def _fires(writer: Effect, trigger: Touch) -> set[str]:
    """The commands of the writer that fire a trigger."""
    events, columns = trigger.detail.get("events"), trigger.detail.get("columns")
    if not isinstance(events, list):
        return set()
    common = writer.commands.intersection(str(event) for event in events)
    if isinstance(columns, list) and writer.written.isdisjoint(str(column) for column in columns):
        common.discard("update")
    return common


def _trigger(writer: Effect, member: Touch, anyway: set[str], report: Report) -> None:
    detail = member.detail
    if detail.get("conditional") or (detail.get("implied") and not detail.get("cascade")):
        return
    if member.action == "alter" and member.facet != "enabled":
        return
    if member.facet == "name":
        return
    if _fires(writer, member) - anyway:
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
