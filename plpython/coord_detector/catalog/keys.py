"""Unique keys: what a constraint that is dropped was, and whether a reference has its key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..identity import quoted
from ..model import Json, Touch
from . import queries
from .consequences import VIA
from .facts import BaseNames, Facts, Name, Query


class Key(NamedTuple):
    """A unique index that a foreign key can refer to."""

    is_primary: bool
    columns: list[str]
    index_name: str


def note(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """Complete dropped constraints and new foreign keys with what the catalog has of them."""
    tables = sorted({table for touch in touches if (table := _referenced(touch)) is not None})
    known: dict[Name, list[Key]] = {}
    if tables:
        arrays = [[table[0] for table in tables], [table[1] for table in tables]]
        for row in query(queries.UNIQUE_KEYS, arrays):
            known.setdefault((row["schema"], row["name"]), []).append(
                Key(row["is_primary"], list(row["columns"]), row["index_name"])
            )
    names = BaseNames()
    keys: dict[tuple[int, str | None], tuple[Name, Key]] = {}
    result = []
    for touch in touches:
        names.follow(touch)
        table = _referenced(touch)
        key = _key(touch, known.get(table, [])) if table is not None else None
        if table is not None and key is not None:
            keys[(touch.statement_no, touch.sub)] = (table, key)
            detail = _with_primary_key_implied(touch.detail, table, key)
            touch = touch._replace(detail={**detail, "key_exists": True})
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
    return _with_keys(result, keys) if keys else result


def _with_primary_key_implied(
    detail: Mapping[str, Json], table: Name, key: Key
) -> Mapping[str, Json]:
    """REFERENCES t (id) where id is the primary key is the same as REFERENCES t."""
    text = detail.get("definition")
    if not key.is_primary or not isinstance(text, str):
        return detail
    referenced = f"references {'.'.join(map(quoted, table))}"
    columns = f" ({', '.join(map(quoted, key.columns))})"
    return {**detail, "definition": text.replace(referenced + columns, referenced, 1)}


def _with_keys(
    touches: Sequence[Touch], keys: dict[tuple[int, str | None], tuple[Name, Key]]
) -> list[Touch]:
    """The keys that references have, in place of what the text made of their names."""
    result: list[Touch] = []
    for touch in touches:
        constraint = touch.detail.get("constraint")
        found = keys.get((touch.statement_no, str(constraint))) if constraint else None
        if found is None or not ("by_columns" in touch.detail or "guessed" in touch.detail):
            result.append(touch)
            continue
        (schema, table), key = found
        detail: dict[str, Json] = {**VIA, "by": touch.detail.get("by"), "constraint": constraint}
        number = touch.statement_no
        if touch.kind == "index":
            meant = [
                touch._replace(
                    schema=schema, name=key.index_name, detail={**detail, "by_columns": True}
                )
            ]
        else:
            meant = [
                Touch(number, "table column", schema, table, column, "use", "reference", detail)
                for column in key.columns
            ]
        result += [one for one in meant if one not in result[-8:]]
    return result


def _referenced(touch: Touch) -> tuple[str, str] | None:
    target = touch.detail.get("references")
    if touch.action != "create" or not isinstance(target, dict):
        return None
    schema, name = target.get("schema"), target.get("name")
    return (schema, name) if isinstance(schema, str) and isinstance(name, str) else None


def _key(touch: Touch, keys: Sequence[Key]) -> Key | None:
    target = touch.detail["references"]
    columns = target.get("columns") if isinstance(target, dict) else None
    if isinstance(columns, list):
        wanted = sorted(str(column) for column in columns)
        return next((key for key in keys if sorted(key.columns) == wanted), None)
    return next((key for key in keys if key.is_primary), None)
