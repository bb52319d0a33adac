"""The weakest interaction: two changes of one table that do not get into each other's way."""

from __future__ import annotations

from ..identity import RELATION
from ..model import Touch
from .effects import READS_DATA, REFERS, WRITES, WRITES_DATA, Effect
from .verdict import Report, Verdict

_ANY = READS_DATA | WRITES_DATA | REFERS | WRITES

_SHOWN_AS = {
    "view": "view",
    "materialized view": "materialized view",
}
_SILENT = frozenset(
    (
        "type",
        "domain",
        "composite type",
        "sequence",
        "index",
        "partitioned index",
        "enum value",
        "type attribute",
        "composite type column",
        "domain constraint",
    )
)


def _in_passing(effect: Effect) -> bool:
    """Whether it only loses what CASCADE takes along, or gets rows from a trigger."""
    return (
        not (effect.alters or effect.create or effect.drop)
        and all(_is_taken_along(touch) for touch in effect.members)
        and all(touch.detail.get("via") == "catalog" for touch in effect.uses)
        and all(_is_by_the_way(touch) for touch in effect.data)
    )


def _is_taken_along(member: Touch) -> bool:
    return member.action == "drop" and member.detail.get("via") == "catalog"


def _is_by_the_way(data: Touch) -> bool:
    """Whether a trigger or a routine changes the rows, and not a statement, or its parent's."""
    return data.detail.get("via") == "catalog" and "inherited" not in data.detail


def constraints_overlap(a: Effect, b: Effect, report: Report) -> bool:
    """Both change constraints of one table."""
    if a.key.family != RELATION:
        return False
    if not (_changes_constraints(a) and _changes_constraints(b)):
        return False
    if _kind(a, b) in _SILENT:
        return False
    report(
        Verdict(
            "constraints-of-one-table",
            "constraint",
            "overlap",
            "warning",
            None,
            (a.key,),
            (a.key,),
        )
    )
    return True


def tables_overlap(a: Effect, b: Effect, report: Report) -> bool:
    """Both touch one table, and one changes what the other may rely on."""
    if a.key.family != RELATION:
        return False
    if a.life == b.life == "drop":
        return False  # it goes, whoever lets it go
    if _in_passing(a) != _in_passing(b):
        return False
    one, two = a.flags, b.flags
    data = READS_DATA | WRITES_DATA
    if not (
        (one & WRITES and two & _ANY)
        or (two & WRITES and one & _ANY)
        or (one & WRITES_DATA and two & data)
        or (two & WRITES_DATA and one & data)
    ):
        return False
    kind = _kind(a, b)
    if kind in _SILENT:
        return False
    report(
        Verdict(
            "one-table",
            _SHOWN_AS.get(kind, "table"),
            "overlap",
            "warning",
            None,
            (a.key,),
            (a.key,),
        )
    )
    return True


def _changes_constraints(effect: Effect) -> bool:
    return any(touch.kind == "table constraint" for touch in effect.members)


def _kind(a: Effect, b: Effect) -> str:
    """What the relation is: uses call every relation a table, its own statements know better."""
    for effect in (a, b):
        kind = effect.touch.kind
        if kind in _SHOWN_AS or kind in _SILENT:
            return kind
    return "table"
