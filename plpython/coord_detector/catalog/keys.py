"""Unique keys: what a constraint that is dropped was, and whether a reference has its key."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import BaseNames, Facts, Query


def note(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """Complete dropped constraints and new foreign keys with what the catalog has of them."""
    tables = sorted({table for touch in touches if (table := _referenced(touch)) is not None})
    known: dict[tuple[str, str], list[tuple[bool, list[str]]]] = {}
    if tables:
        arrays = [[table[0] for table in tables], [table[1] for table in tables]]
        for row in query(queries.UNIQUE_KEYS, arrays):
            known.setdefault((row["schema"], row["name"]), []).append(
                (row["is_primary"], list(row["columns"]))
            )
    names = BaseNames()
    result = []
    for touch in touches:
        names.follow(touch)
        table = _referenced(touch)
        if table is not None and _has_key(touch, known.get(table, [])):
            touch = touch._replace(detail={**touch.detail, "key_exists": True})
        elif (
            touch.kind == "table constraint"
            and touch.action == "drop"
            and touch.schema is not None
            and touch.sub is not None
            and "constraint_type" not in touch.detail
        ):
            base = names.relation(touch.schema, touch.name)
            constraint = facts.constraints.get((*base, touch.sub))
            if constraint is not None:
                columns: list[Json] = list(constraint[1])
                touch = touch._replace(
                    detail={**touch.detail, "constraint_type": constraint[0], "columns": columns}
                )
        result.append(touch)
    return result


def _referenced(touch: Touch) -> tuple[str, str] | None:
    target = touch.detail.get("references")
    if touch.action != "create" or not isinstance(target, dict):
        return None
    schema, name = target.get("schema"), target.get("name")
    return (schema, name) if isinstance(schema, str) and isinstance(name, str) else None


def _has_key(touch: Touch, keys: Sequence[tuple[bool, list[str]]]) -> bool:
    target = touch.detail["references"]
    columns = target.get("columns") if isinstance(target, dict) else None
    if isinstance(columns, list):
        wanted = sorted(str(column) for column in columns)
        return any(sorted(key) == wanted for _, key in keys)
    return any(primary for primary, _ in keys)
