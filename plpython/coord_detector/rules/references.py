"""Foreign keys and the keys they refer to."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import Key, container, key_of
from ..model import Json, Side, Touch
from .effects import Prepared
from .verdict import Report, Verdict


def compare(user: Prepared, maker: Prepared, side: Side, report: Report) -> None:
    """Foreign keys and ON CONFLICT need a unique key; ``side`` makes or drops one."""
    theirs, own = _Keys(maker.keys), _Keys(user.keys)
    replaced = _made_anew(maker.keys)
    for reference in user.references:
        target = _target(reference)
        if target is None:
            continue
        brings_it = any(key.action == "create" for key in own.needed_by(*target))
        for key in theirs.needed_by(*target):
            if not (brings_it and key.action == "create"):
                _verdict(reference, key, side, report, anew=_place(key) in replaced)


class _Keys:
    """Unique keys that one side makes or drops, by what a reference says of them."""

    __slots__ = ("of_columns", "of_table")

    def __init__(self, keys: Sequence[Touch]) -> None:
        self.of_columns: dict[object, list[Touch]] = {}
        self.of_table: dict[object, list[Touch]] = {}
        for key in keys:
            self.of_columns.setdefault((_table(key), _columns(key)), []).append(key)
            if key.detail.get("constraint_type") == "primary key":
                self.of_table.setdefault(_table(key), []).append(key)

    def needed_by(self, table: tuple[str | None, str], columns: Json) -> Sequence[Touch]:
        if isinstance(columns, list):
            return self.of_columns.get((table, tuple(sorted(map(str, columns)))), ())
        return self.of_table.get(table, ())


def _made_anew(keys: Sequence[Touch]) -> set[object]:
    """Primary keys, and the columns of others, that are there again after a drop."""
    dropped = {_place(key) for key in keys if key.action == "drop"}
    return {_place(key) for key in keys if key.action == "create" and _place(key) in dropped}


def _place(key: Touch) -> object:
    if key.detail.get("constraint_type") == "primary key":
        return _table(key)
    return (_table(key), _columns(key))


def _target(reference: Touch) -> tuple[tuple[str | None, str], Json] | None:
    """The table and the columns that must have a unique key."""
    if "conflict" in reference.detail:
        return (reference.schema, reference.name), reference.detail["conflict"]
    target = reference.detail.get("references")
    if not isinstance(target, dict):
        return None
    schema = target.get("schema")
    return (None if schema is None else str(schema), str(target.get("name"))), target.get("columns")


def _has_key(reference: Touch) -> bool:
    """Whether there is such a key already, as the catalog has it."""
    keys, columns = reference.detail.get("keys"), reference.detail.get("conflict")
    if isinstance(keys, list) and isinstance(columns, list):
        wanted = {str(column) for column in columns}
        return any(isinstance(key, list) and wanted == set(map(str, key)) for key in keys)
    return bool(reference.detail.get("key_exists"))


def _verdict(
    reference: Touch, key: Touch, side: Side, report: Report, *, anew: bool = False
) -> None:
    object_ = key_of(key)
    table = _table(key)
    covers = (container(object_),) if table is None else (Key("relation", *table),)
    if key.action == "create":
        if _has_key(reference):
            return
        report(
            Verdict(
                "key-before-reference", "dependency", "order", "warning", side, (object_,), covers
            )
        )
    elif anew and reference.action == "use":
        return  # it finds the old key or the new one
    elif anew and not key.detail.get("cascade"):
        report(
            Verdict("replace-before-use", "dependency", "order", "error", side, (object_,), covers)
        )
    elif (key.detail.get("cascade") or reference.action == "use") and not anew:
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


def _columns(key: Touch) -> tuple[str, ...]:
    columns = key.detail.get("columns")
    return tuple(sorted(map(str, columns))) if isinstance(columns, list) else ()
