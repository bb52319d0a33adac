"""What the SQL functions call: the only file that knows it runs inside a server.

Problems come back as data, ``[SQLSTATE, message, detail, hint]`` in the first place of a result,
because PL/Python would prefix the message of an exception; a PL/pgSQL function raises them. An
error of PostgreSQL itself (a cancelled query, a lock not had) passes through untouched.

Importing this file must not need the parser: whatever does is imported by ``analysis``, inside
the calls, so that a parser that cannot be loaded is a problem like any other.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

from . import loader
from .script import too_deep
from .script_error import ScriptError

Problem = list[str | None]

PROBLEMS = (ScriptError, loader.DetectorUnavailable, RecursionError)
"""What is handed back as data; a walk of ours that is too deep is an error about the text."""

INTERRUPT_SECONDS = 0.02
"""How much time passes between two checks for a cancelled query; each check is a query."""

_plpy: Any = None
_plans: dict[str, Any] = {}


def start(plpy: Any) -> None:
    """Called once by the function that loads this package into a session."""
    global _plpy
    _plpy = plpy


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Keep Python from looking for cycles in what is only being built: a quarter of the time.

    Trees and touches have none; they are freed when the call ends, as anything is.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@without_garbage_collection()
def footprint(
    changes: str | None,
    change_list: list[str | None] | None,
    search_path: str | None,
    effective_path: Sequence[str],
) -> tuple[Any, ...]:
    """The columns of ``coord.footprint``."""
    try:
        from . import analysis

        path = analysis.resolved_path(search_path, effective_path)
        statements = analysis.parse(changes, change_list, interrupts())
        touches = analysis.footprint(statements, path, interrupts())
    except PROBLEMS as error:
        return (problem(error), *[None] * 7)
    columns = list(zip(*(touch[:7] for touch in touches), strict=True)) or [()] * 7
    return (None, *columns[:6], [analysis.public_facet(touch) for touch in touches])


@without_garbage_collection()
def compare(
    text_a: str | None,
    list_a: list[str | None] | None,
    text_b: str | None,
    list_b: list[str | None] | None,
    search_path: str | None,
    effective_path: Sequence[str],
    use_catalog: bool,
    limits: Sequence[int],
) -> tuple[Problem | None, str | None]:
    """The rows of ``coord.compare_changes`` as JSON."""
    from . import detection

    try:
        from . import analysis

        path = analysis.resolved_path(search_path, effective_path)
        sides = [
            analysis.touches_of(
                analysis.parse(text, items, interrupts(), limits, argument),
                path,
                query if use_catalog else None,
                interrupts(),
            )
            for argument, text, items in (
                ("changes_a", text_a, list_a),
                ("changes_b", text_b, list_b),
            )
        ]
    except PROBLEMS as error:
        return problem(error), None
    return None, json.dumps(detection.between(sides[0], sides[1], path, interrupts()))


@without_garbage_collection()
def analyse(
    changes: str | None,
    change_list: list[str | None] | None,
    search_path: str | None,
    effective_path: Sequence[str],
    tables_declared: Sequence[str | None] | None,
    feature_name: str,
    limits: Sequence[int],
) -> tuple[Any, ...]:
    """Everything that is stored of a plan: statements, path, tables, keys and touches."""
    try:
        from . import analysis

        plan = analysis.plan(
            analysis.parse(changes, change_list, interrupts(), limits),
            analysis.resolved_path(search_path, effective_path),
            tables_declared or (),
            feature_name,
            query,
            interrupts(),
            limits,
        )
    except PROBLEMS as error:
        return (problem(error), *[None] * 8)
    return (
        None,
        plan.statements,
        plan.search_path,
        plan.tables,
        plan.tables_named,
        [key.key for key in plan.keys],
        [key.exclusive for key in plan.keys],
        [key.container for key in plan.keys],
        plan.touches,
    )


CANDIDATES = """
with mine as (
    select m.key, m.is_exclusive
    from unnest($1::text[], $2::boolean[]) as m (key, is_exclusive)
), matched as (
    select k.intent_no
    from mine m cross join lateral (
        select k.intent_no from coord.intent_key k
        where k.key = m.key collate "C" and k.is_active and k.is_exclusive offset 0) k
    union
    select k.intent_no
    from mine m cross join lateral (
        select k.intent_no from coord.intent_key k
        where k.key = m.key collate "C" and k.is_active and not k.is_exclusive offset 0) k
    where m.is_exclusive
)
select i.intent_no, i.id, i.agent_id, i.feature_name, i.branch_name, i.status, f.version
from matched c
cross join lateral (
    select i.* from coord.intent i where i.intent_no = c.intent_no offset 0) i
cross join lateral (
    select f.version from coord.intent_footprint f where f.intent_no = c.intent_no offset 0) f
where c.intent_no <> $3
order by c.intent_no
"""
"""Each look-up is fenced by OFFSET 0: from key to intent, one by one, whatever the statistics say.

A plan made while the tables were empty would otherwise be kept by a session in which they grow,
and read all that is active.
"""

FOOTPRINTS = """
select f.version, f.touches::text as touches
from coord.intent_footprint f where f.intent_no = any ($1::bigint[])
"""


def detect(
    intent_no: int | None,
    agent_id: str,
    feature_name: str,
    keys: Sequence[str],
    are_exclusive: Sequence[bool],
    touches: str,
    path: Sequence[str],
) -> str | None:
    """The conflicts of a footprint with every active intent that shares a key, as JSON."""
    candidates = query(CANDIDATES, [keys, are_exclusive, intent_no or 0])
    if not candidates:
        return None
    from . import detection

    others = [detection.Other(*candidate.values()) for candidate in candidates]
    unknown = detection.not_remembered(others)
    try:
        if unknown:
            for row in query(FOOTPRINTS, [unknown]):
                detection.remember(row["version"], row["touches"])
        found = detection.against(agent_id, feature_name, touches, path, others, interrupts())
    finally:
        detection.forget()
    return json.dumps(found) if found else None


def merge_order(nodes: str | None, edges: str) -> str:
    """Intents in an order to merge them, as JSON."""
    from .order import merge_order as sorted_by_need

    pairs = [(first, then) for first, then in json.loads(edges)]
    order = sorted_by_need(json.loads(nodes) if nodes else [], pairs)
    return json.dumps(
        [
            {"place": place, "intent_no": node, "cycle": cycle}
            for place, (node, cycle) in enumerate(order, start=1)
        ]
    )


def facts() -> tuple[Problem | None, str | None]:
    """What ``coord.detector_check`` shows of the parser."""
    try:
        return None, json.dumps(loader.facts())
    except loader.DetectorUnavailable as error:
        return problem(error), None


def problem(error: ScriptError | loader.DetectorUnavailable | RecursionError) -> Problem:
    if isinstance(error, RecursionError):
        error = too_deep()
    return [error.sqlstate, error.message, error.detail, error.hint]


def query(sql: str, arguments: Sequence[Any]) -> list[dict[str, Any]]:
    """Run one of our fixed queries, prepared once per session."""
    plan = _plans.get(sql)
    if plan is None:
        plan = _plans[sql] = _plpy.prepare(sql, [sql_type(value) for value in arguments])
    return list(_plpy.execute(plan, arguments))


def sql_type(value: Any) -> str:
    """The SQL type of an argument, told by its Python type; lists hold one type."""
    if isinstance(value, list | tuple):
        return (sql_type(value[0]) if value else "text") + "[]"
    if isinstance(value, bool):
        return "boolean"
    return "bigint" if isinstance(value, int) else "text"


def interrupts() -> Callable[[], None]:
    """A check for a cancelled query that asks the server now and then only."""
    due = monotonic() + INTERRUPT_SECONDS

    def check() -> None:
        nonlocal due
        if monotonic() >= due:
            query("select 1", [])
            due = monotonic() + INTERRUPT_SECONDS

    return check
