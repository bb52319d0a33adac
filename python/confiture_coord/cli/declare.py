"""``register`` and ``check``: declare a plan, or ask what declaring it would find."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

from confiture_coord.cli.problem import Problem

CONFLICTS_FOUND = 1
_TOO_MANY_HOURS = 1e12


def register(
    agent_id: str,
    feature_name: str,
    schema_changes: list[str],
    tables_affected: str | None,
    risk_level: str,
    estimated_hours: float,
    metadata: str,
    refuse_on: str | None,
    database_url: str | None,
    format: str,
) -> None:
    """Register, and print the intent with its conflicts."""
    from confiture_coord.cli.database import registry
    from confiture_coord.cli.source import blaming, read_all

    sources = read_all(schema_changes)
    values = _metadata(metadata)
    duration = _milliseconds(estimated_hours)
    with registry(database_url) as coord, blaming(sources):
        intent = coord.register(
            agent_id,
            feature_name,
            [source.text for source in sources],
            _tables(tables_affected),
            risk_level,
            duration,
            values,
            refuse_on=refuse_on,
        )
        conflicts = coord.get_conflicts(intent.id)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json(
            {"intent": intent.to_dict(), "conflicts": [each.to_dict() for each in conflicts]}
        )
        return
    from confiture_coord.cli.text import conflict_line, intent_box, other_side, say

    intent_box("Intention Registered", intent)
    say()
    if not conflicts:
        say("✓ No conflicts")
        return
    say(f"⚠️  Warning: Found {len(conflicts)} conflict(s) with existing intentions:")
    for conflict in conflicts:
        say(f"  - {conflict_line(conflict)}")
        say(f"    with {other_side(conflict, intent.id)}")
    say()
    say(f"What to do about them: confiture-coord status --intent-id {intent.id[:8]}")


def check(
    agent_id: str,
    feature_name: str,
    schema_changes: list[str],
    tables_affected: str | None,
    fail_on: str,
    database_url: str | None,
    format: str,
) -> int:
    """Print what registering would find; 1 if there is something at or above ``fail_on``."""
    from confiture_coord.cli.database import registry
    from confiture_coord.cli.github import annotate, annotate_problem
    from confiture_coord.cli.source import blaming, read_all

    with annotate_problem() if format == "github" else nullcontext():
        sources = read_all(schema_changes)
        with registry(database_url) as coord, blaming(sources):
            conflicts = coord.check(
                agent_id, feature_name, [each.text for each in sources], _tables(tables_affected)
            )
            if format == "github":
                annotate(coord, sources, conflicts)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json(
            {
                "conflicts_detected": len(conflicts),
                "conflicts": [each.to_dict() for each in conflicts],
            }
        )
    elif format == "text":
        from confiture_coord.cli.text import conflict_details, say

        if conflicts:
            say(f"⚠️  Found {len(conflicts)} conflict(s) with existing intentions:")
            conflict_details(conflicts, None)
        else:
            say("✓ No conflicts detected!")
    enough = {"error": ("error",), "warning": ("error", "warning"), "none": ()}[fail_on]
    found = any(conflict.severity.value in enough for conflict in conflicts)
    return CONFLICTS_FOUND if found else 0


def _tables(given: str | None) -> list[str] | None:
    """Names between commas; a comma within double quotes belongs to the name."""
    if given is None:
        return None
    names, quoted = [""], False
    for character in given:
        if character == "," and not quoted:
            names.append("")
        else:
            quoted ^= character == '"'
            names[-1] += character
    return [name.strip() for name in names if name.strip()]


def _metadata(given: str) -> dict[str, Any]:
    try:
        value = json.loads(given)
    except json.JSONDecodeError as error:
        raise Problem(
            "22023",
            f"--metadata is not JSON: {error.msg} at character {error.pos + 1}",
            given[max(0, error.pos - 30) : error.pos + 30],
            'Write an object with double quotes, in single ones: --metadata \'{"jira": "PAY-1"}\'',
        ) from None
    except RecursionError:
        raise Problem("54000", "--metadata is nested too deeply", hint="Flatten it.") from None
    if not isinstance(value, dict):
        raise Problem(
            "22023",
            "--metadata is not a JSON object",
            given[:60],
            'Write one, for instance --metadata \'{"jira": "PAY-1"}\'',
        )
    return value


def _milliseconds(hours: float) -> int:
    """Hours as what the database stores, a bigint."""
    if not abs(hours) < _TOO_MANY_HOURS:  # NaN neither
        raise Problem(
            "22023", f"--estimated-hours cannot be {hours}", hint="Give a number such as 2.5."
        )
    return round(hours * 3_600_000)
