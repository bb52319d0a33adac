"""A column definition -> the column, its sequence, and constraints that wait for the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..loader import ast, enums
from ..model import Json
from ..names import SERIAL_TYPES, Column, Table, quoted, setting_values
from .automatic_names import relation_name
from .canonical import literal, shortened
from .work import Detail, Node, Target, Work, option_values, place, qualified, strings

_C = enums.ConstrType

_ATTRIBUTES = {
    _C.CONSTR_ATTR_DEFERRABLE: "deferrable",
    _C.CONSTR_ATTR_NOT_DEFERRABLE: "",
    _C.CONSTR_ATTR_DEFERRED: "initially deferred",
    _C.CONSTR_ATTR_IMMEDIATE: "",
    _C.CONSTR_ATTR_ENFORCED: "",
    _C.CONSTR_ATTR_NOT_ENFORCED: "not enforced",
}
"""What the parser leaves as items of their own behind the constraint that they belong to."""

_WITH_ATTRIBUTES = frozenset(
    (_C.CONSTR_PRIMARY, _C.CONSTR_UNIQUE, _C.CONSTR_EXCLUSION, _C.CONSTR_FOREIGN, _C.CONSTR_CHECK)
)


class Pending(NamedTuple):
    """A constraint as written, with the column that it stands at."""

    node: Node
    column: str | None
    attributes: tuple[str, ...]


class Later:
    """Constraints of a table, by the order in which the server makes them."""

    __slots__ = ("checks", "indexes", "foreign_keys", "not_nulls")

    def __init__(self) -> None:
        self.checks: list[Pending] = []
        self.indexes: list[Pending] = []
        self.foreign_keys: list[Pending] = []
        self.not_nulls: list[Pending] = []

    def add(self, node: Node, column: str | None, attributes: Sequence[str] = ()) -> None:
        kind = node.contype
        pending = Pending(node, column, tuple(attributes))
        if kind == _C.CONSTR_CHECK:
            self.checks.append(pending)
        elif kind == _C.CONSTR_FOREIGN:
            self.foreign_keys.append(pending)
        elif kind in (_C.CONSTR_PRIMARY, _C.CONSTR_UNIQUE, _C.CONSTR_EXCLUSION):
            self.indexes.append(pending)
        elif kind == _C.CONSTR_NOTNULL:
            self.not_nulls.append(pending)


def create_column(
    work: Work,
    target: Target,
    table: Table | None,
    kind: str,
    node: Node,
    later: Later,
    extra: Detail | None = None,
) -> None:
    """Touch a new column, the types and functions it uses, and the sequence behind it."""
    name = node.colname
    type_node = node.typeName
    detail: Detail = {}
    words: list[str] = []
    serial = None
    column = Column()
    if type_node is not None:
        names = type_node.names
        if len(names) == 1 and not type_node.arrayBounds:
            serial = SERIAL_TYPES.get(names[0].sval)
        column.type = serial or work.type_text(type_node)
        detail["type"] = column.type
        words.append(column.type)
        if serial is None:
            column.needs = made_of(work, node, f"{kind} column")
    if node.collClause is not None:
        words.append("collate " + ".".join(strings(node.collClause.collname)))
    if serial is not None:
        column.not_null = True
        sequence = create_sequence_of(work, target, name, serial, ())
        column.sequence = (sequence.schema, sequence.name)
        text = qualified(sequence.schema, sequence.name)
        column.default = f"nextval({literal(text)}::regclass)"
    if node.constraints:
        _column_constraints(work, target, column, kind, node, later, detail, words)
    for attribute in ("storage_name", "compression"):
        value = getattr(node, attribute)
        if value:
            words.append(f"{attribute.partition('_')[0]} {value.lower()}")
    if node.fdwoptions:
        options = option_values(node.fdwoptions)
        detail["options"] = options
        words.append(f"options {sorted(options.items())}")
    if column.not_null:
        detail["not_null"] = True
        words.append("not null")
    if column.default is not None:
        detail["default"] = column.default
        words.append(f"default {column.default}")
    if column.sequence is not None:
        detail["sequence"] = {"schema": column.sequence[0], "name": column.sequence[1]}
    detail["definition"] = shortened(" ".join(words))
    if extra:
        detail.update(extra)
    work.add(f"{kind} column", target, name, "create", "definition", detail)
    if table is not None:
        table.columns[name] = column


def made_of(work: Work, node: Node, by: str) -> tuple[tuple[str, Target], ...]:
    """Note the type and the collation in a column's definition; what others take over with it."""
    type_ = work.type_use(node.typeName, by=by)
    collation = work.collation_use(node.collClause, by=by)
    needs = (("type", type_), ("collation", collation))
    return tuple([(kind, part) for kind, part in needs if part is not None])


def use_needs(work: Work, column: Column, by: str) -> None:
    """Note what a column that the script made is made of, if it is still called so."""
    for kind, part in column.needs:
        if not work.scope.is_gone(kind, *part.options[0]):
            work.use(kind, part, None, {"by": by})


def _column_constraints(
    work: Work,
    target: Target,
    column: Column,
    kind: str,
    node: Node,
    later: Later,
    detail: Detail,
    words: list[str],
) -> None:
    name = node.colname
    constraints = node.constraints
    for index, constraint in enumerate(constraints):
        what = constraint.contype
        if what == _C.CONSTR_NOTNULL:
            column.not_null = True
            if constraint.conname:
                later.add(constraint, name)
        elif what == _C.CONSTR_DEFAULT:
            column.default = work.canonical(constraint.raw_expr)
            column.expression = constraint.raw_expr
            work.expression(constraint.raw_expr, None, by="default value")
        elif what == _C.CONSTR_GENERATED:
            stored = "virtual" if constraint.generated_kind == "v" else "stored"
            text = work.canonical(constraint.raw_expr)
            column.generated = text
            column.expression = constraint.raw_expr
            detail["generated"] = f"{text} {stored}"
            words.append(f"generated always as {text} {stored}")
            work.expression(constraint.raw_expr, target, by="generated column")
        elif what == _C.CONSTR_IDENTITY:
            always = "always" if constraint.generated_when == "a" else "by default"
            column.not_null = True
            detail["identity"] = always
            words.append(f"generated {always} as identity")
            sequence = create_sequence_of(work, target, name, column.type, constraint.options or ())
            column.sequence = (sequence.schema, sequence.name)
        elif what in _WITH_ATTRIBUTES:
            attributes: list[str] = []
            for follower in constraints[index + 1 :]:
                word = _ATTRIBUTES.get(follower.contype)
                if word is None:
                    break
                if word:
                    attributes.append(word)
            later.add(constraint, name, attributes)
            if what == _C.CONSTR_PRIMARY:
                column.not_null = True


def create_sequence_of(
    work: Work, target: Target, column: str, type_: str, options: Sequence[Node]
) -> Target:
    """The sequence behind a serial or identity column, under the name that the server chooses."""
    given = next((option for option in options if option.defname == "sequence_name"), None)
    scope = work.scope
    automatic = given is None
    if given is not None:
        parts = strings(given.arg)
        schema = parts[-2] if len(parts) > 1 else target.schema
        sequence = Target(schema, parts[-1])
    else:
        sequence = target.renamed(relation_name(scope, target.schema, target.name, column, "seq"))
    others = [option for option in options if option.defname != "sequence_name"]
    values = option_values(others)
    detail: Detail = {
        "definition": shortened(
            f"as {type_} {sorted(values.items())}" if values else f"as {type_}"
        ),
        "implied": True,
        "owned_by": {**_as_dict(place(target)), "column": column},
    }
    if automatic:
        detail["automatic"] = True
    work.add("sequence", sequence, None, "create", "definition", detail)
    note_sequence(work, sequence)
    work.scope.tables[sequence.options[0]].owner = work.table(target)
    return sequence


def note_sequence(work: Work, sequence: Target) -> None:
    scope = work.scope
    for schema, name in sequence.options:
        scope.created("relation", schema, name)
        scope.tables[(schema, name)] = Table("sequence")


def _as_dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def copy_column(
    work: Work,
    target: Target,
    table: Table,
    kind: str,
    name: str,
    column: Column,
    origin: str,
    *,
    defaults: bool = True,
    generated: bool = True,
) -> None:
    """A column that comes from a parent or from LIKE."""
    copied = Column(
        column.type,
        column.not_null,
        None,
        column.default if defaults else None,
        column.generated if generated else None,
    )
    words = [copied.type]
    detail: Detail = {"type": copied.type, "implied": True, "from": origin}
    if copied.generated is not None:
        detail["generated"] = copied.generated
        words.append(f"generated always as {copied.generated}")
    if copied.not_null:
        detail["not_null"] = True
        words.append("not null")
    if copied.default is not None:
        detail["default"] = copied.default
        words.append(f"default {copied.default}")
    detail["definition"] = shortened(" ".join(words))
    work.add(f"{kind} column", target, name, "create", "definition", detail)
    table.columns[name] = copied
    copied.needs = column.needs
    use_needs(work, column, f"{kind} column")
    if copied.generated is not None or copied.default is not None:
        copied.expression = column.expression
        own = target if copied.generated is not None else None
        work.expression(column.expression, own, by="default value")
        if column.sequence is not None:
            work.use("sequence", Target(*column.sequence), None, {"by": "default value"})


__all__ = [
    "Later",
    "Pending",
    "ast",
    "copy_column",
    "create_column",
    "create_sequence_of",
    "note_sequence",
    "quoted",
    "setting_values",
]
