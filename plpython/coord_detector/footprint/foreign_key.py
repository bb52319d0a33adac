"""Foreign keys: the columns on both sides, and the key that they refer to."""

from __future__ import annotations

from collections.abc import Sequence

from ..names import Table, quoted
from . import automatic_names as names
from .canonical import shortened
from .columns import Later, Pending
from .constraints import Heirs, added, as_json, implied_constraint, partitions, suffix
from .referenced_key import guess_keys, use_of_key
from .work import Detail, Target, Work, strings

_ACTIONS = {"r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}


def create_foreign_keys(
    work: Work, target: Target, table: Table | None, kind: str, later: Later, heirs: Heirs = ()
) -> None:
    for pending in later.foreign_keys:
        create_foreign_key(work, target, table, kind, pending, heirs)


def _in_period(columns: Sequence[str], period: bool) -> str:
    """The columns as text; of a temporal key the last one is a period."""
    *others, last = map(quoted, columns)
    return ", ".join((*others, f"period {last}" if period else last))


def create_foreign_key(
    work: Work, target: Target, table: Table | None, kind: str, pending: Pending, heirs: Heirs
) -> None:
    node = pending.node
    columns = strings(node.fk_attrs or ()) or (
        (pending.column,) if pending.column is not None else ()
    )
    automatic = not node.conname
    name = node.conname or names.constraint_name(
        work.scope, target.schema, target.name, names.addition(columns), "fkey"
    )
    referenced = work.relation(node.pktable)
    keys: tuple[str, ...] | None = strings(node.pk_attrs) if node.pk_attrs else None
    if keys is None:
        keys = _primary_key(work.table(referenced))
    text = (
        f"foreign key ({_in_period(columns, node.fk_with_period)}) references {referenced.text()}"
    )
    if node.pk_attrs:
        text += f" ({_in_period(strings(node.pk_attrs), node.pk_with_period)})"
    if node.fk_matchtype == "f":
        text += " match full"
    if node.fk_upd_action in _ACTIONS:
        text += f" on update {_ACTIONS[node.fk_upd_action]}"
    if node.fk_del_action in _ACTIONS:
        text += f" on delete {_ACTIONS[node.fk_del_action]}"
    if node.fk_del_set_cols:
        text += f" ({', '.join(map(quoted, strings(node.fk_del_set_cols)))})"
    detail: Detail = {
        "definition": shortened(text + suffix(pending)),
        "constraint_type": "foreign key",
        "columns": as_json(columns),
        "references": {
            "schema": referenced.schema,
            "name": referenced.name,
            "columns": None if keys is None else as_json(keys),
        },
    }
    if automatic:
        detail["automatic"] = True
    if node.skip_validation:
        detail["not_valid"] = True
    work.add("table constraint", target, name, "create", "definition", detail)
    by: Detail = {"by": "table constraint", "constraint": name}
    for column in columns:
        work.use("table column", target, column, {**by, "own": True})
    itself = referenced.options[0] == target.options[0]
    if not itself:
        work.use("table", referenced, None, by)
    for column in keys or ():
        work.use("table column", referenced, column, {**by, "own": True} if itself else by)
    if keys is None:
        guess_keys(work, referenced, columns, by)
    use_of_key(work, referenced, keys, {**by, "by_columns": True})
    facts = {
        "type": "foreign key",
        "columns": list(columns),
        "referenced": referenced,
        "referenced_table": work.table(referenced),
        "keys": keys,
    }
    added(work, target, table, name, facts)
    for child in partitions(table, heirs):
        implied_constraint(work, child, work.table(child), name, dict(facts), detail)


def _primary_key(table: Table | None) -> tuple[str, ...] | None:
    if table is not None:
        for facts in table.constraints.values():
            if facts["type"] == "primary key":
                return tuple(facts["columns"])
    return None
