"""RENAME, SET SCHEMA, OWNER TO and DEPENDS ON EXTENSION, of whatever has them."""

from __future__ import annotations

from typing import Any

from ..loader import ast, enums
from ..names import Table, quoted
from .alter_table import WRITTEN_KINDS
from .columns import note_sequence
from .constraints import rename_index
from .objects import (
    FAMILIES,
    MEMBERS,
    RELATION_KINDS,
    ROUTINES,
    Address,
    address,
    column_kind,
    forget,
    note_routine,
)
from .publication import publication_renamed
from .work import Detail, Node, Target, Work, role_name

_O = enums.ObjectType


def rename(work: Work, node: Node) -> None:
    what = node.renameType
    if what in (_O.OBJECT_COLUMN, _O.OBJECT_ATTRIBUTE):
        _rename_column(work, node)
        return
    detail: Detail = {}
    if node.missing_ok:
        detail["if_exists"] = True
    if what in MEMBERS:
        target = work.relation(node.relation) if node.relation is not None else None
        if target is None:
            old = address(work, what, node.object)
        else:
            old = Address(MEMBERS[what], target, node.subname)
        _rename_member(work, old, node.newname, detail)
    elif what == _O.OBJECT_DOMCONSTRAINT:
        domain = address(work, _O.OBJECT_TYPE, node.object)
        old = Address("domain constraint", domain.target, node.subname)
        _rename_member(work, old, node.newname, detail)
    elif what in (_O.OBJECT_ROLE, _O.OBJECT_DATABASE, _O.OBJECT_TABLESPACE, _O.OBJECT_SCHEMA):
        kind = str(what.name).removeprefix("OBJECT_").lower()
        _move(work, Address(kind, Target(None, node.subname)), node.newname, None, detail)
        if kind == "schema":
            work.scope.dropped("schema", None, node.subname)
            work.scope.created("schema", None, node.newname)
            _schema_renamed(work, node.subname, node.newname)
    elif node.relation is not None:
        _rename_relation(work, node, detail)
    else:
        old = address(work, what, node.object)
        _move(work, old, node.newname, None, detail)
        if old.kind == "publication":
            publication_renamed(work, old.target.name, node.newname)


def _rename_column(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    written = WRITTEN_KINDS.get(node.relationType, "table")
    kind = column_kind(work, target, written)
    if node.renameType == _O.OBJECT_ATTRIBUTE:
        kind = "composite type column"
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    if node.behavior == enums.DropBehavior.DROP_CASCADE:
        detail["cascade"] = True
    table = work.table(target)
    _column_touches(work, kind, target, node, detail)
    _column_follows(table, node)
    for child in work.descendants(table):
        own = f"{work.relation_kind(child)} column"
        _column_touches(work, own, child, node, {"implied": True})
        _column_follows(work.table(child), node)


def _column_touches(work: Work, kind: str, target: Target, node: Node, detail: Detail) -> None:
    old, new = node.subname, node.newname
    work.add(kind, target, old, "drop", "name", {**detail, "renamed_to": new})
    work.add(kind, target, new, "create", "name", {**detail, "renamed_from": old})


def _column_follows(table: Table | None, node: Node) -> None:
    """Indexes and constraints keep their names, and know the column by its new one."""
    if table is None:
        return
    old, new = node.subname, node.newname
    table.columns = {
        (new if name == old else name): column for name, column in table.columns.items()
    }
    for facts in (*table.constraints.values(), *table.indexes.values()):
        facts["columns"] = [new if name == old else name for name in facts["columns"]]


def _rename_member(work: Work, old: Address, new_name: str, detail: Detail) -> None:
    kind, target, sub = old
    assert sub is not None
    table = work.table(target)
    _member_touches(work, old, new_name, detail)
    if kind == "table constraint":
        _rename_in_heirs(work, table, sub, new_name)
        _rename_index_of(work, target, table, sub, new_name)
    elif kind == "trigger" and table is not None and sub in table.triggers:
        table.triggers[new_name] = table.triggers.pop(sub)


def _member_touches(work: Work, old: Address, new_name: str, detail: Detail) -> None:
    kind, target, sub = old
    work.add(kind, target, sub, "drop", "name", {**detail, "renamed_to": new_name})
    work.add(kind, target, new_name, "create", "name", {**detail, "renamed_from": sub})
    if kind in ("table constraint", "domain constraint"):
        for schema, _ in target.options:
            work.scope.constraint_removed(schema, str(sub))
            work.scope.constraint_added(schema, new_name)


def _rename_in_heirs(work: Work, table: Table | None, old: str, new: str) -> None:
    """A check is renamed wherever it was inherited."""
    facts = table.constraints.get(old) if table is not None else None
    if facts is None or facts["type"] != "check" or facts.get("no_inherit"):
        return
    for child in work.descendants(table):
        heir = work.table(child)
        if heir is not None and old in heir.constraints:
            _member_touches(work, Address("table constraint", child, old), new, {"implied": True})
            heir.constraints[new] = heir.constraints.pop(old)


_ENDINGS = ("_pkey", "_key", "_excl")


def _rename_index_of(work: Work, target: Target, table: Table | None, old: str, new: str) -> None:
    """The index behind a constraint is renamed with it."""
    facts: dict[str, Any] | None = None
    if table is not None:
        facts = table.constraints.pop(old, None)
        if facts is not None:
            table.constraints[new] = facts
    index = target.renamed(old)
    if facts is not None:
        if facts["type"] not in ("primary key", "unique", "exclusion"):
            return
    elif not old.endswith(_ENDINGS) or (table is not None and table.complete):
        return
    rename_index(work, index, new, implied=True)
    if table is not None:
        kept = table.indexes.get(target.renamed(new).options[0])
        if kept is not None:
            kept["constraint"] = new


def _rename_relation(work: Work, node: Node, detail: Detail) -> None:
    what = node.renameType
    target = work.relation(node.relation)
    written = "type" if what == _O.OBJECT_TYPE else WRITTEN_KINDS.get(what, "table")
    kind = work.relation_kind(target, written)
    _move(work, Address(kind, target), node.newname, None, detail)


def _move(
    work: Work, old: Address, new_name: str | None, new_schema: str | None, detail: Detail
) -> None:
    """An object under another name, or in another schema: the old one goes, a new one comes."""
    kind, target, sub = old
    name = new_name if new_name is not None else target.name
    if "(" in target.name and kind in FAMILIES and new_name is not None:
        # A routine keeps its argument types.
        name = new_name + target.name[len(_bare(target.name)) :]
    new = target.renamed(name) if new_schema is None else Target(new_schema, name)
    facet = "name" if new_schema is None else "schema"
    to: Any = name if new_schema is None else new_schema
    origin: Any = target.name if new_schema is None else target.schema
    work.add(kind, target, sub, "drop", facet, {**detail, "renamed_to": to})
    work.add(kind, new, sub, "create", facet, {**detail, "renamed_from": origin})
    _follow(work, old, new)


def _bare(signature: str) -> str:
    return signature.partition("(")[0]


def _follow(work: Work, old: Address, new: Target) -> None:
    kind, target, _ = old
    scope = work.scope
    if kind == "sequence" and work.table(target) is None:
        note_sequence(work, target)
    if kind in RELATION_KINDS or (kind == "type" and work.table(target) is not None):
        _relation_follows(work, target, new)
        return
    forget(work, old)
    if kind in ROUTINES.values():
        note_routine(work, kind, new, _bare(new.name))
        return
    family = FAMILIES.get(kind)
    if family is not None:
        for schema, name in new.options:
            scope.created(family, schema, _bare(name) if kind == "operator" else name)


def _relation_follows(work: Work, old: Target, new: Target) -> None:
    """What the script knows of a relation is true of it under its new name."""
    here, there = old.options[0], new.options[0]
    index = work.table(old)
    if index is not None and index.kind == "index" and index.owner is not None:
        _rename_constraint_of(work, index.owner, here, there)
        for child in work.descendants(index.owner):
            table = work.table(child)
            for facts in table.indexes.values() if table is not None else ():
                if facts.get("part_of") == here:
                    facts["part_of"] = there
    if index is not None and index.kind == "sequence" and index.owner is not None:
        for column in index.owner.columns.values():
            if column.sequence == here:
                column.sequence = there
    for one, other in zip(old.options, new.options, strict=False):
        work.scope.relation_moved(one, other)
    table = work.scope.tables.get(there)
    if table is not None and here[0] != there[0]:
        _belongings_move(work, table, here[0], there[0])


def _rename_constraint_of(
    work: Work, table: Table, old: tuple[str | None, str], new: tuple[str | None, str]
) -> None:
    """A constraint is called what its index is called."""
    name = table.indexes.get(old, {}).get("constraint")
    place = next((place for place, one in work.scope.tables.items() if one is table), None)
    if name is None or place is None or name not in table.constraints:
        return
    work.look_at(len(work.scope.tables))
    table.constraints[new[1]] = table.constraints.pop(name)
    table.indexes[old]["constraint"] = new[1]
    work.scope.constraint_removed(place[0], name)
    work.scope.constraint_added(place[0], new[1])
    target = Target(*place)
    kind = "table constraint"
    work.add(kind, target, name, "drop", "name", {"renamed_to": new[1], "implied": True})
    work.add(kind, target, new[1], "create", "name", {"renamed_from": name, "implied": True})


def _belongings_move(
    work: Work, table: Table, old_schema: str | None, new_schema: str | None
) -> None:
    """Indexes, constraints and owned sequences follow their table into another schema."""
    work.look_at(len(table.indexes) + len(table.columns) + len(table.constraints))
    for index in list(table.indexes):
        moved = (new_schema, index[1])
        work.scope.relation_moved(index, moved, "index")
        _implied_move(work, "index", index, moved)
    for column in table.columns.values():
        if column.sequence is not None:
            moved = (new_schema, column.sequence[1])
            work.scope.relation_moved(column.sequence, moved, "sequence")
            _implied_move(work, "sequence", column.sequence, moved)
            column.sequence = moved
    for name in table.constraints:
        work.scope.constraint_removed(old_schema, name)
        work.scope.constraint_added(new_schema, name)


def _implied_move(
    work: Work, kind: str, old: tuple[str | None, str], new: tuple[str | None, str]
) -> None:
    work.add(kind, Target(*old), None, "drop", "schema", {"renamed_to": new[0], "implied": True})
    work.add(
        kind, Target(*new), None, "create", "schema", {"renamed_from": old[0], "implied": True}
    )


def _schema_renamed(work: Work, old: str, new: str) -> None:
    work.look_at(len(work.scope.tables))
    for place in [place for place in work.scope.tables if place[0] == old]:
        table = work.scope.tables.get(place)
        if table is not None:
            _implied_move(work, table.kind, place, (new, place[1]))
            work.scope.relation_moved(place, (new, place[1]), table.kind)
            for column in table.columns.values():
                if column.sequence is not None and column.sequence[0] == old:
                    column.sequence = (new, column.sequence[1])
            for name in table.constraints:
                work.scope.constraint_removed(old, name)
                work.scope.constraint_added(new, name)
    for (kind, schema, name), signatures in list(work.routines.items()):
        if schema == old:
            for signature in list(signatures):
                moved = Target(new, signature)
                _implied_move(work, kind, (old, signature), (new, signature))
                forget(work, Address(kind, Target(old, signature)))
                note_routine(work, kind, moved, name)


def set_schema(work: Work, node: Node) -> None:
    what = node.objectType
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    old = address(work, what, node.object, node.relation)
    if what == _O.OBJECT_EXTENSION:
        work.add("extension", old.target, None, "alter", "schema", {"value": node.newschema})
        return
    _move(work, old, None, node.newschema, detail)


def set_owner(work: Work, node: Node) -> None:
    what = address(work, node.objectType, node.object, node.relation)
    work.add(
        what.kind, what.target, what.sub, "alter", "owner", {"value": role_name(node.newowner)}
    )
    work.role_use(node.newowner)


def depends_on_extension(work: Work, node: Node) -> None:
    object_ = node.object
    if node.relation is not None and object_.__class__ is ast.String:
        object_ = (object_,)
    what = address(work, node.objectType, object_, node.relation)
    extension = node.extname.sval
    work.add(
        what.kind,
        what.target,
        what.sub,
        "alter",
        "extension",
        {"value": not node.remove, "extension": extension},
    )
    work.use("extension", Target(None, extension), None, {"by": what.kind})


__all__ = ["depends_on_extension", "quoted", "rename", "set_owner", "set_schema"]
