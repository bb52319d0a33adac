"""From what a caller hands in to touches and keys: arguments, text, catalog, in this order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from . import loader
from .catalog import enrich
from .footprint import footprint
from .identity import RELATION, display
from .identity import Key as ObjectKey
from .keys import TEMPORARY, Key, feature_key, keys_of
from .model import Json, Touch
from .names import Scope
from .net import net_effect
from .rules import VISIBLE
from .script import DEFAULT, Limits, ScriptError, Statement, parse_changes
from .touch_json import to_json

__all__ = ["footprint", "parse", "plan", "public_facet", "resolved_path", "touches_of"]

Query = Callable[[str, list[Any]], list[dict[str, Any]]]
Interrupts = Callable[[], None]

MEMBERS_OF_TABLES = frozenset(
    ("table column", "table constraint", "trigger", "policy", "rule", "default value")
)


class Plan(NamedTuple):
    """What is stored of an intent's changes."""

    statements: list[str]
    search_path: list[str]
    tables: list[str]
    tables_named: list[str]
    keys: list[Key]
    touches: str


def plan(
    statements: Sequence[Statement],
    path: Sequence[str],
    tables_declared: Sequence[str | None],
    feature_name: str,
    query: Query,
    interrupts: Interrupts,
    limits: Sequence[int] = DEFAULT,
) -> Plan:
    touches = touches_of(statements, path, query, interrupts)
    declared = declared_tables(tables_declared, path, query, Limits(*limits))
    named = sorted({shown(touch) for touch in declared})
    stored = [touch for touch in net_effect([*touches, *declared]) if touch.schema != TEMPORARY]
    return Plan(
        [statement.text for statement in statements],
        list(path),
        sorted({*tables_of(touches), *named}),
        named,
        [*keys_of(stored), feature_key(feature_name)],
        to_json(stored),
    )


def parse(
    changes: str | None,
    change_list: Sequence[str | None] | None,
    interrupts: Interrupts,
    limits: Sequence[int] = DEFAULT,
    argument: str = "schema_changes",
) -> list[Statement]:
    """Parse changes in either spelling."""
    if changes is not None:
        return parse_changes(changes, Limits(*limits), interrupts)
    if change_list is None:
        raise ScriptError("22004", f"{argument} must not be null", "", "give the DDL that you plan")
    given = [element for element in change_list if element is not None]
    if len(given) < len(change_list):
        raise ScriptError("22004", f"{argument} must not contain null", "", "leave it out")
    return parse_changes(given, Limits(*limits), interrupts)


def touches_of(
    statements: Sequence[Statement],
    path: Sequence[str],
    query: Query | None,
    interrupts: Interrupts,
) -> list[Touch]:
    """The footprint of statements, with what the catalog adds to it where it may be asked."""
    touches = footprint(statements, path, interrupts)
    return touches if query is None else enrich(touches, query)


LONGEST_PATH = 10_000
"""Characters of a search path: a hundred names of any length, quoted and escaped."""


def beginning(text: str) -> str:
    """What an error shows of an argument."""
    return text if len(text) <= 200 else f"{text[:200]}..."


def resolved_path(search_path: str | None, effective_path: Sequence[str]) -> list[str]:
    """The schemas to resolve names with: as given, else the caller's effective path."""
    if search_path is None:
        return [TEMPORARY if schema.startswith("pg_temp_") else schema for schema in effective_path]
    if not search_path.strip():
        return []
    wrong = ScriptError(
        "22023",
        "search_path is not a list of schema names",
        f"given: {beginning(search_path)}",
        "write it as in SET search_path: billing, public",
    )
    if len(search_path) > LONGEST_PATH:
        raise wrong
    try:
        statements = parse_changes(f"set search_path = {search_path}")
    except ScriptError:
        raise wrong from None
    node = statements[0].node
    if len(statements) != 1 or not isinstance(node, loader.ast.VariableSetStmt) or not node.args:
        raise wrong
    values = [getattr(argument, "val", None) for argument in node.args]
    schemas = [getattr(value, "sval", None) for value in values]
    if not all(isinstance(schema, str) for schema in schemas):
        raise wrong
    return [str(schema) for schema in schemas if schema]


def declared_tables(
    names: Sequence[str | None],
    path: Sequence[str],
    query: Query,
    limits: Limits = DEFAULT,
) -> list[Touch]:
    """Tables that the agent named, as touches that only say: I am busy here."""
    scope = Scope(path)
    touches = []
    count = 0
    for name in names:
        if not isinstance(name, str | None):
            raise ScriptError(
                "22023",
                "tables_affected must have one dimension",
                "",
                "give one array of names: ARRAY['users', 'billing.invoices']",
            )
        if name is None or not name.strip():
            raise ScriptError(
                "22023", "tables_affected contains an empty name", "", "leave the element out"
            )
        relations = parsed_names(name)
        count += len(relations)
        if count > limits.tables:
            raise ScriptError(
                "54000",
                "tables_affected names too many tables",
                f"the limit is {limits.tables}",
                f"name fewer, or raise the limit of {limits.tables} tables: "
                "the setting max_tables in coord.setting",
            )
        for relation in relations:
            parts = [part for part in (relation.schemaname, relation.relname) if part]
            places = scope.resolve(parts, "relation")
            detail: dict[str, Json] = {}
            if len(places) > 1:
                detail["candidate"] = scope.next_candidate_group()
            for schema, table in places:
                touches.append(Touch(0, "table", schema, table, None, "alter", "declared", detail))
    return enrich(touches, query) if touches else touches


def parsed_names(name: str) -> list[Any]:
    """A table name, or several with commas, as the parser reads them."""
    wrong = ScriptError(
        "22023",
        "tables_affected contains something that is not a table name",
        f"given: {beginning(name)}",
        'write names as in SQL: users, billing.invoices, "Order Items"',
    )
    try:
        # The mode is given here, so that a name cannot bring one along.
        statements = parse_changes(f"lock table {name}\n in share mode")
    except ScriptError:
        raise wrong from None
    if len(statements) != 1 or not isinstance(statements[0].node, loader.ast.LockStmt):
        raise wrong
    return list(statements[0].node.relations or ())


def tables_of(touches: Sequence[Touch]) -> set[str]:
    """The tables that a plan changes: itself, a member of it, or its rows."""
    found = set()
    placed: set[Json] = set()
    for touch in touches:
        if touch.schema == TEMPORARY:
            continue
        if touch.action == "use" and (
            touch.facet != "data" or touch.detail.get("access") == "read"
        ):
            continue
        if touch.kind != "table" and touch.kind not in MEMBERS_OF_TABLES:
            continue
        group = touch.detail.get("candidate")
        if group is not None:
            # Nobody knows which one it is: the first of the path stands for all.
            if group in placed:
                continue
            placed.add(group)
        found.add(shown(touch))
    return found


def shown(touch: Touch) -> str:
    """The relation of a touch, as the objects of a conflict show it."""
    return display(ObjectKey(RELATION, touch.schema, touch.name), VISIBLE)


def public_facet(touch: Touch) -> str | None:
    if "candidate" in touch.detail:
        return f"{touch.facet} (candidate)" if touch.facet else "(candidate)"
    return touch.facet
