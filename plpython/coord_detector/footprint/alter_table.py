"""ALTER TABLE and its kin: one handler for each subcommand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..loader import enums
from ..model import Json
from ..names import Table
from . import automatic_names as names
from .bounds import bound_values
from .columns import Later, create_column, create_sequence_of
from .constraints import (
    create_constraints,
    create_foreign_keys,
    implied_constraint,
    set_not_null,
    use_of_whole,
)
from .table import copy_index
from .work import Detail, Node, Target, Work, option_value, option_values, strings

_T = enums.AlterTableType
_CASCADE = enums.DropBehavior.DROP_CASCADE

Command = Callable[["Subject", Any], None]


class Subject:
    """The relation that an ALTER statement is about."""

    __slots__ = ("work", "target", "table", "kind", "column_kind", "guard")

    def __init__(self, work: Work, target: Target, kind: str, missing_ok: bool, only: bool) -> None:
        self.work = work
        self.target = target
        self.table = work.table(target)
        self.kind = kind
        self.column_kind = COLUMN_KINDS.get(kind, f"{kind} column")
        self.guard: Detail = {"if_exists": True, "relation_if_exists": True} if missing_ok else {}
        if only:
            self.guard["only"] = True

    def alter(self, facet: str, **detail: Any) -> None:
        """Change the relation itself."""
        self.work.add(self.kind, self.target, None, "alter", facet, {**self.guard, **detail})

    def column(self, name: str, facet: str, **detail: Any) -> None:
        self.work.add(self.column_kind, self.target, name, "alter", facet, {**self.guard, **detail})

    def children(self) -> list[Target]:
        """Partitions and heirs that the script itself has made."""
        return [] if "only" in self.guard else self.work.descendants(self.table)


COLUMN_KINDS = {"type": "composite type column"}

WRITTEN_KINDS = {
    enums.ObjectType.OBJECT_TABLE: "table",
    enums.ObjectType.OBJECT_INDEX: "index",
    enums.ObjectType.OBJECT_SEQUENCE: "sequence",
    enums.ObjectType.OBJECT_VIEW: "view",
    enums.ObjectType.OBJECT_MATVIEW: "materialized view",
    enums.ObjectType.OBJECT_FOREIGN_TABLE: "foreign table",
    enums.ObjectType.OBJECT_TYPE: "type",
}

_FIRST = {
    _T.AT_DropColumn: 0,
    _T.AT_DropConstraint: 0,
    _T.AT_AlterColumnType: 1,
    _T.AT_AddColumn: 2,
    _T.AT_SetExpression: 3,
    _T.AT_AddConstraint: 4,
}
"""In which order the server carries out the parts of one statement, whatever their order in it."""


def alter_table(work: Work, node: Node) -> None:
    written = WRITTEN_KINDS[node.objtype]
    target = work.relation(node.relation)
    kind = work.relation_kind(target, written)
    only = kind in ("table", "foreign table") and not node.relation.inh
    subject = Subject(work, target, kind, node.missing_ok, only)
    commands = node.cmds
    if len(commands) > 1:
        commands = sorted(commands, key=lambda command: _FIRST.get(command.subtype, 5))
    for command in commands:
        handler = COMMANDS.get(command.subtype)
        if handler is None:
            work.add("unknown", target, None, "alter", str(command.subtype.name), {"opaque": True})
        else:
            handler(subject, command)


# -------------------------------------------------------------------- columns


def _add_column(s: Subject, command: Node) -> None:
    work, definition = s.work, command.def_
    later = Later()
    extra = dict(s.guard)
    if command.missing_ok:
        extra["if_not_exists"] = True
        if s.table is not None and definition.colname in s.table.columns:
            work.use(s.column_kind, s.target, definition.colname, {"if_not_exists": True})
            return
    kind = "composite type" if s.kind == "type" else s.kind
    create_column(work, s.target, s.table, kind, definition, later, extra)
    heirs = s.children()
    create_constraints(work, s.target, s.table, s.kind, later, new_table=False, heirs=heirs)
    create_foreign_keys(work, s.target, s.table, s.kind, later, heirs)
    for child in heirs:
        own = work.relation_kind(child)
        create_column(work, child, work.table(child), own, definition, Later(), {"implied": True})


def _drop_column(s: Subject, command: Node) -> None:
    detail: Detail = dict(s.guard)
    if command.missing_ok:
        detail["if_exists"] = True
        if s.table is not None and s.table.complete and command.name not in s.table.columns:
            s.work.use(s.kind, s.target, None, {"if_exists": True})
            return
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    heirs = s.children()
    s.work.add(s.column_kind, s.target, command.name, "drop", "definition", detail)
    _drop_with_column(s.work, s.target, command.name)
    for child in heirs:
        kind = f"{s.work.relation_kind(child)} column"
        s.work.add(kind, child, command.name, "drop", "definition", {"implied": True})
        _drop_with_column(s.work, child, command.name)


def _drop_with_column(work: Work, target: Target, name: str) -> None:
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
        _drop_sequence(work, Target(*column.sequence), known=True)


def _drop_sequence(work: Work, sequence: Target, known: bool) -> None:
    detail: Detail = {"implied": True}
    if not known:
        detail["automatic"] = True
    work.add("sequence", sequence, None, "drop", "definition", detail)
    work.forget_relation(sequence)


def drop_index(work: Work, index: Target, table: Table | None) -> None:
    work.add("index", index, None, "drop", "definition", {"implied": True})
    work.forget_relation(index)
    if table is not None:
        table.indexes.pop(index.options[0], None)


def _default(s: Subject, command: Node) -> None:
    if command.def_ is None:
        s.column(command.name, "default", value=None)
    else:
        s.column(command.name, "default", value=s.work.canonical(command.def_))
        s.work.expression(command.def_, None, by="default value")
    if s.table is not None and command.name in s.table.columns:
        column = s.table.columns[command.name]
        column.expression = command.def_
        column.default = None if command.def_ is None else s.work.canonical(command.def_)
    for child in s.children():
        s.work.add(s.column_kind, child, command.name, "alter", "default", {"implied": True})


def _set_not_null(s: Subject, command: Node) -> None:
    _not_null(s, command.name, True)


def _drop_not_null(s: Subject, command: Node) -> None:
    _not_null(s, command.name, False)


def _not_null(s: Subject, name: str, value: bool) -> None:
    s.column(name, "not null", value=value)
    if s.table is not None and name in s.table.columns:
        s.table.columns[name].not_null = value
    for child in s.children():
        s.work.add(
            s.column_kind, child, name, "alter", "not null", {"value": value, "implied": True}
        )


def _column_type(s: Subject, command: Node) -> None:
    definition = command.def_
    type_ = s.work.type_text(definition.typeName)
    detail: Detail = {"value": type_}
    if definition.collClause is not None:
        detail["collation"] = ".".join(strings(definition.collClause.collname))
        s.work.collation_use(definition.collClause, by=s.column_kind)
    if definition.raw_default is not None:
        detail["using"] = s.work.canonical(definition.raw_default)
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    s.column(command.name, "type", **detail)
    s.work.type_use(definition.typeName, by=s.column_kind)
    if definition.raw_default is not None:
        s.work.expression(definition.raw_default, s.target, by="conversion")
    if s.table is not None and command.name in s.table.columns:
        s.table.columns[command.name].type = type_
    for child in s.children():
        s.work.add(
            s.column_kind, child, command.name, "alter", "type", {"value": type_, "implied": True}
        )


def _set_expression(s: Subject, command: Node) -> None:
    s.column(command.name, "generated", value=s.work.canonical(command.def_))
    s.work.expression(command.def_, s.target, by="generated column")


def _drop_expression(s: Subject, command: Node) -> None:
    detail: Detail = {"value": None}
    if command.missing_ok:
        detail["if_exists"] = True
    s.column(command.name, "generated", **detail)


def _statistics(s: Subject, command: Node) -> None:
    value = None if command.def_ is None else option_value_of_integer(command.def_)
    if command.name is None:
        s.alter("statistics", value=value, column=int(command.num))
    else:
        s.column(command.name, "statistics", value=value)


def option_value_of_integer(node: Node) -> int | None:
    value = getattr(node, "ival", None)
    return None if value is None else int(value)


def _column_options(s: Subject, command: Node) -> None:
    reset = command.subtype == _T.AT_ResetOptions
    values = [option.defname for option in command.def_] if reset else option_values(command.def_)
    s.column(command.name, "options", value=values, reset=reset)


def _storage(s: Subject, command: Node) -> None:
    s.column(command.name, "storage", value=command.def_.sval.lower())


def _compression(s: Subject, command: Node) -> None:
    s.column(command.name, "compression", value=command.def_.sval.lower())


def _foreign_column_options(s: Subject, command: Node) -> None:
    s.column(command.name, "options", value=foreign_options(command.def_))


def foreign_options(options: Any) -> Detail:
    """OPTIONS (ADD …, SET …, DROP …) of foreign objects."""
    result: Detail = {}
    for option in options or ():
        action = option.defaction.name.removeprefix("DEFELEM_").lower()
        result[option.defname] = None if action == "drop" else option_value(option)
    return result


# -------------------------------------------------------------------- identity


def _add_identity(s: Subject, command: Node) -> None:
    constraint = command.def_
    always = "always" if constraint.generated_when == "a" else "by default"
    s.column(command.name, "identity", value=always)
    known = s.table.columns.get(command.name) if s.table is not None else None
    sequence = create_sequence_of(
        s.work,
        s.target,
        command.name,
        known.type if known is not None else "bigint",
        constraint.options or (),
    )
    if known is not None:
        known.sequence = (sequence.schema, sequence.name)


def _sequence_of(s: Subject, column: str) -> tuple[Target, bool]:
    """The sequence behind an identity column: the one that was made, or that was probably made."""
    known = s.table.columns.get(column) if s.table is not None else None
    if known is not None and known.sequence is not None:
        return Target(*known.sequence), True
    return s.target.renamed(names.object_name(s.target.name, column, "seq")), False


def _set_identity(s: Subject, command: Node) -> None:
    options = [option for option in command.def_ or () if option.defname != "generated"]
    for option in command.def_ or ():
        if option.defname == "generated":
            always = getattr(option.arg, "ival", 0) == ord("a")
            s.column(command.name, "identity", value="always" if always else "by default", set=True)
    if options:
        sequence, known = _sequence_of(s, command.name)
        detail: Detail = {"implied": True, "value": option_values(options)}
        if not known:
            detail["automatic"] = True
        restarts = all(option.defname == "restart" for option in options)
        facet = "value" if restarts else "options"
        s.work.add("sequence", sequence, None, "alter", facet, detail)
        s.work.use(s.column_kind, s.target, command.name, {"by": "sequence"})


def _drop_identity(s: Subject, command: Node) -> None:
    detail: Detail = {"value": None}
    if command.missing_ok:
        detail["if_exists"] = True
    s.column(command.name, "identity", **detail)
    sequence, known = _sequence_of(s, command.name)
    _drop_sequence(s.work, sequence, known)


# -------------------------------------------------------------------- constraints


def _add_constraint(s: Subject, command: Node) -> None:
    later = Later()
    later.add(command.def_, None)
    heirs = s.children()
    create_constraints(s.work, s.target, s.table, s.kind, later, new_table=False, heirs=heirs)
    create_foreign_keys(s.work, s.target, s.table, s.kind, later, heirs)


def _alter_constraint(s: Subject, command: Node) -> None:
    change = command.def_
    name = change.conname
    if change.alterDeferrability:
        value = "not deferrable"
        if change.deferrable:
            value = "initially deferred" if change.initdeferred else "deferrable"
        _constraint(s, name, "deferrability", value=value)
    if change.alterEnforceability:
        _constraint(s, name, "enforcement", value=change.is_enforced)
    if change.alterInheritability:
        _constraint(s, name, "inheritance", value=not change.noinherit)


def _constraint(s: Subject, name: str, facet: str, **detail: Any) -> None:
    s.work.add("table constraint", s.target, name, "alter", facet, {**s.guard, **detail})


def _validate_constraint(s: Subject, command: Node) -> None:
    _constraint(s, command.name, "validation", value=True)


def _drop_constraint(s: Subject, command: Node) -> None:
    detail: Detail = dict(s.guard)
    if command.missing_ok:
        detail["if_exists"] = True
        if s.table is not None and _is_absent(s.table, command.name):
            s.work.use(s.kind, s.target, None, {"if_exists": True})
            return
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    facts = s.table.constraints.get(command.name) if s.table is not None else None
    drop_constraint(s.work, s.target, s.table, command.name, detail)
    for child in s.children() if facts is None or facts["type"] in _GO_DOWN else ():
        table = s.work.table(child)
        if table is not None and command.name in table.constraints:
            drop_constraint(s.work, child, table, command.name, {"implied": True})


_GO_DOWN = ("check", "foreign key", "not null")
"""Constraints that partitions and heirs have under the same name."""


def _is_absent(table: Table, name: str) -> bool:
    """Tell whether the script's own table has no such constraint, nor one that the server named."""
    return table.complete and name not in table.constraints and not name.endswith("_not_null")


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
    elif name.endswith(_ENDINGS) and (table is None or not table.complete):
        # Named so by the server: then there is an index of that name.
        work.add("index", index, None, "drop", "definition", {"implied": True, "automatic": True})
        work.forget_relation(index)


def _drop_part(work: Work, child: Target, index: Target) -> None:
    """The key of a partition that is a part of the partitioned table's goes with that."""
    table = work.table(child)
    for name, facts in list(table.indexes.items()) if table is not None else ():
        if facts.get("part_of") == index.options[0]:
            drop_constraint(work, child, table, name[1], {"implied": True})


# -------------------------------------------------------------------- the relation itself


def _follow(s: Subject, facet: str, value: Json) -> None:
    """What the script gave to the table shares its owner, and is logged or not as it is."""
    if s.table is None:
        return
    detail: Detail = {"value": value, "implied": True}
    for index in s.table.indexes:
        s.work.add("index", Target(*index), None, "alter", facet, detail)
    for column in s.table.columns.values():
        if column.sequence is not None:
            s.work.add("sequence", Target(*column.sequence), None, "alter", facet, detail)


def _owner(s: Subject, command: Node) -> None:
    s.alter("owner", value=role_name(command.newowner))
    _follow(s, "owner", role_name(command.newowner))
    s.work.role_use(command.newowner)


def role_name(role: Node) -> str:
    """A role as written; PUBLIC and CURRENT_USER under their keywords."""
    name = getattr(role, "rolename", None)
    if name is not None:
        return str(name)
    return str(role.roletype.name).removeprefix("ROLESPEC_").lower()


def mark_index(work: Work, table: Table | None, mark: str, name: str | None) -> None:
    """At most one index of a table has a mark: whoever had it loses it."""
    for index, facts in table.indexes.items() if table is not None else ():
        if facts.pop(mark, False) and index[1] != name:
            detail: Detail = {"value": False, "implied": True}
            work.add("index", Target(*index), None, "alter", mark, detail)
        elif index[1] == name:
            facts[mark] = True


def _cluster_on(s: Subject, command: Node) -> None:
    mark_index(s.work, s.table, "cluster", command.name)
    s.alter("cluster", value=command.name)
    s.work.add("index", s.target.renamed(command.name), None, "alter", "cluster", {"value": True})


def _drop_cluster(s: Subject, command: Node) -> None:
    mark_index(s.work, s.table, "cluster", None)
    s.alter("cluster", value=None)


def _persistence(s: Subject, command: Node) -> None:
    logged = command.subtype == _T.AT_SetLogged
    value = "permanent" if logged else "unlogged"
    s.alter("persistence", value=value)
    _follow(s, "persistence", value)


def _access_method(s: Subject, command: Node) -> None:
    s.alter("access method", value=command.name)


def _tablespace(s: Subject, command: Node) -> None:
    s.alter("tablespace", value=command.name)
    s.work.use("tablespace", Target(None, command.name))


def _options(s: Subject, command: Node) -> None:
    if command.subtype == _T.AT_ResetRelOptions:
        s.alter("options", value=[option.defname for option in command.def_], reset=True)
    else:
        s.alter("options", value=option_values(command.def_))


def _generic_options(s: Subject, command: Node) -> None:
    s.alter("options", value=foreign_options(command.def_))


_ENABLED = {"Enable": "origin", "EnableAlways": "always", "EnableReplica": "replica"}


def _trigger(s: Subject, command: Node) -> None:
    _switch(s, "trigger", command)


def _rule(s: Subject, command: Node) -> None:
    _switch(s, "rule", command)


def _switch(s: Subject, kind: str, command: Node) -> None:
    word = str(command.subtype.name).removeprefix("AT_").removesuffix("Trig").removesuffix("Rule")
    value = _ENABLED.get(word, "disabled")
    s.work.add(kind, s.target, command.name, "alter", "enabled", {**s.guard, "value": value})


def _all_triggers(s: Subject, command: Node) -> None:
    word = str(command.subtype.name)
    s.alter(
        "enabled",
        value="origin" if "Enable" in word else "disabled",
        triggers="user" if word.endswith("User") else "all",
    )
    if s.table is not None:
        for name in sorted(s.table.triggers):
            value = "origin" if "Enable" in word else "disabled"
            s.work.add(
                "trigger", s.target, name, "alter", "enabled", {"value": value, "implied": True}
            )


def _inherit(s: Subject, command: Node) -> None:
    parent = s.work.relation(command.def_)
    adds = command.subtype == _T.AT_AddInherit
    s.alter("inheritance", parent=parent.text(), value=adds)
    s.work.use("table", parent, None, {"by": "table", "as": "parent"})
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


def _replica_identity(s: Subject, command: Node) -> None:
    identity = command.def_
    word = {"n": "nothing", "f": "full", "d": "default", "i": "index"}[identity.identity_type]
    mark_index(s.work, s.table, "replica identity", identity.name)
    if identity.name:
        s.alter("replica identity", value=word, index=identity.name)
        index = s.target.renamed(identity.name)
        s.work.add("index", index, None, "alter", "replica identity", {"value": True})
    else:
        s.alter("replica identity", value=word)


def _row_security(s: Subject, command: Node) -> None:
    kind = command.subtype
    if kind in (_T.AT_ForceRowSecurity, _T.AT_NoForceRowSecurity):
        s.alter("force row security", value=kind == _T.AT_ForceRowSecurity)
    else:
        s.alter("row security", value=kind == _T.AT_EnableRowSecurity)


# -------------------------------------------------------------------- partitions


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
    if known is not None and s.target.options[0] in known.parents:
        known.parents.remove(s.target.options[0])
        for index, facts in known.indexes.items():
            if facts.pop("part_of", None):
                s.work.add("index", Target(*index), None, "alter", "partition", {"implied": True})


COMMANDS: dict[Any, Command] = {
    _T.AT_AddColumn: _add_column,
    _T.AT_DropColumn: _drop_column,
    _T.AT_ColumnDefault: _default,
    _T.AT_SetNotNull: _set_not_null,
    _T.AT_DropNotNull: _drop_not_null,
    _T.AT_AlterColumnType: _column_type,
    _T.AT_SetExpression: _set_expression,
    _T.AT_DropExpression: _drop_expression,
    _T.AT_SetStatistics: _statistics,
    _T.AT_SetOptions: _column_options,
    _T.AT_ResetOptions: _column_options,
    _T.AT_SetStorage: _storage,
    _T.AT_SetCompression: _compression,
    _T.AT_AlterColumnGenericOptions: _foreign_column_options,
    _T.AT_AddIdentity: _add_identity,
    _T.AT_SetIdentity: _set_identity,
    _T.AT_DropIdentity: _drop_identity,
    _T.AT_AddConstraint: _add_constraint,
    _T.AT_AlterConstraint: _alter_constraint,
    _T.AT_ValidateConstraint: _validate_constraint,
    _T.AT_DropConstraint: _drop_constraint,
    _T.AT_ChangeOwner: _owner,
    _T.AT_ClusterOn: _cluster_on,
    _T.AT_DropCluster: _drop_cluster,
    _T.AT_SetLogged: _persistence,
    _T.AT_SetUnLogged: _persistence,
    _T.AT_SetAccessMethod: _access_method,
    _T.AT_SetTableSpace: _tablespace,
    _T.AT_SetRelOptions: _options,
    _T.AT_ResetRelOptions: _options,
    _T.AT_GenericOptions: _generic_options,
    _T.AT_EnableTrig: _trigger,
    _T.AT_EnableAlwaysTrig: _trigger,
    _T.AT_EnableReplicaTrig: _trigger,
    _T.AT_DisableTrig: _trigger,
    _T.AT_EnableTrigAll: _all_triggers,
    _T.AT_DisableTrigAll: _all_triggers,
    _T.AT_EnableTrigUser: _all_triggers,
    _T.AT_DisableTrigUser: _all_triggers,
    _T.AT_EnableRule: _rule,
    _T.AT_EnableAlwaysRule: _rule,
    _T.AT_EnableReplicaRule: _rule,
    _T.AT_DisableRule: _rule,
    _T.AT_AddInherit: _inherit,
    _T.AT_DropInherit: _inherit,
    _T.AT_AddOf: _of_type,
    _T.AT_DropOf: _of_type,
    _T.AT_ReplicaIdentity: _replica_identity,
    _T.AT_EnableRowSecurity: _row_security,
    _T.AT_DisableRowSecurity: _row_security,
    _T.AT_ForceRowSecurity: _row_security,
    _T.AT_NoForceRowSecurity: _row_security,
    _T.AT_AttachPartition: _attach,
    _T.AT_DetachPartition: _detach,
    _T.AT_DetachPartitionFinalize: _detach,
    _T.AT_DropOids: lambda subject, command: None,
}

INTERNAL = frozenset(kind for kind in _T if kind not in COMMANDS)
"""Kinds of subcommands that the grammar never makes: the server's own work on dependents."""

__all__ = [
    "COLUMN_KINDS",
    "COMMANDS",
    "INTERNAL",
    "Subject",
    "alter_table",
    "drop_constraint",
    "drop_index",
    "foreign_options",
    "role_name",
    "set_not_null",
]
