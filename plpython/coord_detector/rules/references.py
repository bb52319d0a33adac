"""Foreign keys and the keys they refer to."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import Key, container, key_of
from ..model import Side, Touch
from .verdict import Report, Verdict


def compare(references: Sequence[Touch], keys: Sequence[Touch], side: Side, report: Report) -> None:
    """A foreign key needs a unique key of exactly its columns; ``side`` makes or drops one."""
    for reference in references:
        target = reference.detail.get("references")
        if not isinstance(target, dict):
            continue
        for key in keys:
            table = _table(key)
            if table != (target.get("schema"), target.get("name")):
                continue
            columns, primary = target.get("columns"), key.detail.get("constraint_type")
            if isinstance(columns, list):
                if _columns(key) != sorted(str(column) for column in columns):
                    continue
            elif primary != "primary key":
                continue
            _verdict(reference, key, side, report)


def _verdict(reference: Touch, key: Touch, side: Side, report: Report) -> None:
    object_ = key_of(key)
    table = _table(key)
    covers = (container(object_),) if table is None else (Key("relation", *table),)
    if key.action == "create":
        if reference.detail.get("key_exists"):
            return
        report(
            Verdict(
                "key-before-reference", "dependency", "order", "warning", side, (object_,), covers
            )
        )
    elif key.detail.get("cascade"):
        first: Side = "b" if side == "a" else "a"
        report(
            Verdict("use-before-drop", "dependency", "order", "error", first, (object_,), covers)
        )
    else:
        report(
            Verdict(
                "key-dropped-while-used", "dependency", "clash", "error", None, (object_,), covers
            )
        )


def _table(key: Touch) -> tuple[str | None, str] | None:
    if key.kind == "table constraint":
        return (key.schema, key.name)
    table = key.detail.get("table")
    if not isinstance(table, dict):
        return None
    schema = table.get("schema")
    return (None if schema is None else str(schema), str(table.get("name")))


def _columns(key: Touch) -> list[str]:
    columns = key.detail.get("columns")
    return sorted(str(column) for column in columns) if isinstance(columns, list) else []
