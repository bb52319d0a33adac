"""``list-intents``, ``status``, ``conflicts``, ``history``, ``watch``: look, change nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from confiture_coord.models import ConflictReport
    from confiture_coord.registry import IntentRegistry

    #: Makes a registry of what a URL names; the commands that scripts poll bring a quicker one.
    Connect = Callable[[str | None], AbstractContextManager[IntentRegistry]]


def list_intents(
    registry: Connect,
    status_filter: str | None,
    agent_filter: str | None,
    database_url: str | None,
    format: str,
) -> None:
    """Print the intents in the order of their registration."""

    with registry(database_url) as coord:
        intents = coord.list_intents(status_filter, agent_filter)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json({"total": len(intents), "intents": [each.to_dict() for each in intents]})
        return
    from confiture_coord.cli.text import say, short, table

    if not intents:
        filtered = status_filter is not None or agent_filter is not None
        say("No intentions match." if filtered else "No intentions yet: register the first one.")
        return
    table(
        f"Intentions ({len(intents)} total)",
        ("ID", "Agent", "Feature", "Status", "Risk"),
        [
            (
                short(each.id),
                each.agent_id,
                each.feature_name,
                each.status.value,
                each.risk_level.value,
            )
            for each in intents
        ],
    )


def status(registry: Connect, intent_id: str, database_url: str | None, format: str) -> None:
    """Print one intent with its conflicts."""
    from confiture_coord.cli.lookup import intent_id as whole

    with registry(database_url) as coord:
        intent = coord.get_intent(whole(coord, intent_id))
        conflicts = coord.get_conflicts(intent.id)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json(
            {"intent": intent.to_dict(), "conflicts": [each.to_dict() for each in conflicts]}
        )
        return
    from confiture_coord.cli.text import conflict_details, intent_box, say

    intent_box("Intention", intent)
    say()
    say(f"Schema changes ({len(intent.schema_changes)}):")
    for statement in intent.schema_changes:
        for number, line in enumerate(statement.strip().splitlines()):
            say(("    " if number else "  - ") + line)
    say()
    if not conflicts:
        say("✓ No conflicts")
        return
    open_ones = [each for each in conflicts if each.is_open]
    closed = [each for each in conflicts if not each.is_open]
    say(f"Conflict ({len(open_ones)}):")
    conflict_details(open_ones, intent.id)
    if open_ones:
        say()
        say("When it is settled: confiture-coord resolve --conflict-id NUMBER --notes TEXT")
    if closed:
        say()
        say(f"Reviewed ({len(closed)}):")
        conflict_details(closed, intent.id)


def conflicts(
    registry: Connect, intent_id: str | None, closed: bool, database_url: str | None, format: str
) -> None:
    """Print the open conflicts, or all that ever were."""
    from confiture_coord.cli.lookup import intent_id as whole

    with registry(database_url) as coord:
        if intent_id is None:
            found = coord.list_conflicts(closed=closed)
            wanted = None
        else:
            wanted = coord.get_intent(whole(coord, intent_id)).id
            found = coord.get_conflicts(wanted, moot=closed)
        found = [each for each in found if closed or each.is_open]
        if format == "json":
            from confiture_coord.cli.answer import print_json

            of_each: dict[str, list[Any]] = {}
            for conflict in found:
                for side in (conflict.intent_a, conflict.intent_b):
                    if side is not None and wanted in (None, side):
                        of_each.setdefault(side, []).append(conflict.to_dict())
            intents = [each for each in coord.list_intents() if each.id in of_each]
            print_json(
                {
                    "total_conflicted_intents": len(intents),
                    "conflicted_intents": [
                        {"intent": each.to_dict(), "conflicts": of_each[each.id]}
                        for each in intents
                    ],
                }
            )
            return
    from confiture_coord.cli.text import between, say, table

    if not found:
        say("✓ No conflicts" if closed else "✓ No open conflicts")
        return
    table(
        f"Conflicts ({len(found)}{'' if closed else ' open'})",
        ("ID", "Severity", "Type", "Outcome", "Objects", "Between", *(["State"] if closed else [])),
        [
            (
                str(each.id),
                each.severity.value,
                each.conflict_type.value,
                each.outcome or "",
                ", ".join(each.affected_objects),
                between(each),
                *([_state(each)] if closed else []),
            )
            for each in found
        ],
    )


def _state(conflict: ConflictReport) -> str:
    if conflict.is_open:
        return "open"
    return "reviewed" if conflict.reviewed else f"closed: {conflict.moot_reason or 'ignored'}"


def history(intent_id: str, database_url: str | None, format: str) -> None:
    """Print everything that happened to an intent."""
    from confiture_coord.cli.database import registry
    from confiture_coord.cli.lookup import intent_id as whole

    with registry(database_url) as coord:
        wanted = whole(coord, intent_id)
        rows = coord.history(wanted)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json({"intent_id": rows[0].intent_id, "history": [each.to_dict() for each in rows]})
        return
    from confiture_coord.cli.text import moment, table

    table(
        f"History ({len(rows)} events)",
        ("When", "Event", "Status", "By", "Reason"),
        [
            (
                moment(each.changed_at),
                each.event,
                each.new_status.value,
                each.changed_by,
                each.reason or "",
            )
            for each in rows
        ],
    )


def merge_order(database_url: str | None, format: str) -> None:
    """Print the active intents in an order in which they can be merged."""
    from confiture_coord.cli.database import registry

    with registry(database_url) as coord:
        rows = coord.merge_order()
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json({"total": len(rows), "order": rows})
        return
    from confiture_coord.cli.text import say, short, table

    if not rows:
        say("No active intentions.")
        return
    names = {row["intent_id"]: row["feature_name"] for row in rows}
    table(
        f"Merge order ({len(rows)} active)",
        ("Place", "ID", "Agent", "Feature", "Status", "After", "Problem"),
        [
            (
                str(row["place"]),
                short(row["intent_id"]),
                row["agent_id"],
                row["feature_name"],
                row["status"],
                ", ".join(names.get(each, short(each)) for each in row["after"] or ()),
                row["problem"] or "",
            )
            for row in rows
        ],
    )


def watch(interval: float, database_url: str | None, format: str) -> None:
    """Show what goes on until Ctrl-C."""
    from confiture_coord.cli.database import connected
    from confiture_coord.cli.live import follow, show
    from confiture_coord.cli.text import on_terminal

    with connected(database_url) as connection:
        try:
            if on_terminal() and format == "text":
                show(connection, interval)
            else:
                follow(connection, interval, format)
        except KeyboardInterrupt:
            return
