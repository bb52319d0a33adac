"""Touches x touches -> conflicts: the verdict that PostgreSQL would give if both were run.

``prepare`` is the work for one intent, ``compare`` for a pair. The rules themselves are in
``interplay`` and its neighbours, by what each side does to an object; what each of them says,
why, and an example that the tests execute stand in ``book``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

from ..identity import MEMBERS, RELATION, Key, container, is_bare
from ..model import Conflict, Touch
from ..net import net_effect
from . import calls, makers, pairwide, retyping
from .effects import LIVES, Effect, Prepared
from .interplay import interplay
from .overlap import constraints_overlap, tables_overlap
from .report import in_the_same_plan, put_together
from .verdict import Verdict

__all__ = ["Prepared", "compare", "prepare"]

VISIBLE = ("public",)

Interrupts = Callable[[], None]


def prepare(touches: Sequence[Touch]) -> Prepared:
    """The net effect of one intent's touches, indexed by object."""
    return Prepared(retyping.with_labels(net_effect(touches)))


def compare(
    a: Prepared,
    b: Prepared,
    visible_schemas: Container[str] = VISIBLE,
    interrupts: Interrupts | None = None,
) -> list[Conflict]:
    """What two intents do to each other: one conflict for each type, strongest first.

    Names are shown without their schema where it is one of the visible ones.
    """
    mine, theirs = a.effects, b.effects
    verdicts: list[Verdict] = []
    overlaps: list[Verdict] = []
    common = mine.keys() & theirs.keys()
    settled = _settled(mine, theirs, common)
    for number, key in enumerate(common):
        if interrupts is not None and not number % 1000:
            interrupts()
        if settled and key.family in MEMBERS and container(key) in settled:
            continue
        one, two = mine[key], theirs[key]
        if is_bare(key):
            calls.compare(a, b, key, verdicts.append)
            continue
        before = len(verdicts)
        interplay(one, two, verdicts.append)
        if len(verdicts) > before:
            makers.reconsider(verdicts, before, (one, two), a, b)
        elif key.family == RELATION:
            constraints_overlap(one, two, overlaps.append) or tables_overlap(
                one, two, overlaps.append
            )
    pairwide.compare(a, b, verdicts.append)
    if not verdicts and not overlaps:
        return []
    if _are_the_same(a, b):
        verdicts = [in_the_same_plan(one) for one in verdicts]
    return put_together(verdicts, overlaps, visible_schemas)


def _are_the_same(a: Prepared, b: Prepared) -> bool:
    """Whether both do the very same: then the order of the two cannot matter.

    Of rows that are written, and of code that is opaque, the touches do not tell all.
    """
    return a.touches == b.touches and not any(
        touch.kind == "unknown" or touch.detail.get("access") == "write" for touch in a.touches
    )


def _settled(mine: dict[Key, Effect], theirs: dict[Key, Effect], common: set[Key]) -> set[Key]:
    """Relations whose coming or going says all there is to say about their members."""
    settled = set()
    for key in common:
        if key.family == RELATION:
            one, two = mine[key], theirs[key]
            if (one.flags & LIVES and two.flags & LIVES) or _goes(one) or _goes(two):
                settled.add(key)
    return settled


def _goes(effect: Effect) -> bool:
    if effect.replaces:
        return True
    return effect.drop is not None and effect.drop.facet not in ("name", "schema")
