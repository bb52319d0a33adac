"""What happens when rows change or a routine is called: the bodies of what exists already.

A call runs a body, a change of rows fires triggers, and those use tables and columns that the
text never names. Only what the server can show as text is read (SQL and PL/pgSQL), and only
some levels deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import safe_parser
from ..identity import ROUTINE, family_of
from ..loader import ast
from ..model import Json, Touch
from ..names import Scope
from ..script_error import ScriptError
from ..uses import routine_body_uses
from . import queries, resolution
from .facts import BaseNames, Facts, Name, Query

MOST_LEVELS = 4
MOST_BODIES = 200
MOST_TABLES = 20
"""Of so many tables' triggers that run one function, the columns it uses are noted."""

LONGEST_BODY = 50_000
"""Longer ones, which nobody limited when they were created, would take the parser seconds."""


_FIRES_ON = {"insert": 4, "delete": 8, "update": 16, "truncate": 32}
"""Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h)."""


class Writes:
    """How one table's rows are changed."""

    __slots__ = ("bits", "columns", "statement_no")

    def __init__(self, statement_no: int) -> None:
        self.statement_no = statement_no
        self.bits = 0
        self.columns: set[str] = set()

    def fire(self, type_: int, columns: list[str] | None) -> bool:
        """Whether a trigger of this type, for UPDATE OF these columns, is fired."""
        common = type_ & self.bits
        if common == _FIRES_ON["update"] and columns and self.columns:
            return not self.columns.isdisjoint(columns)
        return bool(common)


def add(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """The touches, and what the routines and triggers behind them do."""
    names = BaseNames()
    extras: list[Touch] = []
    seen: set[int] = set()
    level = list(touches)
    made = {
        touch.name.partition("(")[0]
        for touch in touches
        if touch.action == "create" and family_of(touch.kind) == ROUTINE
    }
    for _ in range(MOST_LEVELS):
        routines: dict[int, int] = {}
        fired: dict[int, list[Name]] = {}
        tables: dict[int, Writes] = {}
        places: dict[int, Name] = {}
        for touch in level:
            names.follow(touch)
            if touch.action != "use" or touch.facet != "data" or touch.schema is None:
                continue
            if family_of(touch.kind) == ROUTINE:
                if touch.name.partition("(")[0] in made:
                    continue
                arguments = touch.detail.get("args")
                for routine in facts.called(
                    touch.schema, touch.name, arguments if isinstance(arguments, int) else None
                ):
                    routines.setdefault(routine.oid, touch.statement_no)
            elif touch.detail.get("access") == "write":
                _note_write(touch, facts, names, tables, places)
        tables = {oid: writes for oid, writes in tables.items() if oid not in seen}
        seen.update(tables)
        if tables:
            for row in query(queries.TRIGGERS, [sorted(tables)]):
                writes = tables[row["root"]]
                if writes.fire(row["type"], row["columns"]):
                    if row["function"] not in routines or row["function"] in fired:
                        fired.setdefault(row["function"], []).append(places[row["root"]])
                    routines.setdefault(row["function"], writes.statement_no)
        wanted = sorted(oid for oid in routines if oid not in seen)[:MOST_BODIES]
        if not wanted:
            break
        seen.update(wanted)
        found: list[Touch] = []
        for row in query(queries.BODIES, [wanted]):
            of_tables = fired.get(row["oid"], [])
            found += _performed(row, routines[row["oid"]], of_tables)
        if not found:
            break
        facts.learn(found)
        level = resolution.resolve(found, facts)
        extras += level
    return [*touches, *extras]


def _note_write(
    touch: Touch,
    facts: Facts,
    names: BaseNames,
    tables: dict[int, Writes],
    places: dict[int, Name],
) -> None:
    base = names.relation(touch.schema or "", touch.name)
    relation = facts.relations.get(base)
    if relation is None:
        return
    places[relation.oid] = base
    writes = tables.setdefault(relation.oid, Writes(touch.statement_no))
    if touch.sub is not None:
        writes.columns.add(names.column(base, touch.sub))
    elif touch.detail.get("truncate"):
        writes.bits |= _FIRES_ON["truncate"]
    elif touch.kind == "table":
        command = touch.detail.get("command")
        bit = _FIRES_ON.get(command) if isinstance(command, str) else None
        writes.bits |= bit if bit is not None else sum(_FIRES_ON.values())


def _performed(row: dict[str, Any], statement_no: int, of_tables: list[Name]) -> list[Touch]:
    """What a body does when it runs, as data touches of the statement that makes it run.

    ``of_tables`` are those whose triggers it is run by; none when it is called.
    """
    if len(row["text"]) > LONGEST_BODY:
        return []
    try:
        node = safe_parser.parse_sql(row["text"])[0].node
    except (safe_parser.Unparsable, ScriptError):
        return []
    if not isinstance(node, ast.CreateFunctionStmt):
        return []
    scope = Scope([row["schema"], "public"], statement_no)
    running: dict[str, Json] = {"via": "catalog", "access": "read"}
    if of_tables:
        # A trigger knows its function, whatever the function is called by now.
        running["fired"] = True
    kind = "procedure" if node.is_procedure else "function"
    found = [Touch(statement_no, kind, row["schema"], row["name"], None, "use", "data", running)]
    used = routine_body_uses(node, scope, of_tables[0] if of_tables else None)
    for table in of_tables[1:MOST_TABLES]:
        used += [
            touch
            for touch in routine_body_uses(node, scope, table)
            if (touch.schema, touch.name) == table and touch.sub is not None
        ]
    for touch in used:
        detail: dict[str, Json] = {
            name: value for name, value in touch.detail.items() if name not in ("body", "checked")
        }
        if detail.get("opaque"):
            continue
        detail.setdefault("access", "read")
        detail["via"] = "catalog"
        if "candidate" in detail:
            detail["candidate"] = f"{row['oid']}.{detail['candidate']}"
        found.append(touch._replace(facet="data", detail=detail))
    return found
