"""The vocabulary of the detector: what a statement touches, and what a conflict is.

Everything else in this package produces or consumes these values; nothing here
knows about PostgreSQL's parser, its catalogs or a server.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Action = Literal["create", "alter", "drop", "use"]
Outcome = Literal["overlap", "duplicate", "order", "clash"]
Severity = Literal["warning", "error"]
Side = Literal["a", "b"]

NO_DETAIL: Mapping[str, Json] = MappingProxyType({})


class Touch(NamedTuple):
    """One aspect of one database object that one statement creates, alters, drops or uses.

    ``kind`` is PostgreSQL's own word, as ``pg_event_trigger_ddl_commands().object_type``
    prints it. ``name`` is the object itself; for a column, constraint, trigger, policy or
    rule it is the relation that the member belongs to, and ``sub`` is the member. A
    routine's ``name`` carries its argument types: ``f(integer,text)``.
    """

    statement_no: int
    kind: str
    schema: str | None
    name: str
    sub: str | None
    action: Action
    facet: str | None
    detail: Mapping[str, Json] = NO_DETAIL


class Conflict(NamedTuple):
    """What two sets of touches do to each other: one row for each conflict type of a pair."""

    type: str
    severity: Severity
    outcome: Outcome
    objects: tuple[str, ...]
    first: Side | None
    rule: str
    suggestions: tuple[str, ...] = ()
