"""Columns, constraints and indexes that go, with what goes with them for certain."""

from __future__ import annotations

from ..names import Table
from .constraints import columns_in
from .subject import COLUMN_KINDS
from .work import Detail, Target, Work


def drop_column(work: Work, target: Target, name: str, detail: Detail) -> None:
    """A column that goes for another's sake."""
    kind = work.relation_kind(target)
    kind = COLUMN_KINDS.get(kind, f"{kind} column")
    work.add(kind, target, name, "drop", "definition", detail)
    drop_with_column(work, target, name)


def drop_with_column(work: Work, target: Target, name: str) -> None:
    """What goes with a column: its indexes, constraints and sequence, as far as they are known."""
    table = work.table(target)
    if table is None:
        return
    column = table.columns.pop(name, None)
    for constraint, facts in list(table.constraints.items()):
        if name in facts["columns"]:
            drop_constraint(work, target, table, constraint, {"implied": True})
    for index, facts in list(table.indexes.items()):
        if name in facts["columns"]:
            drop_index(work, Target(*index), table)
    if column is not None and column.sequence is not None:
        drop_sequence(work, Target(*column.sequence), known=True)
    for other, made in list(table.columns.items()):
        if made.generated is not None and name in columns_in(made.expression):
            drop_column(work, target, other, {"implied": True})


def drop_sequence(work: Work, sequence: Target, known: bool, missing_ok: bool = False) -> None:
    detail: Detail = {"implied": True}
    if not known:
        detail["automatic"] = True
        if missing_ok:
            detail["if_exists"] = True
    work.add("sequence", sequence, None, "drop", "definition", detail)
    work.forget_relation(sequence)


def drop_index(work: Work, index: Target, table: Table | None) -> None:
    work.add("index", index, None, "drop", "definition", {"implied": True})
    work.forget_relation(index)
    if table is not None:
        table.indexes.pop(index.options[0], None)


_ENDINGS = ("_pkey", "_key", "_excl")


def drop_constraint(
    work: Work, target: Target, table: Table | None, name: str, detail: Detail
) -> None:
    work.add("table constraint", target, name, "drop", "definition", detail)
    for schema, _ in target.options:
        work.scope.constraint_removed(schema, name)
    known = table.constraints.pop(name, None) if table is not None else None
    index = target.renamed(name)
    if known is not None:
        if known["type"] in ("primary key", "unique", "exclusion"):
            drop_index(work, index, table)
            for child in work.descendants(table):
                _drop_part(work, child, index)
    elif _is_index(work, index):
        drop_index(work, index, table)
    elif name.endswith(_ENDINGS) and (table is None or not table.complete):
        # Named so by the server: then there is an index of that name.
        work.add("index", index, None, "drop", "definition", {"implied": True, "automatic": True})
        work.forget_relation(index)


def _is_index(work: Work, target: Target) -> bool:
    known = work.table(target)
    return known is not None and known.kind == "index"


def _drop_part(work: Work, child: Target, index: Target) -> None:
    """The key of a partition that is a part of the partitioned table's goes with that."""
    table = work.table(child)
    for name, facts in list(table.indexes.items()) if table is not None else ():
        if facts.get("part_of") == index.options[0]:
            drop_constraint(work, child, table, name[1], {"implied": True})
