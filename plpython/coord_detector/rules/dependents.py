"""What it means that a definition uses something: which dependents stop a change, which follow.

PostgreSQL records dependencies of several strengths (pg_depend.deptype): a view stops DROP COLUMN
unless CASCADE is given, an index simply goes with its column, and a function whose body is a
string is not recorded at all.
"""

from __future__ import annotations

from ..identity import COLUMN, RELATION, Key
from ..model import Touch

GOES_WITH_COLUMN = frozenset(("index", "statistics object", "sequence", "identity"))
"""Dependents of type AUTO and INTERNAL: dropped silently with the column they are made on."""

STOPS_RETYPE = frozenset(
    (
        "view",
        "materialized view",
        "rule",
        "policy",
        "trigger",
        "generated column",
        "function",
        "procedure",
        "publication",
    )
)
"""ALTER COLUMN TYPE is refused while one of these uses the column; indexes and constraints are
rebuilt."""


def is_looked_up(touch: Touch) -> bool:
    """Whether the server looks for the object when the statement is executed.

    PL/pgSQL bodies are looked up when they run, later; SQL bodies once, at CREATE.
    """
    detail = touch.detail
    return not detail.get("body") or bool(detail.get("checked"))


def blocks_drop(touch: Touch, key: Key) -> bool:
    """Whether a definition that uses the object stops DROP … RESTRICT."""
    detail = touch.detail
    by = detail.get("by")
    if detail.get("body") or by == "conversion":
        return False
    own = bool(detail.get("own"))
    if key.family == COLUMN:
        if by in GOES_WITH_COLUMN:
            return False
        return not (own and by == "table constraint")
    if key.family == RELATION:
        if own or by in (*GOES_WITH_COLUMN, "publication"):
            return False
        return detail.get("as") not in ("source", "partitioned table")
    return key.family != "publication"


def blocks_retype(touch: Touch) -> bool:
    """Whether a definition that uses the column stops ALTER COLUMN … TYPE."""
    detail = touch.detail
    if detail.get("body"):
        return False
    by = detail.get("by")
    return by in STOPS_RETYPE


__all__ = ["COLUMN", "RELATION", "blocks_drop", "blocks_retype", "is_looked_up"]
