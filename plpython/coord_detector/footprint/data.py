"""Statements that read, change or look after rows; blocks and statements that hold others."""

from __future__ import annotations

from ..loader import ast, enums
from ..model import Touch
from ..names import split_path
from ..uses import dml_uses, do_uses
from ..uses.literals import string_constant
from ..uses.routine import is_guarded_block
from .view import select_into
from .work import Detail, Node, Target, Work, option_values


def rows(work: Work, node: Node) -> None:
    """INSERT, UPDATE, DELETE, MERGE, COPY, CALL, LOCK, DECLARE CURSOR …"""
    work.extend(dml_uses(node, work.scope))


def select(work: Work, node: Node) -> None:
    if node.intoClause is not None:
        select_into(work, node)
        return
    work.extend(dml_uses(node, work.scope))
    for target in node.targetList or ():
        if target.val.__class__ is ast.FuncCall:
            _set_config(work, target.val)


def _set_config(work: Work, call: Node) -> None:
    """``SELECT set_config('search_path', …)``, with which every dump begins."""
    if call.funcname[-1].sval != "set_config" or len(call.args or ()) != 3:
        return
    name, value, local = call.args
    text = string_constant(value)
    if string_constant(name) == "search_path" and text is not None:
        is_local = getattr(getattr(local, "val", None), "boolval", False)
        work.scope.set_search_path(split_path(text), bool(is_local))


def truncate(work: Work, node: Node) -> None:
    for relation in node.relations:
        target = work.relation(relation)
        detail: Detail = {"access": "write", "truncate": True}
        if node.behavior == enums.DropBehavior.DROP_CASCADE:
            detail["cascade"] = True
        if node.restart_seqs:
            detail["restart_identity"] = True
        if not relation.inh:
            detail["only"] = True
        work.add(work.relation_kind(target), target, None, "use", "data", detail)


def do_block(work: Work, node: Node) -> None:
    """A DO block runs now: DDL in it is footprinted as if it stood alone."""
    touches = do_uses(node, work.scope, lambda inner: _nested(work, inner))
    guarded = any(touch.action != "use" for touch in touches) and is_guarded_block(node)
    for touch in touches:
        if touch.action != "use":
            work.touches.append(_with_guard(touch) if guarded else touch)
    work.extend(touch for touch in touches if touch.action == "use")


def _with_guard(touch: Touch) -> Touch:
    """What a block does only where it is missing or there, or without minding that it fails."""
    word = {"create": "if_not_exists", "drop": "if_exists"}.get(touch.action)
    if touch.kind == "type" and touch.facet == "value" and "renamed_to" not in touch.detail:
        word = "if_not_exists"  # a label that is added
    return touch if word is None else touch._replace(detail={**touch.detail, word: True})


def _nested(work: Work, node: Node) -> list[Touch]:
    """What a statement inside touches, handed back instead of added."""
    position = len(work.touches)
    try:
        work.dispatch(work, node)
        return work.touches[position:]
    finally:
        del work.touches[position:]


def explain(work: Work, node: Node) -> None:
    options = option_values(node.options)
    if options.get("analyze", False) not in (False, "false", "off", 0):
        work.dispatch(work, node.query)
    elif node.query.__class__ is ast.CreateTableAsStmt:
        work.extend(dml_uses(node.query.query, work.scope))
    else:
        work.extend(dml_uses(node.query, work.scope))


def prepare(work: Work, node: Node) -> None:
    """Nothing is run; what the statement would use must be there when it is prepared."""
    work.prepared[node.name] = node.query
    work.extend(dml_uses(node.query, work.scope))


def execute(work: Work, node: Node) -> None:
    work.extend(dml_uses(node, work.scope))
    query = work.prepared.get(node.name)
    if query is not None:
        work.dispatch(work, query)


# -------------------------------------------------------------------- maintenance


def vacuum(work: Work, node: Node) -> None:
    """VACUUM and ANALYZE; without a list they go over every table there is."""
    word = "vacuum" if node.is_vacuumcmd else "analyze"
    for one in node.rels or ():
        _maintain(work, work.relation(one.relation), word)


def _maintain(work: Work, target: Target, word: str, kind: str = "table") -> None:
    detail: Detail = {"access": "read", "maintenance": word}
    work.add(work.relation_kind(target, kind), target, None, "use", "data", detail)


def cluster(work: Work, node: Node) -> None:
    if node.relation is None:
        return
    target = work.relation(node.relation)
    kind = work.relation_kind(target)
    if node.indexname:
        work.add(kind, target, None, "alter", "cluster", {"value": node.indexname})
        index = target.renamed(node.indexname)
        work.add("index", index, None, "alter", "cluster", {"value": True})
    else:
        _maintain(work, target, "cluster")


_REINDEX = enums.ReindexObjectType


def reindex(work: Work, node: Node) -> None:
    if node.relation is not None:
        kind = "index" if node.kind == _REINDEX.REINDEX_OBJECT_INDEX else "table"
        _maintain(work, work.relation(node.relation), "reindex", kind)
        options = option_values(node.params)
        if "tablespace" in options:
            target = work.relation(node.relation)
            value = options["tablespace"]
            work.add(kind, target, None, "alter", "tablespace", {"value": value})
    elif node.kind == _REINDEX.REINDEX_OBJECT_SCHEMA:
        detail: Detail = {"access": "read", "maintenance": "reindex"}
        work.add("schema", Target(None, node.name), None, "use", "data", detail)


def move_all(work: Work, node: Node) -> None:
    """ALTER TABLE ALL IN TABLESPACE: which tables that is, only the catalog knows."""
    kind = str(node.objtype.name).removeprefix("OBJECT_").lower().replace("matview", "view")
    work.add(
        "tablespace",
        Target(None, node.orig_tablespacename),
        None,
        "alter",
        "contents",
        {"value": node.new_tablespacename, "moves": kind, "opaque": True},
    )
    work.use("tablespace", Target(None, node.new_tablespacename))
