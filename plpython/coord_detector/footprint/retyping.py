"""ALTER COLUMN ... TYPE: the indexes, foreign keys and the default of the column are made anew."""

from __future__ import annotations

from ..names import Column, Table, without_modifiers
from .constraints import use_own_columns
from .referenced_key import use_of_key
from .work import Detail, Target, Work

_ONE_CLASS = frozenset(("text", "character varying"))
"""Types whose indexes have the same operator class."""


def column_retyped(work: Work, target: Target, table: Table, name: str, former: Column) -> None:
    """Touch what the script knows of the column; ``former`` is what it was before."""
    column = table.columns[name]
    another = _has_another_class(former, column)
    for index, facts in table.indexes.items():
        if name in facts["columns"]:
            if another:
                work.add("index", Target(*index), None, "alter", "type", {"implied": True})
            use_own_columns(work, target, facts["columns"], {"by": "index", "index": index[1]})
    for constraint, facts in table.constraints.items():
        referenced = facts.get("referenced")
        if referenced is None or name not in facts["columns"]:
            continue
        by: Detail = {"by": "table constraint", "constraint": constraint}
        use_own_columns(work, target, facts["columns"], by)
        for key in facts["keys"] or ():
            work.use("table column", referenced, key, by)
        use_of_key(work, referenced, facts["keys"], {**by, "by_columns": True})
    if column.sequence is not None and column.default is not None:
        work.use("sequence", Target(*column.sequence), None, {"by": "default value"})


def _has_another_class(former: Column, column: Column) -> bool:
    """Whether indexes get another operator class, as far as PostgreSQL's own types tell."""
    types = {without_modifiers(former.type), without_modifiers(column.type)}
    if former.needs or column.needs or "" in types or all(one.endswith("[]") for one in types):
        return False
    return len(types) > 1 and not types <= _ONE_CLASS
