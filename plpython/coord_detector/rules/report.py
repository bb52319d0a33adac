"""Findings about single objects -> the conflicts of a pair, one for each type."""

from __future__ import annotations

from collections.abc import Container, Sequence

from ..identity import display
from ..model import Conflict, Side
from ..suggest import suggestions
from .verdict import STRENGTH, Verdict, severity_of

FAILS_IN_BOTH_ORDERS = frozenset(
    (
        "same-name",
        "both-rename",
        "rename-and-drop",
        "drop-while-used",
        "key-dropped-while-used",
        "one-source-of-values",
        "sequence-with-one-owner",
        "row-against-check",
        "row-without-value",
        "same-key-twice",
        "two-primary-keys",
        "schema-not-empty",
        "shape-of-a-child",
        "partitions-overlap",
        "opposite-orders",
    )
)
"""Clashes that no order avoids; with the others the last writer wins."""


WORKS_TWICE = frozenset(
    (
        "same-plan",
        "same-value",
        "same-grant",
        "same-index-other-name",
        "same-replacement",
        "same-definition-again",
        "both-drop-if-there",
    )
)
"""Duplicates of which the second changes nothing, or does no harm: no order is wrong."""


def in_the_same_plan(verdict: Verdict) -> Verdict:
    """A finding where both do the very same: no order of the two can be another one.

    It stays a clash only where the second cannot do it again.
    """
    if verdict.outcome not in ("order", "clash") or verdict.rule in FAILS_IN_BOTH_ORDERS:
        return verdict
    severity = severity_of(verdict.type, "duplicate")
    return verdict._replace(rule="same-plan", outcome="duplicate", severity=severity, first=None)


def put_together(
    verdicts: Sequence[Verdict], overlaps: Sequence[Verdict], visible: Container[str]
) -> list[Conflict]:
    covered = {key for verdict in verdicts for key in verdict.covers}
    found = [*verdicts, *(one for one in overlaps if one.objects[0] not in covered)]
    firsts = {one.first for one in found if one.outcome == "order"}
    if len(firsts) > 1:
        # It would take A before B and B before A: no order works.
        found = [_as_clash(one) if one.outcome == "order" else one for one in found]
    elif firsts and not any(
        one.outcome == "clash" and one.rule in FAILS_IN_BOTH_ORDERS for one in found
    ):
        # Only one order works at all: then who comes last is no longer open.
        [first] = firsts
        found = [_in_order(one, first) for one in found]
    by_type: dict[str, list[Verdict]] = {}
    for one in found:
        by_type.setdefault(one.type, []).append(one)
    conflicts = [_conflict(type_, group, visible) for type_, group in by_type.items()]
    conflicts.sort(key=_strongest_first)
    return conflicts


def _in_order(verdict: Verdict, first: Side | None) -> Verdict:
    """A finding beside another that leaves one order only."""
    if verdict.outcome == "clash":
        return verdict._replace(outcome="order", first=first)
    if verdict.outcome == "duplicate" and verdict.rule in WORKS_TWICE:
        return verdict._replace(outcome="overlap")
    return verdict


def _as_clash(verdict: Verdict) -> Verdict:
    return verdict._replace(rule="opposite-orders", outcome="clash", severity="error", first=None)


def _conflict(type_: str, group: Sequence[Verdict], visible: Container[str]) -> Conflict:
    strongest = max(group, key=lambda one: (STRENGTH[one.outcome], one.severity == "error"))
    severity = "error" if any(one.severity == "error" for one in group) else "warning"
    objects = tuple(sorted({display(key, visible) for one in group for key in one.objects}))
    return Conflict(
        type_,
        "error" if severity == "error" else "warning",
        strongest.outcome,
        objects,
        strongest.first,
        strongest.rule,
        suggestions(type_, strongest.outcome, strongest.rule, objects, strongest.first),
    )


def _strongest_first(conflict: Conflict) -> tuple[int, int, str]:
    return (-STRENGTH[conflict.outcome], conflict.severity != "error", conflict.type)
