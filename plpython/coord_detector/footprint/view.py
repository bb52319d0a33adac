"""Views, materialized views, CREATE TABLE AS and SELECT INTO."""

from __future__ import annotations

from collections.abc import Sequence

from ..loader import enums
from ..model import Touch
from ..names import TEMPORARY, Column, Table
from ..uses import copied_columns, query_uses, result_columns, spelled_out, starred
from .canonical import full_text, shortened
from .columns import note_sequence
from .table import note_table
from .work import Detail, Node, Target, Work, option_values, strings

_CHECKS = {
    enums.ViewCheckOption.LOCAL_CHECK_OPTION: "local",
    enums.ViewCheckOption.CASCADED_CHECK_OPTION: "cascaded",
}


def create_view(work: Work, node: Node) -> None:
    target = work.new_relation(node.view)
    text = full_text(node.query, work.scope)
    columns = _columns(work, node.query, strings(node.aliases or ()))
    detail: Detail = {}
    if node.aliases:
        text += f" as {', '.join(strings(node.aliases))}"
    check = _CHECKS.get(node.withCheckOption)
    if check:
        text += f" with {check} check option"
    if node.options:
        text += f" with {sorted(option_values(node.options).items(), key=str)}"
    detail["definition"] = shortened(text)
    _note_columns(detail, node.query, columns)
    if node.replace:
        detail["or_replace"] = True
    uses = query_uses(node.query, work.scope)
    if target.schema != TEMPORARY and any(use.schema == TEMPORARY for use in uses):
        # A view over a temporary table is temporary itself, whatever the text says.
        target = Target(TEMPORARY, target.name)
    work.add("view", target, None, "create", "definition", detail)
    earlier = work.table(target)
    shown = columns if columns is not None or node.aliases else spelled_out(node.query)
    _view_columns(work, target, "view", shown, earlier, bool(node.replace), columns is not None)
    _note_needs(work, target, uses)
    work.extend(uses, by="view")


def _note_columns(detail: Detail, query: Node, columns: tuple[str, ...] | None) -> None:
    if columns is not None:
        detail["columns"] = list(columns)
    else:
        detail["stars"] = list(starred(query))


def _columns(work: Work, query: Node, given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names of the columns; None where ``*`` hides some that only the catalog knows."""
    found = result_columns(query, work.scope)
    if found is None:
        return None
    return given + found[len(given) :]


def _view_columns(
    work: Work,
    target: Target,
    kind: str,
    columns: tuple[str, ...] | None,
    earlier: Table | None,
    replaces: bool,
    complete: bool,
) -> None:
    table = note_table(work, target, kind, complete)
    for name in columns or ():
        known = earlier is not None and name in earlier.columns
        table.columns[name] = Column()
        if not known:
            # Whether a view is there to be replaced, and has this column, the catalog knows.
            detail: Detail = {"implied": True}
            if replaces:
                detail["or_replace"] = True
            work.add(f"{kind} column", target, name, "create", "definition", detail)


def create_table_as(work: Work, node: Node) -> None:
    into, query = node.into, node.query
    is_view = node.objtype == enums.ObjectType.OBJECT_MATVIEW
    kind = "materialized view" if is_view else "table"
    target = work.new_relation(into.rel)
    detail: Detail = {}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("relation", target.schema, target.name):
            work.use(work.relation_kind(target), target, None, {"if_not_exists": True})
            return
    given = strings(into.colNames or ())
    is_query = query.__class__.__name__ == "SelectStmt"
    columns = _columns(work, query, given) if is_query else None
    text = full_text(query, work.scope)
    if given:
        text += f" as {', '.join(given)}"
    if into.options:
        text += f" with {sorted(option_values(into.options).items(), key=str)}"
    if into.tableSpaceName:
        text += f" tablespace {into.tableSpaceName}"
    if into.accessMethod:
        text += f" using {into.accessMethod}"
    if into.skipData:
        text += " with no data"
        detail["with_data"] = False
    if into.rel.relpersistence == "u":
        detail["persistence"] = "unlogged"
    detail["definition"] = shortened(text)
    if is_query:
        _note_columns(detail, query, columns)
    work.add(kind, target, None, "create", "definition", detail)
    uses: Sequence[Touch] = ()
    if is_query:
        # SELECT INTO was taken apart by the parser: its target is not part of the query.
        uses = query_uses(query, work.scope, facet="reference" if is_view else "data")
        work.extend(uses if is_view else _marked(uses, query), by=kind)
    else:
        work.dispatch(work, query)
    shown = columns if columns is not None or given or not is_query else spelled_out(query)
    _view_columns(work, target, kind, shown, None, False, columns is not None)
    if is_view:
        _note_needs(work, target, uses)


def _marked(uses: Sequence[Touch], query: Node) -> list[Touch]:
    """The uses of a table's query; the new one takes the types of the columns that it copies."""
    copied = copied_columns(query)
    return [
        use._replace(detail={**use.detail, "copied": True}) if use.sub in copied else use
        for use in uses
    ]


def _note_needs(work: Work, target: Target, uses: Sequence[Touch]) -> None:
    """Remember what the view is made of: it goes with that, by CASCADE."""
    table = work.table(target)
    if table is None:
        return
    for use in uses:
        if use.kind in ("table", "table column") and "candidate" not in use.detail:
            place = (use.schema, use.name)
            table.needs.add((work.scope.tables.get(place, place), use.sub))


def select_into(work: Work, node: Node) -> None:
    """SELECT … INTO, which the parser leaves to the server to turn into CREATE TABLE AS."""
    into = node.intoClause
    target = work.new_relation(into.rel)
    columns = result_columns(node, work.scope)
    detail: Detail = {"definition": shortened(full_text(node, work.scope))}
    _note_columns(detail, node, columns)
    work.add("table", target, None, "create", "definition", detail)
    work.extend(_marked(query_uses(node, work.scope, facet="data"), node), by="table")
    shown = columns if columns is not None else spelled_out(node)
    _view_columns(work, target, "table", shown, None, False, columns is not None)


def refresh(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    detail: Detail = {"access": "write"}
    if node.concurrent:
        detail["concurrently"] = True
    if node.skipData:
        detail["with_data"] = False
    work.add("materialized view", target, None, "use", "data", detail)


__all__ = ["create_table_as", "create_view", "note_sequence", "refresh", "select_into"]
