"""Functions, procedures, aggregates."""

from __future__ import annotations

from collections.abc import Sequence

from ..loader import ast, enums
from ..model import Json
from ..names import Relation, type_parts
from ..uses import routine_body_uses
from ..uses.nodes import is_a
from .canonical import full_text, literal, shortened
from .objects import note_routine, routine
from .work import Detail, Node, Target, Work, name_argument, option_value, option_value_of, strings

_MODE = enums.FunctionParameterMode
_INPUT = frozenset(
    (
        _MODE.FUNC_PARAM_IN,
        _MODE.FUNC_PARAM_INOUT,
        _MODE.FUNC_PARAM_VARIADIC,
        _MODE.FUNC_PARAM_DEFAULT,
    )
)

_OUTPUT = frozenset((_MODE.FUNC_PARAM_OUT, _MODE.FUNC_PARAM_INOUT, _MODE.FUNC_PARAM_TABLE))

_BUILTIN_LANGUAGES = frozenset(("sql", "plpgsql", "c", "internal"))


def create_function(work: Work, node: Node) -> None:
    kind = "procedure" if node.is_procedure else "function"
    parts = strings(node.funcname)
    place = work.new(parts)
    parameters = node.parameters or ()
    inputs = [one.argType for one in parameters if one.mode in _INPUT]
    target = place.renamed(work.signature(place.name, inputs))
    detail: Detail = {}
    if node.replace:
        detail["or_replace"] = True
    if node.returnType is not None:
        detail["returns"] = work.type_text(node.returnType, False)
    detail["definition"] = _definition(work, node, parameters)
    names: list[Json] = [one.name for one in parameters if one.mode in _INPUT]
    if any(names):
        detail["arguments"] = names
    if any(one.defexpr is not None for one in parameters):
        detail["has_defaults"] = True
    if any(one.mode == _MODE.FUNC_PARAM_VARIADIC for one in parameters):
        detail["variadic"] = True
    for option in node.options or ():
        if option.defname == "language":
            detail["language"] = option.arg.sval
    work.add(kind, target, None, "create", "definition", detail)
    note_routine(work, kind, target, place.name)
    _note_result(work, place.options[0], node)
    by: Detail = {"by": kind}
    for parameter in parameters:
        work.type_use(parameter.argType, **by)
        work.expression(parameter.defexpr, None, **by)
    if node.returnType is not None:
        work.type_use(node.returnType, **by)
    for option in node.options or ():
        if option.defname == "language" and option.arg.sval not in _BUILTIN_LANGUAGES:
            work.use("language", Target(None, option.arg.sval), None, by)
        elif option.defname == "support":
            work.routine_use(option.arg, None, **by)
        elif option.defname == "transform":
            for type_ in option.arg:
                work.type_use(type_, **by)
    work.extend(routine_body_uses(node, work.scope), **by)


def _note_result(work: Work, name: Relation, node: Node) -> None:
    """Remember what columns a call in FROM has."""
    columns: tuple[str, ...] | None = tuple(
        [one.name or f"column{no}" for no, one in enumerate(_returned(node), 1)]
    )
    if not columns and node.returnType is not None and not node.returnType.pct_type:
        options = work.scope.resolve(type_parts(node.returnType), "type")
        table = work.scope.tables.get(options[0])
        columns = tuple(table.columns) if table is not None and table.complete else None
    known = work.scope.returned
    known[name] = columns if known.get(name, columns) == columns else None


def _returned(node: Node) -> list[Node]:
    return [one for one in node.parameters or () if one.mode in _OUTPUT]


def _definition(work: Work, node: Node, parameters: Sequence[Node]) -> str:
    scope = work.scope
    arguments = []
    for one in parameters:
        text = f"{one.mode.value} {one.name or ''} {work.type_text(one.argType, False)}"
        if one.defexpr is not None:
            text += f" default {full_text(one.defexpr, scope)}"
        arguments.append(text)
    options = sorted(
        f"{option.defname} {_option_text(work, option)}" for option in node.options or ()
    )
    returns = work.type_text(node.returnType, False) if node.returnType is not None else ""
    setof = "setof " if node.returnType is not None and node.returnType.setof else ""
    body = full_text(node.sql_body, scope) if node.sql_body is not None else ""
    return shortened(
        f"({', '.join(arguments)}) returns {setof}{returns} {'; '.join(options)} {body}".rstrip()
    )


def _option_text(work: Work, option: Node) -> str:
    if option.defname == "as":
        return " ".join(literal(part.sval) for part in option.arg)
    return work.canonical(option.arg)


_FACETS = {"set": "configuration"}


def alter_function(work: Work, node: Node) -> None:
    words = {
        enums.ObjectType.OBJECT_FUNCTION: "function",
        enums.ObjectType.OBJECT_PROCEDURE: "procedure",
        enums.ObjectType.OBJECT_ROUTINE: "routine",
        enums.ObjectType.OBJECT_AGGREGATE: "aggregate",
    }
    kind, target, _ = routine(work, words[node.objtype], node.func)
    for action in node.actions:
        name = action.defname
        if name == "set":
            setting = action.arg
            value: Json = {setting.name or "all": _setting(setting)}
        else:
            value = option_value(action)
        work.add(kind, target, None, "alter", _FACETS.get(name, name), {"value": value})
        if name == "support" and action.arg is not None:
            work.routine_use(action.arg, None, by=kind)


def _setting(node: Node) -> Json:
    if not node.args:
        return None
    return [option_value_of(getattr(argument, "val", argument)) for argument in node.args]


# -------------------------------------------------------------------- aggregates


_SUPPORT = frozenset(
    (
        "sfunc",
        "finalfunc",
        "combinefunc",
        "serialfunc",
        "deserialfunc",
        "msfunc",
        "minvfunc",
        "mfinalfunc",
        "sfunc1",
    )
)
_TYPES = frozenset(("stype", "mstype", "stype1", "basetype"))


def define_aggregate(work: Work, node: Node) -> None:
    place = work.new(strings(node.defnames))
    types = _old_style(node) if node.oldstyle else _arguments(node.args)
    target = place.renamed(work.signature(place.name, types))
    words = []
    by: Detail = {"by": "aggregate"}
    for option in node.definition or ():
        words.append(f"{option.defname} = {work.canonical(option.arg)}")
    detail: Detail = {"definition": shortened(", ".join(sorted(words)))}
    if node.replace:
        detail["or_replace"] = True
    work.add("aggregate", target, None, "create", "definition", detail)
    note_routine(work, "aggregate", target, place.name)
    for type_ in types:
        work.type_use(type_, **by)
    for option in node.definition or ():
        if option.defname in _SUPPORT and is_a(option.arg, ast.TypeName):
            work.routine_use(option.arg.names, None, **by)
        elif option.defname in _TYPES and is_a(option.arg, ast.TypeName):
            work.type_use(option.arg, **by)
        elif option.defname == "sortop":
            parts = strings(name_argument(work, option))
            if len(parts) > 1:
                work.use("operator", work.reference(parts, "operator"), None, by)


def _old_style(node: Node) -> list[Node]:
    for option in node.definition or ():
        if option.defname == "basetype":
            names: Sequence[Node] = option.arg.names if is_a(option.arg, ast.TypeName) else ()
            if len(names) == 1 and names[0].sval.lower() == "any":
                return []
            return [option.arg] if names else []
    return []


def _arguments(args: Sequence[Node] | None) -> list[Node]:
    """Direct and aggregated arguments in one row; a variadic one that is both counts once."""
    if not args or not args[0]:
        return []
    parameters = list(args[0])
    direct = args[1].ival if len(args) > 1 and hasattr(args[1], "ival") else -1
    if 0 < direct < len(parameters):
        first, last = parameters[direct - 1], parameters[-1]
        if (
            first.mode == _MODE.FUNC_PARAM_VARIADIC
            and last.mode == _MODE.FUNC_PARAM_VARIADIC
            and direct == len(parameters) - 1
        ):
            parameters.pop()
    return [parameter.argType for parameter in parameters]
