"""Operators, their classes and families, casts, transforms, conversions, collations, text search,
languages, access methods: what extends SQL itself."""

from __future__ import annotations

from ..loader import ast, enums
from ..model import Json
from .canonical import shortened
from .data_types import define_base_type
from .objects import cast_name, operator_name, transform_name
from .routine import define_aggregate
from .work import (
    Detail,
    Node,
    Target,
    Work,
    name_argument,
    option_values,
    strings,
    type_argument,
)

_O = enums.ObjectType

_PLAIN = {
    _O.OBJECT_COLLATION: "collation",
    _O.OBJECT_TSCONFIGURATION: "text search configuration",
    _O.OBJECT_TSDICTIONARY: "text search dictionary",
    _O.OBJECT_TSPARSER: "text search parser",
    _O.OBJECT_TSTEMPLATE: "text search template",
}

_FUNCTIONS_OF = {
    "text search parser": ("start", "gettoken", "end", "headline", "lextypes"),
    "text search template": ("init", "lexize"),
}


def define(work: Work, node: Node) -> None:
    kind = node.kind
    if kind == _O.OBJECT_AGGREGATE:
        define_aggregate(work, node)
    elif kind == _O.OBJECT_OPERATOR:
        _operator(work, node)
    elif kind == _O.OBJECT_TYPE:
        define_base_type(work, node)
    else:
        _plain(work, node, _PLAIN[kind])


def _plain(work: Work, node: Node, kind: str) -> None:
    target = work.new(strings(node.defnames))
    words = [f"{one.defname} = {work.canonical(one.arg)}" for one in node.definition or ()]
    detail: Detail = {"definition": shortened(", ".join(sorted(words)))}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists(kind, *target.options[0]):
            work.use(kind, target, None, {"if_not_exists": True})
            return
    work.add(kind, target, None, "create", "definition", detail)
    for schema, name in target.options:
        work.scope.created(kind, schema, name)
    for one in node.definition or ():
        _definition_uses(work, kind, one)


def _definition_uses(work: Work, kind: str, option: Node) -> None:
    names = option.arg.names if option.arg.__class__ is ast.TypeName else option.arg
    if names.__class__ is not tuple:
        return
    parts = strings(names)
    if "pg_catalog" in parts[:-1]:
        return
    if option.defname in _FUNCTIONS_OF.get(kind, ()):
        work.routine_use(parts, None, by=kind)
    elif option.defname == "from":
        work.collation_name_use(names, by=kind)
    elif option.defname in ("copy", "parser", "template"):
        family = {
            "copy": "text search configuration",
            "parser": "text search parser",
            "template": "text search template",
        }[option.defname]
        if len(parts) > 1 or parts[0] not in _BUILTIN_TEXT_SEARCH:
            work.use(family, work.reference(parts, family), None, {"by": kind})


_BUILTIN_TEXT_SEARCH = frozenset(
    ("default", "simple", "synonym", "ispell", "thesaurus", "snowball", "english")
)


# -------------------------------------------------------------------- operators


def _operator(work: Work, node: Node) -> None:
    place = work.new(strings(node.defnames))
    left = right = None
    words = []
    for option in node.definition or ():
        if option.defname == "leftarg":
            left = type_argument(work, option)
        elif option.defname == "rightarg":
            right = type_argument(work, option)
        words.append(f"{option.defname} = {work.canonical(option.arg)}")
    target = place.renamed(operator_name(work, place.name, (left, right)))
    detail: Detail = {"definition": shortened(", ".join(sorted(words)))}
    work.add("operator", target, None, "create", "definition", detail)
    for schema, _ in target.options:
        work.scope.created("operator", schema, place.name)
    by: Detail = {"by": "operator"}
    for type_ in (left, right):
        if type_ is not None:
            work.type_use(type_, **by)
    for option in node.definition or ():
        if option.defname in ("function", "procedure"):
            types = ",".join(
                work.type_text(type_, False) for type_ in (left, right) if type_ is not None
            )
            work.routine_use(name_argument(work, option), types, **by)
        elif option.defname in ("restrict", "join"):
            work.routine_use(name_argument(work, option), None, **by)
        elif option.defname in ("commutator", "negator"):
            swapped = (right, left) if option.defname == "commutator" else (left, right)
            _partner(work, target, option, swapped)


def _partner(work: Work, operator: Target, option: Node, operands: tuple[Node, Node]) -> None:
    """The server notes the operator at its partner too, and makes a partner that is not there."""
    place = work.reference(strings(name_argument(work, option)), "operator")
    partner = place.renamed(operator_name(work, place.name, operands))
    if partner.options[0] != operator.options[0]:
        detail: Detail = {"value": operator.text(), "implied": True}
        work.add("operator", partner, None, "alter", option.defname, detail)


def alter_operator(work: Work, node: Node) -> None:
    name = node.opername
    target = work.reference(strings(name.objname), "operator")
    target = target.renamed(operator_name(work, target.name, name.objargs))
    options = {
        option.defname: None if option.arg is None else work.canonical(option.arg)
        for option in node.options
    }
    work.add("operator", target, None, "alter", "options", {"value": dict(options)})


def create_class(work: Work, node: Node) -> None:
    target = work.new(strings(node.opclassname))
    words = [work.canonical(node.datatype), node.amname, work.canonical(node.items)]
    if node.isDefault:
        words.append("default")
    work.add(
        "operator class",
        target,
        None,
        "create",
        "definition",
        {"definition": shortened(" ".join(words)), "access_method": node.amname},
    )
    for schema, name in target.options:
        work.scope.created("operator class", schema, name)
    by: Detail = {"by": "operator class"}
    if node.opfamilyname:
        family = work.reference(strings(node.opfamilyname), "operator family")
        work.use("operator family", family, None, by)
        members = _members(work, node, (node.datatype, node.datatype))
        if members:
            said: Detail = {"value": members, "implied": True, "access_method": node.amname}
            work.add("operator family", family, None, "alter", "options", said)
    else:
        implied: Detail = {"implied": True, "automatic": True, "access_method": node.amname}
        work.add("operator family", target, None, "create", "definition", implied)
        for schema, name in target.options:
            work.scope.created("operator family", schema, name)
    work.type_use(node.datatype, **by)
    _items(work, node, by, node.datatype)


def _items(work: Work, node: Node, by: Detail, type_: Node = None) -> None:
    """Operators and functions; operators of a class are those of its type, unless it says more."""
    for item in node.items or ():
        if item.storedtype is not None:
            work.type_use(item.storedtype, **by)
        if item.name is None:
            continue
        parts = strings(item.name.objname)
        if item.itemtype == 1:
            operands = item.name.objargs or ((type_, type_) if type_ is not None else None)
            if len(parts) > 1 or operands:
                _operator_use(work, parts, operands, by)
        elif item.name.args_unspecified:
            work.routine_use(parts, None, **by)
        else:
            types = ",".join(work.type_text(type_, False) for type_ in item.name.objargs or ())
            work.routine_use(parts, types, **by)


_MEMBERS = {1: "operator", 2: "function"}


def _members(work: Work, node: Node, types: tuple[Node, ...]) -> dict[str, Json]:
    """What a family has under which number and for which types; None for what leaves it."""
    found: dict[str, Json] = {}
    for item in node.items or ():
        if item.itemtype not in _MEMBERS:
            continue
        operands = item.class_args or (item.name.objargs if item.name is not None else ()) or types
        number = f"{_MEMBERS[item.itemtype]} {item.number} {operator_name(work, '', operands)}"
        found[number] = None if item.name is None else ".".join(strings(item.name.objname))
    return found


def _operator_use(work: Work, parts: tuple[str, ...], operands: Node, by: Detail) -> None:
    builtin = all(
        operand is None or work.type_text(operand, False).find(".") < 0
        for operand in operands or ()
    )
    if len(parts) == 1 and builtin:
        return
    target = work.reference(parts, "operator")
    if operands:
        target = target.renamed(operator_name(work, target.name, operands))
    work.use("operator", target, None, by)


def create_family(work: Work, node: Node) -> None:
    target = work.new(strings(node.opfamilyname))
    work.add(
        "operator family",
        target,
        None,
        "create",
        "definition",
        {"definition": f"using {node.amname}", "access_method": node.amname},
    )
    for schema, name in target.options:
        work.scope.created("operator family", schema, name)


def alter_family(work: Work, node: Node) -> None:
    target = work.reference(strings(node.opfamilyname), "operator family")
    detail: Detail = {"value": _members(work, node, ()), "access_method": node.amname}
    work.add("operator family", target, None, "alter", "options", detail)
    if not node.isDrop:
        _items(work, node, {"by": "operator family"})


# -------------------------------------------------------------------- casts and the like


def create_cast(work: Work, node: Node) -> None:
    target = Target(None, cast_name(work, node.sourcetype, node.targettype))
    how = "inout" if node.inout else "binary"
    if node.func is not None:
        how = f"function {'.'.join(strings(node.func.objname))}"
    context = str(node.context.name).removeprefix("COERCION_").lower()
    work.add("cast", target, None, "create", "definition", {"definition": f"{how} {context}"})
    work.type_use(node.sourcetype, by="cast")
    work.type_use(node.targettype, by="cast")
    _routine_use(work, node.func, by="cast")


def _routine_use(work: Work, node: Node, by: str) -> None:
    if node is None:
        return
    types = None
    if not node.args_unspecified:
        types = ",".join(work.type_text(type_, False) for type_ in node.objargs or ())
    work.routine_use(node.objname, types, by=by)


def create_transform(work: Work, node: Node) -> None:
    target = Target(None, transform_name(work, node.type_name, node.lang))
    detail: Detail = {"definition": shortened(work.canonical((node.fromsql, node.tosql)))}
    if node.replace:
        detail["or_replace"] = True
    work.add("transform", target, None, "create", "definition", detail)
    work.type_use(node.type_name, by="transform")
    if node.lang not in ("sql", "plpgsql", "c", "internal"):
        work.use("language", Target(None, node.lang), None, {"by": "transform"})
    _routine_use(work, node.fromsql, by="transform")
    _routine_use(work, node.tosql, by="transform")


def create_conversion(work: Work, node: Node) -> None:
    target = work.new(strings(node.conversion_name))
    text = f"{node.for_encoding_name} to {node.to_encoding_name}"
    text += f" {'.'.join(strings(node.func_name))}{' default' if node.def_ else ''}"
    work.add("conversion", target, None, "create", "definition", {"definition": text})
    for schema, name in target.options:
        work.scope.created("conversion", schema, name)
    work.routine_use(node.func_name, None, by="conversion")


def create_language(work: Work, node: Node) -> None:
    detail: Detail = {"definition": f"language trusted {bool(node.pltrusted)}"}
    if node.replace:
        detail["or_replace"] = True
    work.add("language", Target(None, node.plname), None, "create", "definition", detail)
    for names, types in (
        (node.plhandler, ""),
        (node.plinline, "internal"),
        (node.plvalidator, "oid"),
    ):
        if names:
            work.routine_use(names, types, by="language")


def create_access_method(work: Work, node: Node) -> None:
    kind = {"i": "index", "t": "table"}.get(node.amtype, node.amtype)
    handler = ".".join(strings(node.handler_name))
    work.add(
        "access method",
        Target(None, node.amname),
        None,
        "create",
        "definition",
        {"definition": f"{kind} {handler}"},
    )
    work.routine_use(node.handler_name, "internal", by="access method")


# -------------------------------------------------------------------- ALTER of the same


def alter_collation(work: Work, node: Node) -> None:
    target = work.reference(strings(node.collname), "collation")
    work.add("collation", target, None, "alter", "version", {"value": "refresh"})


def alter_dictionary(work: Work, node: Node) -> None:
    family = "text search dictionary"
    target = work.reference(strings(node.dictname), family)
    value = {
        option.defname: None if option.arg is None else work.canonical(option.arg)
        for option in node.options
    }
    work.add(family, target, None, "alter", "options", {"value": dict(value)})


def alter_configuration(work: Work, node: Node) -> None:
    family = "text search configuration"
    target = work.reference(strings(node.cfgname), family)
    change = str(node.kind.name).removeprefix("ALTER_TSCONFIG_").lower()
    dictionaries = [strings(names) for names in node.dicts or ()]
    detail: Detail = {
        "change": change,
        "tokens": list(strings(node.tokentype or ())),
        "value": [".".join(names) for names in dictionaries],
    }
    if node.missing_ok:
        detail["if_exists"] = True
    work.add(family, target, None, "alter", "mapping", detail)
    for names in dictionaries:
        if len(names) > 1 or not (names[0] == "simple" or names[0].endswith("_stem")):
            kind = "text search dictionary"
            work.use(kind, work.reference(names, kind), None, {"by": family})


__all__ = [
    "alter_collation",
    "alter_configuration",
    "alter_dictionary",
    "alter_family",
    "alter_operator",
    "create_access_method",
    "create_cast",
    "create_class",
    "create_conversion",
    "create_family",
    "create_language",
    "create_transform",
    "define",
    "option_values",
]
