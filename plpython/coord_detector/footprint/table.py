"""CREATE TABLE in all its forms, CREATE FOREIGN TABLE."""

from __future__ import annotations

from typing import Any

from ..loader import ast, enums
from ..names import Column, Relation, Table, quoted
from ..uses.nodes import is_a
from . import automatic_names as names
from .bounds import bound_values
from .canonical import shortened
from .columns import Later, Pending, copy_column, create_column, create_sequence_of
from .constraints import (
    columns_in,
    create_constraints,
    implied_constraint,
    note_index,
    use_of_whole,
    use_own_columns,
)
from .foreign_key import create_foreign_keys
from .work import Detail, Node, Target, Work, option_values, place

_LIKE = enums.TableLikeOption
_PARTITION_WORDS = {"l": "list", "r": "range", "h": "hash"}


def create_table(work: Work, node: Node) -> None:
    _create(work, node, "table", {})


def create_foreign_table(work: Work, node: Node) -> None:
    detail: Detail = {"server": node.servername}
    options = option_values(node.options)
    if options:
        detail["options"] = options
    _create(work, node.base, "foreign table", detail)
    work.use("server", Target(None, node.servername), None, {"by": "foreign table"})


def _create(work: Work, node: Node, kind: str, detail: Detail) -> None:
    scope = work.scope
    target = work.new_relation(node.relation)
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if scope.exists("relation", target.schema, target.name):
            work.use(work.relation_kind(target), target, None, {"if_not_exists": True})
            return
    if node.relation.relpersistence == "u":
        detail["persistence"] = "unlogged"
    position = len(work.touches)
    table = note_table(work, target, kind)
    later = Later()
    copied: list[Node] = []
    _parents(work, target, table, kind, node, detail)
    for element in node.tableElts or ():
        if element.__class__ is ast.ColumnDef:
            if element.typeName is None:
                _column_options(work, target, table, kind, element, later)
            else:
                create_column(work, target, table, kind, element, later)
        elif element.__class__ is ast.TableLikeClause:
            copied.append(element)
            _like_columns(work, target, table, kind, element)
        else:
            later.add(element, None)
    for constraint in node.constraints or ():
        later.add(constraint, None)
    _inherited_constraints(work, target, table)
    create_constraints(work, target, table, kind, later, new_table=True)
    for element in copied:
        _like_constraints(work, target, table, kind, element)
    create_foreign_keys(work, target, table, kind, later)
    _inherited_keys(work, target, table)
    if node.partspec is not None:
        _partitioning(work, target, node.partspec)
        table.partitioned = True
        table.partition_columns = tuple(_partition_columns(node.partspec))
    detail["definition"] = _definition(work, target, node, kind, position)
    # The table comes first, though what it is made of is known last.
    tail = work.touches[position:]
    del work.touches[position:]
    work.add(kind, target, None, "create", "definition", detail)
    work.touches += tail


def note_table(work: Work, target: Target, kind: str, complete: bool = True) -> Table:
    """Remember a relation that the script creates."""
    scope = work.scope
    table = Table(kind, complete)
    for schema, name in target.options:
        scope.created("relation", schema, name)
        scope.created("type", schema, name)
        scope.tables[(schema, name)] = table
    return table


def _definition(work: Work, target: Target, node: Node, kind: str, position: int) -> str:
    """What was made, whatever the order in which constraints were written."""
    parts: list[str] = []
    for touch in work.touches[position:]:
        if touch.action != "create":
            continue
        if (touch.schema, touch.name) == (target.schema, target.name) and touch.sub is not None:
            parts.append(f"{quoted(touch.sub)} {touch.detail.get('definition')}")
    extra: list[str] = []
    for name in ("inhRelations", "partbound", "partspec", "ofTypename"):
        value = getattr(node, name)
        if value:
            extra.append(work.canonical(value))
    for element in node.tableElts or ():
        if is_a(element, ast.TableLikeClause):
            extra.append(f"like {work.canonical(element.relation)} {int(element.options)}")
    if node.options:
        extra.append(f"with {sorted(option_values(node.options).items())}")
    for name in ("tablespacename", "accessMethod"):
        value = getattr(node, name)
        if value:
            extra.append(f"{name.lower()} {value}")
    if node.relation.relpersistence == "u":
        extra.append("unlogged")
    return shortened(f"{kind} ({'; '.join(parts)}) {' '.join(extra)}".rstrip())


# -------------------------------------------------------------------- parents, partitions, types


def _parents(
    work: Work, target: Target, table: Table, kind: str, node: Node, detail: Detail
) -> None:
    for relation in node.inhRelations or ():
        parent = work.relation(relation)
        is_partition = node.partbound is not None
        note: Detail = {"by": kind, "as": "partitioned table" if is_partition else "parent"}
        if is_partition:
            bound = work.canonical(node.partbound)
            detail["partition_of"] = place(parent)
            detail["bound"] = bound
            note["bound"] = bound
            note["bounds"] = bound_values(node.partbound)
            note["partition"] = target.text()
            work.expression(
                (node.partbound.listdatums, node.partbound.lowerdatums, node.partbound.upperdatums)
                if _has_calls(node.partbound)
                else None,
                None,
                by=kind,
            )
        work.use("table", parent, None, note)
        table.parents.append(parent.options[0])
        known = work.table(parent)
        if known is None:
            table.complete = False
            continue
        known.children.append(target.options[0])
        work.look_at(len(known.columns) + len(known.constraints) + len(known.indexes))
        table.complete = table.complete and known.complete
        for name, column in known.columns.items():
            if name not in table.columns:
                copy_column(work, target, table, kind, name, column, "parent")
    if node.ofTypename is not None:
        work.type_use(node.ofTypename, **{"by": kind, "as": "row type"})
        parts = tuple(name.sval for name in node.ofTypename.names)
        known = work.scope.tables.get(work.scope.resolve(parts, "type")[0])
        if known is None:
            table.complete = False
        else:
            known.children.append(target.options[0])
            table.parents.append(work.scope.resolve(parts, "type")[0])
            for name, column in known.columns.items():
                copy_column(work, target, table, kind, name, column, "type")


def _has_calls(bound: Node) -> bool:
    for values in (bound.listdatums, bound.lowerdatums, bound.upperdatums):
        for value in values or ():
            if value.__class__ is not ast.A_Const and value.__class__ is not ast.ColumnRef:
                return True
    return False


def _inherited_constraints(work: Work, target: Target, table: Table) -> None:
    for parent in table.parents:
        known = work.scope.tables.get(parent)
        if known is None:
            continue
        partition = known.partitioned
        for name, facts in known.constraints.items():
            goes_down = facts["type"] == "check" and not facts.get("no_inherit")
            if goes_down:
                _implied_constraint(work, target, table, name, facts)
            elif facts["type"] == "foreign key" and partition:
                _implied_constraint(work, target, table, name, facts)
                work.use("table constraint", Target(*parent), name, {"by": "table constraint"})


def _implied_constraint(
    work: Work, target: Target, table: Table, name: str, facts: dict[str, Any]
) -> None:
    detail: Detail = {
        "constraint_type": facts["type"],
        "columns": list(facts["columns"]),
        "from": "parent",
    }
    implied_constraint(work, target, table, name, dict(facts), detail)


def _inherited_keys(work: Work, target: Target, table: Table) -> None:
    """A partition gets an index of its own for each index of the partitioned table."""
    for parent in table.parents:
        known = work.scope.tables.get(parent)
        if known is not None and known.partitioned:
            for index, facts in list(known.indexes.items()):
                copy_index(work, target, table, known, facts, (index, parent))
            for name, function in known.triggers.items():
                inherit_trigger(work, target, table, parent, name, function)


def inherit_trigger(
    work: Work, target: Target, table: Table | None, parent: Relation, name: str, function: Node
) -> None:
    """A partition has the row triggers of its table, under the same names."""
    if table is not None:
        table.triggers[name] = function
    detail: Detail = {"implied": True, "from": "parent"}
    work.add("trigger", target, name, "create", "definition", detail)
    work.use("trigger", Target(*parent), name, {"by": "trigger"})
    work.routine_use(function, "", by="trigger", trigger=name)


def copy_index(
    work: Work,
    target: Target,
    table: Table,
    origin: Table,
    facts: dict[str, Any],
    parent: tuple[Relation, Relation] | None = None,
) -> None:
    """An index like the one of another table, under the name that the server chooses.

    ``parent`` is the index of a partitioned table that it becomes a part of, and that table.
    """
    constraint = facts.get("constraint")
    what = origin.constraints.get(constraint, {}).get("type") if constraint else None
    middle: str | None = names.addition(facts.get("names") or facts["columns"])
    label = {"primary key": "pkey", "unique": "key", "exclusion": "excl", None: "idx"}[what]
    if what == "primary key":
        middle = None
    name = names.relation_name(
        work.scope, target.schema, target.name, middle, label, is_constraint=what is not None
    )
    detail: Detail = {"implied": True, "automatic": True, "columns": list(facts["columns"])}
    if what is not None:
        work.add(
            "table constraint",
            target,
            name,
            "create",
            "definition",
            {**detail, "constraint_type": what},
        )
        work.scope.constraint_added(target.schema, name)
        table.constraints[name] = {"type": what, "columns": facts["columns"]}
        if what == "primary key":
            for column in facts["columns"]:
                if column in table.columns:
                    table.columns[column].not_null = True
    work.add(
        "index",
        target.renamed(name),
        None,
        "create",
        "definition",
        {**detail, "table": place(target)},
    )
    own = {**facts, "constraint": name if what else None, "part_of": parent and parent[0]}
    note_index(work, target.renamed(name), table, own)
    by: Detail = {"by": "index", "index": name}
    use_own_columns(work, target, facts["columns"], by)
    if facts.get("expressions"):
        work.expression(facts["expressions"], target, **by)
    if parent is not None:
        use_of_whole(work, *parent, constraint)


def _column_options(
    work: Work, target: Target, table: Table, kind: str, node: Node, later: Later
) -> None:
    """``column WITH OPTIONS …`` of a typed table or a partition: more about a column that comes.

    Its type comes from elsewhere, and is not known when the script does not tell.
    """
    name = node.colname
    column = table.columns.setdefault(name, Column())
    detail: Detail = {"implied": True, "from": "parent"}
    for constraint in node.constraints or ():
        what = constraint.contype
        if what == enums.ConstrType.CONSTR_NOTNULL:
            column.not_null = True
        elif what == enums.ConstrType.CONSTR_DEFAULT:
            column.default = work.canonical(constraint.raw_expr)
            work.expression(constraint.raw_expr, None, by="default value")
        elif what == enums.ConstrType.CONSTR_GENERATED:
            column.generated = work.canonical(constraint.raw_expr)
            work.expression(constraint.raw_expr, target, by="generated column")
        else:
            later.add(constraint, name)
    words = [column.type]
    if column.type:
        detail["type"] = column.type
    if column.not_null:
        detail["not_null"] = True
        words.append("not null")
    for word, value in (("default", column.default), ("generated", column.generated)):
        if value is not None:
            detail[word] = value
            words.append(f"{word} {value}")
    detail["definition"] = shortened(" ".join(words))
    work.add(f"{kind} column", target, name, "create", "definition", detail)


def _partition_columns(spec: Node) -> list[str | None]:
    found: dict[str | None, None] = {}
    for part in spec.partParams:
        found.update(dict.fromkeys([part.name] if part.name else columns_in(part.expr)))
    return list(found)


def _partitioning(work: Work, target: Target, spec: Node) -> None:
    for part in spec.partParams:
        if part.name:
            work.use("table column", target, part.name, {"by": "partition key", "own": True})
        work.expression(part.expr, target, by="partition key")
        if part.collation:
            work.collation_name_use(part.collation, by="partition key")
        if part.opclass:
            names_ = tuple(name.sval for name in part.opclass)
            work.use("operator class", work.reference(names_, "operator class"))


# -------------------------------------------------------------------- LIKE


def _like_columns(work: Work, target: Target, table: Table, kind: str, node: Node) -> None:
    options = int(node.options)
    source = work.relation(node.relation)
    including = [
        str(option.name).removeprefix("CREATE_TABLE_LIKE_").lower()
        for option in _LIKE
        if option.name != "CREATE_TABLE_LIKE_ALL" and options & option.value
    ]
    work.use(
        work.relation_kind(source),
        source,
        None,
        {"as": "source", "by": kind, "including": list(including), "all_columns": True},
    )
    known = work.table(source)
    if known is None:
        table.complete = False
        return
    work.look_at(len(known.columns) + len(known.constraints) + len(known.indexes))
    for name, column in list(known.columns.items()):
        defaults = bool(options & _LIKE.CREATE_TABLE_LIKE_DEFAULTS.value)
        generated = bool(options & _LIKE.CREATE_TABLE_LIKE_GENERATED.value)
        copy_column(
            work,
            target,
            table,
            kind,
            name,
            column,
            "like",
            defaults=defaults,
            generated=generated,
        )
        identity = column.sequence is not None and column.default is None
        if identity and options & _LIKE.CREATE_TABLE_LIKE_IDENTITY.value:
            sequence = create_sequence_of(work, target, name, column.type, ())
            table.columns[name].sequence = (sequence.schema, sequence.name)


def _like_constraints(work: Work, target: Target, table: Table, kind: str, node: Node) -> None:
    options = int(node.options)
    known = work.table(work.relation(node.relation))
    if known is None:
        return
    if options & _LIKE.CREATE_TABLE_LIKE_CONSTRAINTS.value:
        for name, facts in list(known.constraints.items()):
            if facts["type"] == "check":
                _implied_constraint(work, target, table, name, facts)
    if options & _LIKE.CREATE_TABLE_LIKE_INDEXES.value and kind == "table":
        for facts in list(known.indexes.values()):
            copy_index(work, target, table, known, facts)


__all__ = ["Pending", "copy_index", "create_foreign_table", "create_table", "note_table"]
