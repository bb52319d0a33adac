"""ALTER TABLE and its kin: one handler for each subcommand."""

from __future__ import annotations

from typing import Any

from ..loader import enums
from ..model import Json
from ..names import Table
from .alter_column import COLUMN_COMMANDS
from .alter_family import FAMILY_COMMANDS
from .columns import Later
from .constraints import create_constraints
from .dropping import drop_constraint
from .foreign_key import create_foreign_keys
from .subject import Command, Subject
from .work import Detail, Node, Target, Work, foreign_options, option_values, role_name

_T = enums.AlterTableType
_CASCADE = enums.DropBehavior.DROP_CASCADE


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


COMMANDS: dict[Any, Command] = {
    **COLUMN_COMMANDS,
    **FAMILY_COMMANDS,
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
    _T.AT_ReplicaIdentity: _replica_identity,
    _T.AT_EnableRowSecurity: _row_security,
    _T.AT_DisableRowSecurity: _row_security,
    _T.AT_ForceRowSecurity: _row_security,
    _T.AT_NoForceRowSecurity: _row_security,
    _T.AT_DropOids: lambda subject, command: None,
}

INTERNAL = frozenset(kind for kind in _T if kind not in COMMANDS)
"""Kinds of subcommands that the grammar never makes: the server's own work on dependents."""

__all__ = ["COMMANDS", "INTERNAL", "WRITTEN_KINDS", "alter_table"]
