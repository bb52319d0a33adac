"""What the handlers of statements share: names resolved, touches collected, uses noted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..loader import ast
from ..model import NO_DETAIL, Action, Json, Touch
from ..names import (
    SERIAL_TYPES,
    TEMPORARY,
    Relation,
    Scope,
    Table,
    is_builtin_type,
    quoted,
    schema_name,
    type_name,
    type_parts,
)
from ..script_error import ScriptError
from ..uses import builtin_names, expression_uses, row_facts
from ..uses.nodes import is_a
from .canonical import canonical

Node = Any
"""A node of pglast's tree, which comes without types."""

Detail = dict[str, Json]


class Target:
    """An object that a statement names: where it is, or all places where it may be."""

    __slots__ = ("schema", "name", "options", "group")

    def __init__(
        self,
        schema: str | None,
        name: str,
        options: tuple[Relation, ...] = (),
        group: int | None = None,
    ) -> None:
        self.schema = schema
        self.name = name
        self.options = options or ((schema, name),)
        self.group = group
        """Number of the set of candidates, when the text does not tell which it is."""

    def text(self) -> str:
        name = quoted(self.name)
        return name if self.schema is None else f"{quoted(self.schema)}.{name}"

    def renamed(self, name: str) -> Target:
        """The same places under another name."""
        return Target(
            self.schema, name, tuple((schema, name) for schema, _ in self.options), self.group
        )

    def moved(self, schema: str) -> Target:
        return Target(schema, self.name)


MOST_TOUCHES = 250_000
"""More than any script of a reasonable length has; a few lines can ask for millions."""

MOST_LOOKS = 1_000_000
"""How often a script may make us look at what it created before, object by object."""


class Work:
    """The footprint of a script while it grows."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.no = scope.statement_no
        self.touches: list[Touch] = []
        self._used: set[Any] = set()
        self._looks = 0
        self.dispatch: Callable[[Work, Node], None] = _no_dispatch
        self.prepared: dict[str, Node] = {}
        self.routines: dict[tuple[str, str | None, str], list[str]] = {}
        """Signatures of routines that the script created, by kind, schema and bare name."""

    def next_statement(self, number: int) -> None:
        if len(self.touches) > MOST_TOUCHES:
            raise _too_much(self.no)
        self.no = self.scope.statement_no = number
        self._used.clear()

    def look_at(self, objects: int) -> None:
        """Count what a statement makes us look at, beyond what is written in it."""
        self._looks += objects
        if self._looks > MOST_LOOKS or len(self.touches) > MOST_TOUCHES:
            raise _too_much(self.no)

    # ---------------------------------------------------------------- names

    def reference(self, parts: Sequence[str], family: str) -> Target:
        """An object that exists already, as far as the text can tell."""
        options = self.scope.resolve(parts, family)
        schema, name = options[0]
        if len(options) == 1:
            return Target(schema, name, options)
        return Target(schema, name, options, self.scope.next_candidate_group())

    def relation(self, node: Node) -> Target:
        """The relation that a RangeVar refers to."""
        schema = node.schemaname
        return self.reference((schema, node.relname) if schema else (node.relname,), "relation")

    def new_relation(self, node: Node) -> Target:
        """The relation that a RangeVar creates."""
        return Target(
            self.scope.creation_schema(node.schemaname, node.relpersistence == "t"), node.relname
        )

    def new(self, parts: Sequence[str]) -> Target:
        """An object other than a relation that is created under a name."""
        schema = parts[-2] if len(parts) > 1 else None
        path = self.scope.search_path
        if schema is None and path and path[0] == TEMPORARY:
            # Temporary objects are relations and types; everything else goes to the next schema.
            schema = next((one for one in path if one != TEMPORARY), None)
            return Target(schema, parts[-1])
        return Target(self.scope.creation_schema(schema), parts[-1])

    def relation_kind(self, target: Target, written: str = "table") -> str:
        """The kind of a relation: what the script made of it, else the word in the statement."""
        table = self.scope.tables.get(target.options[0])
        return table.kind if table is not None else written

    def type_text(self, node: Node, modifiers: bool = True) -> str:
        text = type_name(node, self.scope, modifiers)[1]
        return f"setof {text}" if node.setof and modifiers else text

    def signature(self, name: str, types: Iterable[Node]) -> str:
        """``f(integer,public.mood)``: how a routine is told from others of its name."""
        return f"{name}({','.join([self.type_text(node, False) for node in types])})"

    def unsettled_types(self, nodes: Iterable[Node], by: str) -> None:
        """Note types in a name where only the catalog knows which of several they are."""
        for node in nodes:
            if node is None or node.pct_type or is_builtin_type(type_parts(node)):
                continue
            target = self.reference(type_parts(node), "type")
            if target.group is not None:
                self.use("type", target, None, {"by": by})

    def canonical(self, node: Node) -> str:
        return canonical(node, self.scope)

    # ---------------------------------------------------------------- touches

    def add(
        self,
        kind: str,
        target: Target,
        sub: str | None,
        action: Action,
        facet: str | None,
        detail: Mapping[str, Json] = NO_DETAIL,
    ) -> None:
        if not len(self.touches) % 256:
            self.look_at(0)
            self.scope.interrupts()
        if target.group is None:
            self.touches.append(
                Touch(self.no, kind, target.schema, target.name, sub, action, facet, detail)
            )
            return
        candidate = {**detail, "candidate": target.group}
        for schema, name in target.options:
            self.touches.append(Touch(self.no, kind, schema, name, sub, action, facet, candidate))

    def use(
        self,
        kind: str,
        target: Target,
        sub: str | None = None,
        detail: Mapping[str, Json] = NO_DETAIL,
        facet: str = "reference",
    ) -> None:
        """Note a use once per statement, whoever uses it most."""
        if target.schema in builtin_names.SCHEMAS:
            return
        key = (
            kind,
            target.options,
            sub,
            facet,
            detail.get("by"),
            detail.get("access"),
            _bounds(detail),
        )
        if key not in self._used:
            self._used.add(key)
            self.add(kind, target, sub, "use", facet, detail)

    def type_use(self, node: Node, **detail: Json) -> Target | None:
        """Note the type that a definition is made of, unless PostgreSQL brings it."""
        names = node.names
        if len(names) == 2 and names[0].sval == "pg_catalog":
            return None
        parts = type_parts(node)
        if node.pct_type:
            if len(parts) > 1:
                target = self.reference(parts[:-1], "relation")
                self.use("table", target, None, detail)
                self.use("table column", target, parts[-1], detail)
            return None
        if is_builtin_type(parts) or (len(parts) == 1 and parts[0] in SERIAL_TYPES):
            return None
        type_ = self.reference(parts, "type")
        self.use("type", type_, None, detail)
        return type_

    def collation_use(self, node: Node, **detail: Json) -> Target | None:
        return None if node is None else self.collation_name_use(node.collname, **detail)

    def collation_name_use(self, names: Sequence[Node], **detail: Json) -> Target | None:
        parts = strings(names)
        if len(parts) == 1 and parts[0] in builtin_names.COLLATIONS:
            return None
        if "." in parts[-1] or parts[-1].endswith("-x-icu"):
            return None
        collation = self.reference(parts, "collation")
        self.use("collation", collation, None, detail)
        return collation

    def routine_use(
        self, names: Sequence[Node] | Sequence[str], types: str | None, **detail: Json
    ) -> None:
        """Note the use of a routine, whose argument types are known (``"integer,text"``) or not."""
        parts = strings(names)
        if len(parts) == 1 and (
            parts[0] in builtin_names.FUNCTIONS or parts[0] in BUILTIN_TRIGGER_FUNCTIONS
        ):
            return
        target = self.reference(parts, "routine")
        if types is not None:
            target = target.renamed(f"{target.name}({types})")
        self.use("function", target, None, detail)

    def role_use(self, role: Node, **detail: Json) -> None:
        name = getattr(role, "rolename", None)
        if name is not None:
            self.use("role", Target(None, name), None, detail)

    def extend(self, touches: Iterable[Touch], **detail: Json) -> None:
        """Take over what the uses of a part are, saying what kind of object has that part."""
        for touch in touches:
            key = (
                touch.kind,
                touch.schema,
                touch.name,
                touch.sub,
                touch.facet,
                detail.get("by"),
                touch.detail.get("access"),
                touch.detail.get("body"),
                touch.detail.get("only"),
                _bounds(touch.detail),
            )
            if touch.action == "use" and "candidate" not in touch.detail:
                if key in self._used:
                    continue
                self._used.add(key)
            if detail:
                touch = touch._replace(detail={**touch.detail, **detail})
            self.touches.append(touch)

    def expression(
        self, node: Node, target: Target | None = None, own: bool = True, /, **detail: Json
    ) -> None:
        """Note what an expression uses; bare names are columns of the target."""
        if node is None or node.__class__ is ast.A_Const:
            return
        relations = target.options if target is not None else ()
        touches = expression_uses(node, self.scope, relations)
        if not touches:
            return
        if target is None or not own:
            self.extend(touches, **detail)
            return
        places = set(target.options)
        inside = [touch for touch in touches if (touch.schema, touch.name) in places]
        if inside:
            compared = row_facts.compared(node)
            for touch in inside:
                fits: Detail = {"compared": True} if touch.sub in compared else {}
                self.extend([touch], own=True, expression=True, **fits, **detail)
            touches = [touch for touch in touches if (touch.schema, touch.name) not in places]
        self.extend(touches, **detail)

    # ---------------------------------------------------------------- what the script has made

    def table(self, target: Target) -> Table | None:
        """What the script knows of a relation: nothing unless it created it."""
        return self.scope.tables.get(target.options[0])

    def descendants(self, table: Table | None) -> list[Target]:
        """Partitions and heirs that the script itself has made, at every depth."""
        found: dict[Relation, None] = {}
        stack = list(reversed(table.children)) if table is not None else []
        while stack:
            self.look_at(1)
            place = stack.pop()
            if place in found:
                continue
            found[place] = None
            child = self.scope.tables.get(place)
            if child is not None:
                stack.extend(reversed(child.children))
        return [Target(schema, name) for schema, name in found]

    def disown(self, sequence: Target) -> None:
        """The sequence is no column's any more."""
        known = self.table(sequence)
        owner = known.owner if known is not None else None
        for column in owner.columns.values() if owner is not None else ():
            if column.sequence == sequence.options[0]:
                column.sequence = None

    def forget_relation(self, target: Target) -> Table | None:
        """The relation is gone: its names are free again."""
        for schema, name in target.options:
            self.scope.dropped("relation", schema, name)
            self.scope.dropped("type", schema, name)
        schema, name = target.options[0]
        table = self.scope.tables.pop((schema, name), None)
        if table is not None:
            for constraint in table.constraints:
                self.scope.constraint_removed(schema, constraint)
            for parent in table.parents:
                kept = self.scope.tables.get(parent)
                if kept is not None and (schema, name) in kept.children:
                    kept.children.remove((schema, name))
        return table


def _bounds(detail: Mapping[str, Json]) -> str | None:
    """Each partition is a use of its own: a block may make several."""
    return repr(detail["bounds"]) if "bounds" in detail else None


def _too_much(statement_no: int) -> ScriptError:
    return ScriptError(
        "54000",
        "schema changes touch too much",
        f"up to statement {statement_no} they touch more than {MOST_TOUCHES} objects, or move "
        "large numbers of them again and again",
        "hand them in as several intents",
    )


def _no_dispatch(work: Work, node: Node) -> None:
    raise NotImplementedError("the registry sets this")


BUILTIN_TRIGGER_FUNCTIONS = frozenset(
    (
        "suppress_redundant_updates_trigger",
        "tsvector_update_trigger",
        "tsvector_update_trigger_column",
    )
)


def strings(nodes: Iterable[Any]) -> tuple[str, ...]:
    """The texts of a list of String nodes."""
    return tuple([node if node.__class__ is str else node.sval for node in nodes])


def name_argument(work: Work, option: Node) -> tuple[Node, ...]:
    """The name that an option of a definition gives; no other value will do for the server."""
    value = option.arg
    if value.__class__ is tuple:
        return tuple(value)
    if is_a(value, ast.TypeName):
        return tuple(value.names)
    if is_a(value, ast.String):
        return (value,)
    raise _wrong_argument(work, option, "a name")


def type_argument(work: Work, option: Node) -> Node:
    """The type that an option of a definition gives."""
    if is_a(option.arg, ast.TypeName):
        return option.arg
    if is_a(option.arg, ast.String):
        return ast.TypeName(names=(option.arg,))
    raise _wrong_argument(work, option, "a type name")


def _wrong_argument(work: Work, option: Node, expected: str) -> ScriptError:
    return ScriptError(
        "42601",
        f"argument of {option.defname} must be {expected}",
        f"in statement {work.no}",
        f"write {option.defname} = {expected}",
    )


def qualified(schema: str | None, name: str) -> str:
    return quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"


def place(target: Target) -> Json:
    """A target as a value in a detail."""
    return {"schema": target.schema, "name": target.name}


def option_value(node: Node) -> Json:
    """The value of a DefElem as JSON."""
    value = node.arg
    if value is None:
        return True
    value_class = value.__class__
    if value_class is ast.String:
        return str(value.sval)
    if value_class is ast.Integer:
        return int(value.ival)
    if value_class is ast.Float:
        return str(value.fval)
    if value_class is ast.Boolean:
        return bool(value.boolval)
    if value_class is tuple:
        return [option_value_of(item) for item in value]
    return option_value_of(value)


def option_value_of(value: Any) -> Json:
    """A value as JSON, whatever node it comes in."""
    for attribute in ("sval", "ival", "fval", "boolval"):
        found = getattr(value, attribute, None)
        if found is not None:
            return found  # type: ignore[no-any-return]
    if is_a(value, ast.TypeName):
        return ".".join(strings(value.names))
    if value.__class__ is ast.DefElem:
        return str(value.defname)
    return str(value)


def option_values(options: Iterable[Node] | None) -> dict[str, Json]:
    return {option.defname: option_value(option) for option in options or ()}


def role_name(role: Node) -> str:
    """A role as written; PUBLIC and CURRENT_USER under their keywords."""
    name = getattr(role, "rolename", None)
    if name is not None:
        return str(name)
    return str(role.roletype.name).removeprefix("ROLESPEC_").lower()


def foreign_options(options: Any) -> Detail:
    """OPTIONS (ADD …, SET …, DROP …) of foreign objects."""
    result: Detail = {}
    for option in options or ():
        action = option.defaction.name.removeprefix("DEFELEM_").lower()
        result[option.defname] = None if action == "drop" else option_value(option)
    return result


__all__ = [
    "Detail",
    "Node",
    "Target",
    "Work",
    "foreign_options",
    "option_value",
    "option_values",
    "place",
    "qualified",
    "role_name",
    "schema_name",
    "strings",
]
