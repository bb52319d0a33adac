"""ALTER TABLE about parents, types and partitions: who a table's relatives are."""

from __future__ import annotations

from typing import Any

from ..loader import enums
from ..names import Table
from . import automatic_names as names
from .bounds import bound_values
from .constraints import implied_constraint, use_of_whole
from .subject import Command, Subject
from .table import copy_index
from .work import Detail, Node, Target

_T = enums.AlterTableType


def _inherit(s: Subject, command: Node) -> None:
    parent = s.work.relation(command.def_)
    adds = command.subtype == _T.AT_AddInherit
    s.alter("inheritance", parent=parent.text(), value=adds)
    s.work.use("table", parent, None, {"by": "table", "as": "parent", "existing": True})
    known = s.work.table(parent)
    if known is not None and s.table is not None:
        here = s.target.options[0]
        if adds:
            known.children.append(here)
            s.table.parents.append(parent.options[0])
        elif here in known.children:
            known.children.remove(here)
            s.table.parents.remove(parent.options[0])


def _of_type(s: Subject, command: Node) -> None:
    if command.def_ is None:
        s.alter("type", value=None)
        _leave_type(s)
    else:
        s.alter("type", value=s.work.type_text(command.def_))
        s.work.type_use(command.def_, by="table")


def _leave_type(s: Subject) -> None:
    if s.table is None:
        return
    for place in list(s.table.parents):
        parent = s.work.scope.tables.get(place)
        if parent is not None and parent.kind == "type":
            parent.children.remove(s.target.options[0])
            s.table.parents.remove(place)


def _attach(s: Subject, command: Node) -> None:
    part = s.work.relation(command.def_.name)
    if s.kind == "index":
        known = s.work.table(part)
        owner = known.owner if known is not None else None
        if owner is not None and part.options[0] in owner.indexes:
            owner.indexes[part.options[0]]["part_of"] = s.target.options[0]
        s.alter("partition", partition=part.text(), value=True)
        s.work.add("index", part, None, "alter", "partition", {"of": s.target.text()})
        return
    bound = s.work.canonical(command.def_.bound)
    s.alter(
        "partition",
        partition=part.text(),
        bound=bound,
        bounds=bound_values(command.def_.bound),
        value=True,
    )
    s.work.add(
        s.work.relation_kind(part),
        part,
        None,
        "alter",
        "partition",
        {"of": s.target.text(), "bound": bound, "value": True},
    )
    known = s.work.table(part)
    if s.table is not None and known is not None:
        s.table.children.append(part.options[0])
        known.parents.append(s.target.options[0])
        _join_indexes(s, part, known)
        for name, facts in list(s.table.constraints.items()):
            if facts["type"] == "foreign key" and name not in known.constraints:
                implied_constraint(s.work, part, known, name, dict(facts), {"from": "parent"})


def _join_indexes(s: Subject, part: Target, known: Table) -> None:
    """Each index of the partitioned table gets a part: one that is there already, or a new one."""
    assert s.table is not None
    for index, facts in list(s.table.indexes.items()):
        parent = (index, s.target.options[0])
        for own, there in known.indexes.items():
            same = there["columns"] == facts["columns"] and not there.get("part_of")
            if same and bool(there["constraint"]) == bool(facts["constraint"]):
                there["part_of"] = index
                s.work.add("index", Target(*own), None, "alter", "partition", {"implied": True})
                use_of_whole(s.work, *parent, facts["constraint"])
                break
        else:
            copy_index(s.work, part, known, s.table, facts, parent)


def _detach(s: Subject, command: Node) -> None:
    part = s.work.relation(command.def_.name)
    detail: Detail = {"value": False}
    if command.def_.concurrent:
        detail["concurrently"] = True
    s.alter("partition", partition=part.text(), **detail)
    s.work.add(
        s.work.relation_kind(part),
        part,
        None,
        "alter",
        "partition",
        {"of": s.target.text(), **detail},
    )
    known = s.work.table(part)
    here = part.options[0]
    if s.table is not None and here in s.table.children:
        s.table.children.remove(here)
    if command.def_.concurrent and s.table is not None and s.table.partition_columns:
        _keep_bounds(s, part, known)
    if known is not None and s.target.options[0] in known.parents:
        known.parents.remove(s.target.options[0])
        for index, facts in known.indexes.items():
            if facts.pop("part_of", None):
                s.work.add("index", Target(*index), None, "alter", "partition", {"implied": True})
        for name in s.table.triggers if s.table is not None else ():
            if known.triggers.pop(name, None) is not None:
                s.work.add("trigger", part, name, "drop", "definition", {"implied": True})


def _keep_bounds(s: Subject, part: Target, known: Table | None) -> None:
    """What was a partition until a moment ago still has only such rows: it gets a CHECK."""
    assert s.table is not None
    columns = s.table.partition_columns
    single = columns[0] if len(columns) == 1 else None
    name = names.constraint_name(s.work.scope, part.schema, part.name, single, "check")
    own = [column for column in columns if column is not None]
    detail: Detail = {"constraint_type": "check", "columns": [*own], "automatic": True}
    implied_constraint(s.work, part, known, name, {"type": "check", "columns": own}, detail)


FAMILY_COMMANDS: dict[Any, Command] = {
    _T.AT_AddInherit: _inherit,
    _T.AT_DropInherit: _inherit,
    _T.AT_AddOf: _of_type,
    _T.AT_DropOf: _of_type,
    _T.AT_AttachPartition: _attach,
    _T.AT_DetachPartition: _detach,
    _T.AT_DetachPartitionFinalize: _detach,
}
