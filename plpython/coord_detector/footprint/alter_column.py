"""ALTER TABLE ... COLUMN: one handler for each subcommand."""

from __future__ import annotations

from typing import Any

from ..loader import enums
from ..names import Column
from . import automatic_names as names
from .cascade import column_dropped
from .columns import Later, create_column, create_sequence_of, made_of, use_needs
from .constraints import create_constraints
from .dropping import drop_column, drop_sequence, drop_with_column
from .foreign_key import create_foreign_keys
from .retyping import column_retyped
from .subject import Command, Subject
from .work import Detail, Node, Target, foreign_options, option_values, strings

_T = enums.AlterTableType
_CASCADE = enums.DropBehavior.DROP_CASCADE


def _add_column(s: Subject, command: Node) -> None:
    work, definition = s.work, command.def_
    later = Later()
    extra = dict(s.guard)
    if command.missing_ok:
        extra["if_not_exists"] = True
        if s.table is not None and definition.colname in s.table.columns:
            work.use(s.column_kind, s.target, definition.colname, {"if_not_exists": True})
            return
    if command.behavior == _CASCADE:
        extra["cascade"] = True
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
    drop_with_column(s.work, s.target, command.name)
    for child in heirs:
        drop_column(s.work, child, command.name, {"implied": True})
    if command.behavior == _CASCADE:
        column_dropped(s.work, s.target, command.name)


def _default(s: Subject, command: Node) -> None:
    if command.def_ is None:
        s.column(command.name, "default", value=None)
    else:
        s.column(command.name, "default", value=s.work.canonical(command.def_))
        s.work.expression(command.def_, None, by="default value")
    if s.table is not None and command.name in s.table.columns:
        column = s.table.columns[command.name]
        column.expression = command.def_
        if command.def_ is not None:
            use_needs(s.work, column, "default value")  # what the value is turned into
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
    if definition.raw_default is not None:
        detail["using"] = s.work.canonical(definition.raw_default)
    if command.behavior == _CASCADE:
        detail["cascade"] = True
    s.column(command.name, "type", **detail)
    needs = made_of(s.work, definition, s.column_kind)
    if definition.raw_default is not None:
        s.work.expression(definition.raw_default, s.target, by="conversion")
    _becomes(s, s.target, command.name, type_, needs)
    for child in s.children():
        s.work.add(
            s.column_kind, child, command.name, "alter", "type", {"value": type_, "implied": True}
        )
        _becomes(s, child, command.name, type_, needs)


def _becomes(
    s: Subject, target: Target, name: str, type_: str, needs: tuple[tuple[str, Target], ...]
) -> None:
    table = s.work.table(target)
    if table is None or name not in table.columns:
        return
    column = table.columns[name]
    former = Column(column.type)
    former.needs = column.needs
    column.type, column.needs = type_, needs
    column_retyped(s.work, target, table, name, former)


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
        s.work.use(s.column_kind, s.target, command.name, {"by": "identity"})


def _drop_identity(s: Subject, command: Node) -> None:
    detail: Detail = {"value": None}
    if command.missing_ok:
        detail["if_exists"] = True
        column = s.table.columns.get(command.name) if s.table is not None else None
        if column is not None and (column.sequence is None or column.default is not None):
            s.work.use(s.column_kind, s.target, command.name, {"if_exists": True})
            return
    s.column(command.name, "identity", **detail)
    sequence, known = _sequence_of(s, command.name)
    drop_sequence(s.work, sequence, known, command.missing_ok)


COLUMN_COMMANDS: dict[Any, Command] = {
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
}
