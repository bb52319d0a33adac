"""Changes of rows against what decides about rows: defaults, triggers, copies of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..identity import COLUMN, family_of, key_of
from ..model import Json, Outcome, Side, Touch
from .conditions import condition_of, is_violated
from .effects import Effect
from .facets import listed_in
from .retyping import changes_class
from .verdict import OTHER, Report, Verdict, say, severity_of
from .volume import too_many, too_many_to_compare
from .writers import rows_of


def compare(writer: Effect, other: Effect, side: Side, report: Report) -> None:
    """``writer`` changes rows of a relation, ``other`` does something to it."""
    for switch in other.alters.get("enabled", ()):
        if "triggers" in switch.detail:
            _trigger(writer, switch, set(), report)
    if other.members:
        _members(writer, other, side, report)
    _copied(writer, other, report)


class _Meeting:
    """A writer and a change of its table, with what is asked for more than once."""

    __slots__ = (
        "writer",
        "other",
        "side",
        "report",
        "rows",
        "nulls",
        "matched",
        "gives_all",
        "made",
        "set",
    )

    def __init__(self, writer: Effect, other: Effect, side: Side, report: Report) -> None:
        self.writer = writer
        self.other = other
        self.side = side
        self.report = report
        self.rows = list(_rows(writer))
        """What is known of the rows that come, and of what others get."""
        self.nulls = {name for row in self.rows for name, value in row.items() if value is None}
        """Columns that a row comes with NULL for, or gets it, in so many words."""
        self.matched = {name for touch in writer.data for name in listed_in(touch, "matched")}
        """Columns that are compared with patterns."""
        self.gives_all = any(star.detail.get("access") == "write" for star in writer.stars)
        self.made: dict[str | None, Touch] = {}
        """New columns."""
        self.set: set[tuple[str | None, str | None]] = set()
        """What is altered of each member."""
        for touch in other.members:
            if touch.action == "alter":
                self.set.add((touch.sub, touch.facet))
            elif touch.action == "create" and family_of(touch.kind) == COLUMN:
                self.made[touch.sub] = touch

    def say(self, rule: str, kind: str, member: Touch, first: Side | None = None) -> None:
        """An order if somebody has to go first, and otherwise a clash."""
        outcome: Outcome = "clash" if first is None else "order"
        key = key_of(member)
        self.report(Verdict(rule, kind, outcome, "error", first, (key,), (self.writer.key,)))


def _rows(writer: Effect) -> Iterator[dict[str, Json]]:
    """Of what is written to this table itself: what comes through its parent is told there."""
    for touch in writer.data:
        if "inherited" in touch.detail:
            continue
        yield from rows_of(touch)
        values = touch.detail.get("set")
        if isinstance(values, dict):
            yield values


def _members(writer: Effect, other: Effect, side: Side, report: Report) -> None:
    meeting = _Meeting(writer, other, side, report)
    replaced = _anyway(writer, other.members)
    checks = [touch for touch in other.members if "demands" in touch.detail]
    if too_many(checks, meeting.rows):
        report(too_many_to_compare("constraint", writer.key))
        checks = []
    for check in checks:
        if check.action == "drop":
            _check_goes(meeting, check)
        else:
            _check(meeting, check)
    for member in other.members:
        if member.kind in ("trigger", "rule"):
            _trigger(writer, member, replaced.get(member.sub, set()), report)
        elif member.facet == "identity" and "insert" in writer.commands:
            _identity(meeting, member)
        elif member.facet == "type" and member.sub in meeting.matched:
            if changes_class(member):
                meeting.say("rows-before-retype", "column", member, side)
        elif (
            member.facet == "not null"
            and member.detail.get("value")
            and member.sub in meeting.nulls
        ):
            _refused(meeting, member)
        elif (
            "insert" in writer.commands
            and family_of(member.kind) == COLUMN
            and member.action == "alter"
            and member.sub is not None
            and not meeting.gives_all
            and member.sub not in writer.written
        ):
            if member.facet == "default" and member.sub not in other.written:
                _default(meeting, member)
            elif member.facet == "not null" and member.detail.get("value"):
                _not_null(meeting, member)


def _default(meeting: _Meeting, member: Touch) -> None:
    if member.detail.get("value") is None and member.detail.get("was_not_null"):
        meeting.say("insert-before-default-goes", "column", member, meeting.side)
    elif "inherited" not in member.detail and "unchanged" not in member.detail:
        meeting.say("default-for-new-rows", "column", member)


def _identity(meeting: _Meeting, member: Touch) -> None:
    """A column that gets no value any more, or that none may be given."""
    value = member.detail.get("value")
    given = member.sub in meeting.writer.written
    if (value is None and not given and not meeting.gives_all) or (value == "always" and given):
        meeting.say("insert-before-identity", "column", member, meeting.side)


def _not_null(meeting: _Meeting, member: Touch) -> None:
    """A row without a value for a column that must have one from now on."""
    if member.detail.get("was_not_null") or (member.sub, "default") in meeting.set:
        return
    new = meeting.made.get(member.sub)
    if new is None:
        is_empty = member.detail.get("has_default") is False
    else:
        is_empty = not new.detail.keys() & {"default", "generated", "identity", "sequence"}
    if is_empty:
        _refused(meeting, member)


def _refused(meeting: _Meeting, member: Touch) -> None:
    """A NULL that the column may not have from now on: who fills the column does so before."""
    if member.sub in meeting.other.written:
        meeting.say("insert-before-not-null", "column", member, meeting.side)
    else:
        meeting.say("row-without-value", "column", member)


def _check(meeting: _Meeting, check: Touch) -> None:
    """A row whose constants tell that it does not satisfy a new check."""
    demands = condition_of(check.detail, "demands")
    rows = [*meeting.rows, _left_out(meeting, check)]
    if any(is_violated(demands, row) for row in rows):
        if "not_valid" in check.detail and (check.sub, "validation") not in meeting.set:
            meeting.say("row-before-check", "constraint", check, meeting.side)
        else:
            meeting.say("row-against-check", "constraint", check)


def _left_out(meeting: _Meeting, check: Touch) -> dict[str, Json]:
    """The NULLs of a row that comes without a value for columns which have no default."""
    unfilled = check.detail.get("unfilled")
    if "insert" not in meeting.writer.commands or meeting.gives_all:
        return {}
    names = unfilled if isinstance(unfilled, list) else ()
    return {str(name): None for name in names if name not in meeting.writer.written}


def _check_goes(meeting: _Meeting, check: Touch) -> None:
    """A row that the check which goes refuses: it waits for that."""
    demands = condition_of(check.detail, "demands")
    if any(is_violated(demands, row) for row in meeting.rows):
        meeting.say("check-goes-before-row", "constraint", check, OTHER[meeting.side])


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
