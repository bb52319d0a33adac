"""CREATE SCHEMA, with the objects written inside it."""

from __future__ import annotations

from .work import Detail, Node, Target, Work, role_name


def create_schema(work: Work, node: Node) -> None:
    name = node.schemaname or role_name(node.authrole)
    detail: Detail = {"definition": f"schema {name}"}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("schema", None, name):
            work.use("schema", Target(None, name), None, {"if_not_exists": True})
            return
    if node.authrole is not None:
        detail["owner"] = role_name(node.authrole)
        work.role_use(node.authrole, by="schema")
    work.add("schema", Target(None, name), None, "create", "definition", detail)
    work.scope.created("schema", None, name)
    if not node.schemaElts:
        return
    around = work.scope
    # The elements are created as if the schema stood first in the path, whatever order they are
    # written in: the server sorts them by kind, so that each finds what it needs.
    work.scope = around.with_path((name, *around.search_path))
    try:
        for element in sorted(node.schemaElts, key=_turn):
            work.dispatch(work, element)
    finally:
        work.scope = around


_TURNS = {
    "CreateSeqStmt": 0,
    "CreateStmt": 1,
    "ViewStmt": 2,
    "IndexStmt": 3,
    "CreateTrigStmt": 4,
    "GrantStmt": 5,
}


def _turn(element: Node) -> int:
    return _TURNS.get(element.__class__.__name__, 2)
