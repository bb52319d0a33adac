"""Answers as text: Rich on a terminal, plain lines with nothing cut off anywhere else."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from confiture_coord.cli.printable import printable
from confiture_coord.models import ConflictReport, Intent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: How many characters of an id are shown on a terminal, and are enough to name it.
SHORT_ID = 8

STYLES = {
    "error": "bold red",
    "warning": "yellow",
    "conflicted": "red",
    "in_progress": "cyan",
    "completed": "green",
    "merged": "dim green",
    "abandoned": "dim",
    "high": "red",
    "medium": "yellow",
}


def on_terminal() -> bool:
    """Is somebody looking, at something that can draw? Windows' terminals have no TERM."""
    able = os.name == "nt" or os.environ.get("TERM", "") not in ("", "dumb")
    return able and sys.stdout.isatty()


@cache
def console() -> Console:
    """The terminal; Rich itself honours NO_COLOR."""
    from rich.console import Console

    return Console(highlight=False)


def styled(word: str) -> str:
    """A word in its colour, as Rich writes it."""
    style = STYLES.get(word.lower())
    return f"[{style}]{escape(word)}[/]" if style else escape(word)


def escape(text: str) -> str:
    """Text that contains no markup whatever it looks like."""
    from rich.markup import escape as escaped

    return escaped(printable(text))


def say(line: str = "") -> None:
    """One line of plain text; a terminal wraps it by itself."""
    print(printable(line))


#: Below this width every column wraps, so that nothing is lost.
NARROW = 72

# What may be long enough to be wrapped; the other columns keep their words in one piece.
_WRAPPED = frozenset(
    {"Agent", "Feature", "Objects", "Between", "By", "Reason", "State", "After", "Problem"}
)


def table_shape(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table as Rich draws it."""
    from rich import box
    from rich.table import Table

    shape = Table(title=title, box=box.ROUNDED, title_justify="left", header_style="bold")
    for column in columns:
        keep = column not in _WRAPPED and console().width >= NARROW
        shape.add_column(column, overflow="fold", no_wrap=keep)
    for row in rows:
        shape.add_row(*map(styled, row))
    return shape


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table that fits the terminal; elsewhere columns as wide as they need to be."""
    if on_terminal():
        console().print(table_shape(title, columns, rows))
        return
    say(title)
    flat = [[printable(cell.replace("\n", " ")) for cell in row] for row in (columns, *rows)]
    widths = [max(map(len, cells)) for cells in zip(*flat, strict=True)]
    for row in flat:
        say("  ".join(map(str.ljust, row, widths)).rstrip())


def box_of(title: str, rows: Sequence[tuple[str, str]]) -> None:
    """Labels and values, in a frame on a terminal."""
    width = max(len(label) for label, _ in rows) + 2
    if on_terminal():
        from rich.panel import Panel
        from rich.table import Table

        grid = Table.grid(padding=(0, 1))
        grid.add_column(no_wrap=True, style="bold")
        grid.add_column(overflow="fold")
        for label, value in rows:
            grid.add_row(f"{label}:", styled(value))
        console().print(Panel(grid, title=title, title_align="left", expand=False))
        return
    say(title)
    for label, value in rows:
        say(f"  {label + ':':{width}}{value}")


def short(intent_id: str | None) -> str:
    """An id as a terminal shows it; whole where a program may read it."""
    return (intent_id or "")[: SHORT_ID if on_terminal() else None]


def moment(when: datetime | None) -> str:
    """A time: the watch's on a terminal, the whole with its zone elsewhere."""
    if when is None:
        return ""
    if on_terminal():
        return when.astimezone().strftime("%Y-%m-%d %H:%M")
    return when.isoformat(" ", "seconds")


def intent_box(title: str, intent: Intent) -> None:
    """The guide's box about one intent."""
    rows = [
        ("Intent ID", intent.id),
        ("Agent", intent.agent_id),
        ("Feature", intent.feature_name),
        ("Branch", intent.branch_name),
        ("Status", intent.status.upper()),
        ("Risk Level", intent.risk_level.value),
        ("Tables Affected", ", ".join(intent.tables_affected) or "none"),
    ]
    if intent.estimated_duration_ms:
        rows.append(("Estimated", f"{intent.estimated_duration_ms / 3_600_000:g} hours"))
    if intent.metadata:
        import json

        rows.append(("Metadata", json.dumps(intent.metadata, ensure_ascii=False)))
    box_of(title, rows)


def conflict_line(conflict: ConflictReport) -> str:
    """``table: users [warning]``."""
    objects = ", ".join(conflict.affected_objects)
    return f"{conflict.conflict_type.value}: {objects} [{conflict.severity.value}]"


def between(conflict: ConflictReport) -> str:
    """Both agents, with what they plan."""
    return (
        f"{conflict.agent_a} ({conflict.feature_a}) and {conflict.agent_b} ({conflict.feature_b})"
    )


def other_side(conflict: ConflictReport, intent_id: str | None) -> str:
    """Whom the conflict is with, seen from one intent (or from a proposal)."""
    if intent_id is not None and conflict.intent_b == intent_id:
        return f"{conflict.agent_a} ({conflict.feature_a}), intent {conflict.intent_a}"
    return f"{conflict.agent_b} ({conflict.feature_b}), intent {conflict.intent_b}"


def conflict_details(conflicts: Sequence[ConflictReport], intent_id: str | None) -> None:
    """A numbered list: the numbers are those that ``resolve --conflict-id`` takes."""
    for conflict in conflicts:
        objects = ", ".join(conflict.affected_objects)
        number = f"{conflict.id}. " if conflict.id else "- "
        say(f"  {number}{conflict.conflict_type.value} [{conflict.severity.value}] ({objects})")
        indent = " " * (2 + len(number))
        say(f"{indent}With: {other_side(conflict, intent_id)}")
        if conflict.outcome:
            say(f"{indent}Outcome: {conflict.outcome}")
        if not conflict.is_open:
            closed = conflict.resolution_notes or conflict.moot_reason or ""
            how = f"Reviewed by {conflict.reviewed_by}" if conflict.reviewed else "Moot"
            say(f"{indent}{how}: {closed}")
        elif conflict.resolution_suggestions:
            say(f"{indent}Suggestions:")
            for suggestion in conflict.resolution_suggestions:
                say(f"{indent}- {suggestion}")
