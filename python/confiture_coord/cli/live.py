"""``watch``: a screen that stays current, or on a pipe a line for each event."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row

from confiture_coord.cli.text import SHORT_ID, between, console, moment, say, table_shape
from confiture_coord.registry import IntentRegistry

if TYPE_CHECKING:
    from rich.console import RenderableType

_ACTIVE = """
    select i.id::text, i.agent_id, i.feature_name, i.status, i.risk_level,
           (select count(*) from coord.conflict c
            where c.is_open and (c.intent_a = i.id or c.intent_b = i.id)) as conflicts,
           (extract(epoch from clock_timestamp() - i.updated_at) / 60)::bigint as minutes
    from coord.intent i join coord.status s on s.status = i.status
    where s.is_active order by i.updated_at desc limit 100
"""

_EVENTS = """
    select h.id, h.changed_at, h.event, h.intent_id::text, i.agent_id, i.feature_name,
           h.old_status, h.new_status, h.conflict_id, h.changed_by, h.reason
    from coord.intent_history h join coord.intent i on i.id = h.intent_id
    where h.id > %s order by h.id
"""


def show(connection: psycopg.Connection[Any], interval: float) -> None:
    """A screen of what is active, until Ctrl-C."""
    from rich.live import Live

    coord = IntentRegistry(connection)
    with Live(_screen(coord, connection), console=console(), screen=True, auto_refresh=False) as on:
        while True:
            time.sleep(interval)
            on.update(_screen(coord, connection), refresh=True)


def _screen(coord: IntentRegistry, connection: psycopg.Connection[Any]) -> RenderableType:
    from rich.console import Group

    conflicts = coord.list_conflicts()  # it also looks at the version
    with connection.cursor(row_factory=dict_row) as cursor:
        intents = cursor.execute(_ACTIVE).fetchall()
    active = table_shape(
        f"Active intentions ({len(intents)})",
        ("ID", "Agent", "Feature", "Status", "Risk", "Conflicts", "Since"),
        [
            (
                row["id"][:SHORT_ID],
                row["agent_id"],
                row["feature_name"],
                row["status"],
                row["risk_level"],
                str(row["conflicts"] or ""),
                f"{row['minutes']} min",
            )
            for row in intents
        ],
    )
    clashes = table_shape(
        f"Open conflicts ({len(conflicts)})",
        ("ID", "Severity", "Type", "Objects", "Between"),
        [
            (
                str(each.id),
                each.severity.value,
                each.conflict_type.value,
                ", ".join(each.affected_objects),
                between(each),
            )
            for each in conflicts[:50]
        ],
    )
    return Group(active, clashes, f"{time.strftime('%H:%M:%S')}, Ctrl-C ends")


#: A transaction that began earlier may commit later: how far back to look for its events.
_IN_FLIGHT = 1000


def follow(connection: psycopg.Connection[Any], interval: float, format: str) -> None:
    """A line for each event from now on; with json, each line is a document."""
    IntentRegistry(connection).find_intents("")  # is it there, and does its version fit?
    row = connection.execute("select coalesce(max(id), 0) from coord.intent_history").fetchone()
    begin = row[0] if row else 0
    seen = {begin}
    if format == "text":
        say("Watching; Ctrl-C ends.")
    with connection.cursor(row_factory=dict_row) as cursor:
        while True:
            events = cursor.execute(_EVENTS, (max(begin, max(seen) - _IN_FLIGHT),)).fetchall()
            for event in events:
                if event["id"] not in seen:
                    say(_event_line(event) if format == "text" else _event_document(event))
            seen = {event["id"] for event in events} or seen
            sys.stdout.flush()
            time.sleep(interval)


def _event_line(event: dict[str, Any]) -> str:
    what = f"{event['event']} {event['feature_name']}: {event['new_status']}"
    reason = f" ({event['reason']})" if event["reason"] else ""
    return f"{moment(event['changed_at'])}  {what} by {event['changed_by']}{reason}"


def _event_document(event: dict[str, Any]) -> str:
    return json.dumps(event | {"changed_at": event["changed_at"].isoformat()})
