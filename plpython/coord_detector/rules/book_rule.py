"""What the book tells of a rule, and the schemas that its examples begin with."""

from __future__ import annotations

from typing import NamedTuple

from ..model import Outcome, Side


class Rule(NamedTuple):
    """One rule. The example is what the first side and the second do after the setup."""

    name: str
    outcome: Outcome
    says: str
    reason: str
    source: str
    setup: str
    a: str
    b: str
    first: Side | None = None
    times: int = 1
    """How often each side says the same again in the example."""


TABLE = "create table t (id integer primary key, c text, d text);"
ENUM = "create type mood as enum ('sad', 'ok', 'happy');"
FUNCTION = "create function f(a integer) returns integer language sql as 'select a';"
PARTS = (
    "create table p (id integer, c text) partition by range (id);"
    " create table p1 partition of p for values from (0) to (10);"
    " create table p2 (id integer, c text);"
)
