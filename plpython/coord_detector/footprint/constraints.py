"""Constraints of tables -> the constraint, its index, and what it uses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..loader import ast, enums
from ..model import Json
from ..names import Relation, Table, quoted
from ..uses import row_facts
from ..uses.nodes import child_names, is_a
from . import automatic_names as names
from .canonical import full_text, shortened
from .columns import Later, Pending
from .referenced_key import use_of_key
from .work import Detail, Node, Target, Work, option_values, place, strings

_C = enums.ConstrType

_TYPES = {
    _C.CONSTR_CHECK: "check",
    _C.CONSTR_PRIMARY: "primary key",
    _C.CONSTR_UNIQUE: "unique",
    _C.CONSTR_EXCLUSION: "exclusion",
    _C.CONSTR_FOREIGN: "foreign key",
    _C.CONSTR_NOTNULL: "not null",
}


Heirs = Sequence[Target]
"""Partitions and children that get a table's constraints as well: none for ONLY."""


def create_constraints(
    work: Work,
    target: Target,
    table: Table | None,
    kind: str,
    later: Later,
    new_table: bool,
    heirs: Heirs = (),
) -> None:
    """Make what was put off until all columns are there; foreign keys come last of all."""
    for pending in later.checks:
        create_check(work, target, table, kind, pending, heirs)
    for pending in later.not_nulls:
        name_not_null(work, target, table, pending, heirs)
    for pending in _without_repetitions(later.indexes) if new_table else later.indexes:
        create_index_constraint(work, target, table, kind, pending, new_table, heirs)


def partitions(table: Table | None, heirs: Heirs) -> Heirs:
    """Keys go down to partitions, not to children."""
    return heirs if table is not None and table.partitioned else ()


def added(
    work: Work, target: Target, table: Table | None, name: str, facts: dict[str, Any]
) -> None:
    for schema, _ in target.options:
        work.scope.constraint_added(schema, name)
    if table is not None:
        table.constraints[name] = facts


def suffix(pending: Pending) -> str:
    node = pending.node
    words = list(pending.attributes)
    if node.deferrable and "deferrable" not in words:
        words.insert(0, "deferrable")
    if node.initdeferred and "initially deferred" not in words:
        words.append("initially deferred")
    if "initially deferred" in words and "deferrable" not in words:
        words.insert(0, "deferrable")
    if node.contype in (_C.CONSTR_CHECK, _C.CONSTR_FOREIGN, _C.CONSTR_NOTNULL):
        if node.skip_validation:
            words.append("not valid")
        # The grammar leaves the flag unset at NOT NULL, which is always enforced.
        enforced = node.is_enforced or node.contype == _C.CONSTR_NOTNULL
        if not enforced and "not enforced" not in words:
            words.append("not enforced")
    return "".join(" " + word for word in words)


def implied_constraint(
    work: Work,
    child: Target,
    table: Table | None,
    name: str,
    facts: dict[str, Any],
    detail: Detail,
) -> None:
    """A constraint that comes from a parent, with what it needs."""
    work.add("table constraint", child, name, "create", "definition", {**detail, "implied": True})
    added(work, child, table, name, facts)
    by: Detail = {"by": "table constraint", "constraint": name}
    use_own_columns(work, child, facts["columns"], by)
    work.expression(facts.get("expression"), child, **by)
    referenced = facts.get("referenced")
    if referenced is not None:
        for column in facts["keys"] or ():
            work.use("table column", referenced, column, by)
        use_of_key(work, referenced, facts["keys"], {**by, "by_columns": True})


def use_of_whole(work: Work, index: Relation, table: Relation, constraint: str | None) -> None:
    """A partition's index hangs on that of the partitioned table, and its constraint as well."""
    work.use("index", Target(*index), None, {"by": "index"})
    if constraint is not None:
        work.use("table constraint", Target(*table), constraint, {"by": "index"})


def use_own_columns(
    work: Work, target: Target, columns: Iterable[str | None], detail: Detail
) -> None:
    for column in columns:
        if column is not None:
            work.use("table column", target, column, {**detail, "own": True})


def columns_in(expression: Node, most: int = 1000) -> list[str | None]:
    """The distinct columns that an expression names, in the order of the text."""
    found: dict[str | None, None] = {}
    stack = [expression]
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if node.__class__ is tuple:
            stack.extend(reversed(node))
        elif is_a(node, ast.ColumnRef):
            last = node.fields[-1]
            found[last.sval if last.__class__ is ast.String else None] = None
            if len(found) > most:
                break
        else:
            for name in child_names(node.__class__):
                child = getattr(node, name)
                if child is not None:
                    stack.append(child)
    return list(found)


def as_json(values: Sequence[str | None]) -> list[Json]:
    return list(values)


# -------------------------------------------------------------------- CHECK, NOT NULL


def create_check(
    work: Work, target: Target, table: Table | None, kind: str, pending: Pending, heirs: Heirs
) -> None:
    node = pending.node
    columns = columns_in(node.raw_expr)
    automatic = not node.conname
    if automatic:
        single = columns[0] if len(columns) == 1 else None
        name = names.constraint_name(work.scope, target.schema, target.name, single, "check")
    else:
        name = node.conname
    text = f"check {full_text(node.raw_expr, work.scope)}"
    if node.is_no_inherit:
        text += " no inherit"
    known = [column for column in columns if column is not None]
    detail: Detail = {
        "definition": shortened(text + suffix(pending)),
        "constraint_type": "check",
        "columns": as_json(known),
    }
    if automatic:
        detail["automatic"] = True
    if node.skip_validation:
        detail["not_valid"] = True
    detail["demands"] = row_facts.condition(node.raw_expr)["where"]
    work.add("table constraint", target, name, "create", "definition", detail)
    work.expression(node.raw_expr, target, by="table constraint", constraint=name)
    facts = {"type": "check", "columns": known, "no_inherit": bool(node.is_no_inherit)}
    facts["expression"] = node.raw_expr
    added(work, target, table, name, facts)
    for child in () if node.is_no_inherit else heirs:
        implied_constraint(work, child, work.table(child), name, dict(facts), detail)


def name_not_null(
    work: Work, target: Target, table: Table | None, pending: Pending, heirs: Heirs
) -> None:
    """NOT NULL with a name: an object from PostgreSQL 18 on; before, the name is mute."""
    node = pending.node
    columns = [pending.column] if pending.column is not None else strings(node.keys or ())
    if not columns:
        return
    if node.is_no_inherit:
        heirs = ()
    if node.conname:
        definition = f"not null {quoted(columns[0])}" + (
            " no inherit" if node.is_no_inherit else ""
        )
        detail: Detail = {
            "definition": definition + suffix(pending),
            "constraint_type": "not null",
            "columns": as_json(columns),
        }
        work.add("table constraint", target, node.conname, "create", "definition", detail)
        added(work, target, table, node.conname, {"type": "not null", "columns": list(columns)})
        for child in heirs:
            implied = {**detail, "implied": True}
            work.add("table constraint", child, node.conname, "create", "definition", implied)
    if pending.column is not None:
        return  # the column itself says that it is
    set_not_null(work, target, table, "table", columns[0], implied=False)
    for child in heirs:
        set_not_null(work, child, work.table(child), "table", columns[0])


def set_not_null(
    work: Work, target: Target, table: Table | None, kind: str, column: str, implied: bool = True
) -> None:
    known = table.columns.get(column) if table is not None else None
    if known is not None:
        if known.not_null and implied:
            return
        known.not_null = True
    detail: Detail = {"value": True}
    if implied:
        detail["implied"] = True
    work.add(f"{kind} column", target, column, "alter", "not null", detail)


# -------------------------------------------------------------------- PRIMARY KEY, UNIQUE, EXCLUDE


def _keys(pending: Pending) -> tuple[str, ...]:
    if pending.node.keys:
        return strings(pending.node.keys)
    return (pending.column,) if pending.column is not None else ()


def _without_repetitions(pending: list[Pending]) -> list[Pending]:
    """The primary key first; what has the same columns in the same order is one index."""
    ordered = sorted(pending, key=lambda one: one.node.contype != _C.CONSTR_PRIMARY)
    result: list[Pending] = []
    seen: dict[Any, int] = {}
    for one in ordered:
        node = one.node
        if node.contype == _C.CONSTR_EXCLUSION or node.indexname:
            result.append(one)
            continue
        key = (
            _keys(one),
            strings(node.including or ()),
            suffix(one),
            node.nulls_not_distinct,
            node.without_overlaps,
        )
        earlier = seen.get(key)
        if earlier is None:
            seen[key] = len(result)
            result.append(one)
        elif result[earlier].node.conname is None and node.conname:
            # The one that stays takes the name of the one that goes.
            kept = result[earlier]
            result[earlier] = Pending(_named(kept.node, node.conname), kept.column, kept.attributes)
    return result


def _named(node: Node, name: str) -> Node:
    fields = {field: getattr(node, field) for field in type(node).__slots__}
    fields["conname"] = name
    copy = ast.Constraint()
    for field, value in fields.items():
        if value is not None:
            setattr(copy, field, value)
    return copy


def create_index_constraint(
    work: Work,
    target: Target,
    table: Table | None,
    kind: str,
    pending: Pending,
    new_table: bool,
    heirs: Heirs,
) -> None:
    node = pending.node
    if node.indexname:
        _use_index(work, target, table, kind, pending)
        return
    what = _TYPES[node.contype]
    including = strings(node.including or ())
    if node.contype == _C.CONSTR_EXCLUSION:
        elements = [element for element, _ in node.exclusions]
        own_names = names.index_columns(elements)
        columns = tuple(element.name for element in elements if element.name)
        text, label = _exclusion(work, node), "excl"
        middle: str | None = names.addition([*own_names, *including])
    else:
        columns = _keys(pending)
        label = "pkey" if what == "primary key" else "key"
        middle = None if what == "primary key" else names.addition([*columns, *including])
        inside = ", ".join(quoted(column) for column in columns)
        if node.without_overlaps:
            inside += " without overlaps"
        text = f"{what} ({inside})"
        if node.nulls_not_distinct:
            text = f"{what} nulls not distinct ({inside})"
    if including:
        text += f" include ({', '.join(quoted(column) for column in including)})"
    if node.options:
        text += f" with {sorted(option_values(node.options).items())}"
    if node.indexspace:
        text += f" tablespace {quoted(node.indexspace)}"
    automatic = not node.conname
    name = node.conname or names.relation_name(
        work.scope, target.schema, target.name, middle, label, is_constraint=True
    )
    detail: Detail = {
        "definition": shortened(text + suffix(pending)),
        "constraint_type": what,
        "columns": as_json(columns),
    }
    if automatic:
        detail["automatic"] = True
    work.add("table constraint", target, name, "create", "definition", detail)
    add_index_of_constraint(work, target, table, name, what, columns, text, automatic)
    added(work, target, table, name, {"type": what, "columns": list(columns)})
    if node.contype == _C.CONSTR_EXCLUSION:
        _exclusion_uses(work, target, node, name)
    elif not new_table:
        for column in (*columns, *including):
            work.use(
                "table column",
                target,
                column,
                {"by": "table constraint", "own": True, "constraint": name},
            )
    if what == "primary key":
        for column in columns:
            if new_table and table is not None and column in table.columns:
                table.columns[column].not_null = True
            elif pending.column is None:
                set_not_null(work, target, table, kind, column)
    for child in partitions(table, heirs):
        _index_constraint_of_child(
            work, child, what, columns, including, text, middle, label, (target, name)
        )


def add_index_of_constraint(
    work: Work,
    target: Target,
    table: Table | None,
    name: str,
    what: str,
    columns: Sequence[str],
    text: str,
    automatic: bool,
) -> None:
    """The index behind a constraint, which has its name."""
    index = target.renamed(name)
    detail: Detail = {
        "definition": shortened(f"{text} on {target.text()}"),
        "columns": as_json(columns),
        "table": place(target),
        "implied": True,
        "constraint_type": what,
    }
    if automatic:
        detail["automatic"] = True
    work.add("index", index, None, "create", "definition", detail)
    note_index(work, index, table, {"columns": list(columns), "constraint": name})


def note_index(work: Work, index: Target, table: Table | None, facts: dict[str, Any]) -> None:
    for schema, name in index.options:
        known = Table("index")
        known.owner = table
        work.scope.created("relation", schema, name)
        work.scope.tables[(schema, name)] = known
    if table is not None:
        table.indexes[index.options[0]] = facts


def _index_constraint_of_child(
    work: Work,
    child: Target,
    what: str,
    columns: Sequence[str],
    including: Sequence[str],
    text: str,
    middle: str | None,
    label: str,
    parent: tuple[Target, str],
) -> None:
    """Keys of a partitioned table are keys of its partitions, under names of their own."""
    table = work.table(child)
    name = names.relation_name(
        work.scope, child.schema, child.name, middle, label, is_constraint=True
    )
    detail: Detail = {
        "definition": shortened(text),
        "constraint_type": what,
        "columns": as_json(columns),
        "automatic": True,
        "implied": True,
    }
    work.add("table constraint", child, name, "create", "definition", detail)
    add_index_of_constraint(work, child, table, name, what, columns, text, True)
    added(work, child, table, name, {"type": what, "columns": list(columns)})
    use_own_columns(work, child, [*columns, *including], {"by": "table constraint"})
    whole = parent[0].renamed(parent[1]).options[0]
    if table is not None:
        table.indexes[child.renamed(name).options[0]]["part_of"] = whole
    use_of_whole(work, whole, parent[0].options[0], parent[1])
    if what == "primary key":
        for column in columns:
            set_not_null(work, child, table, "table", column)


def _exclusion(work: Work, node: Node) -> str:
    parts = []
    for element, operator in node.exclusions:
        what = quoted(element.name) if element.name else full_text(element.expr, work.scope)
        opclass = "".join(f" {'.'.join(strings(element.opclass))}" if element.opclass else "")
        parts.append(f"{what}{opclass} with {'.'.join(strings(operator))}")
    text = f"exclude using {node.access_method or 'gist'} ({', '.join(parts)})"
    if node.where_clause is not None:
        text += f" where {full_text(node.where_clause, work.scope)}"
    return text


def _exclusion_uses(work: Work, target: Target, node: Node, name: str) -> None:
    for element, operator in node.exclusions:
        if element.name:
            work.use(
                "table column",
                target,
                element.name,
                {"by": "table constraint", "own": True, "constraint": name},
            )
        work.expression(element.expr, target, by="table constraint", constraint=name)
        parts = strings(operator)
        if len(parts) > 1:
            work.use("operator", work.reference(parts, "operator"), None, {"args": 2})
    work.expression(node.where_clause, target, by="table constraint", constraint=name)


def _use_index(
    work: Work, target: Target, table: Table | None, kind: str, pending: Pending
) -> None:
    """ADD CONSTRAINT … USING INDEX takes an index over, and gives it the constraint's name."""
    node = pending.node
    what = _TYPES[node.contype]
    old = target.renamed(node.indexname)
    name = node.conname or node.indexname
    facts: dict[str, Any] = {}
    if table is not None:
        facts = table.indexes.pop(old.options[0], {})
    columns = [column for column in facts.get("columns", ()) if column is not None]
    detail: Detail = {
        "definition": f"{what} using index {quoted(node.indexname)}{suffix(pending)}",
        "constraint_type": what,
        "index": node.indexname,
    }
    if columns:
        detail["columns"] = as_json(columns)
    work.add("table constraint", target, name, "create", "definition", detail)
    if name != node.indexname:
        rename_index(work, old, name, implied=True)
    else:
        if what == "primary key":
            work.add("index", old, None, "alter", "definition", {"implied": True, "value": what})
        work.use("index", old, None, {"by": "table constraint", "constraint": name})
    new = target.renamed(name)
    note_index(work, new, table, {**facts, "constraint": name})
    added(work, target, table, name, {"type": what, "columns": columns})
    if what == "primary key":
        for column in columns:
            set_not_null(work, target, table, kind, column)


def rename_index(work: Work, old: Target, name: str, implied: bool = False) -> None:
    new = old.renamed(name)
    extra: Detail = {"implied": True} if implied else {}
    work.add("index", old, None, "drop", "name", {"renamed_to": name, **extra})
    work.add("index", new, None, "create", "name", {"renamed_from": old.name, **extra})
    work.scope.relation_moved(old.options[0], new.options[0], "index")
