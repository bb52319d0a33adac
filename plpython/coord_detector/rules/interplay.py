"""Two effects on one object -> what that means: which rules to ask, by what each side does.

The functions that are asked answer for one combination each; the names in quotation marks that
they give are those of the rule book, where each has its reason, its source and an example that
the tests execute.
"""

from __future__ import annotations

from collections.abc import Callable

from ..model import Side
from .both_live import both_live, different_namespaces
from .both_stay import both_stay
from .effects import Effect
from .one_makes import one_creates, one_ensures
from .one_takes_away import one_drops, one_replaces
from .verdict import Report

_LIFE: dict[str, Callable[[Effect, Effect, Side, Report], None]] = {
    "create": one_creates,
    "ensure": one_ensures,
    "drop": one_drops,
    "replace": one_replaces,
}


def interplay(a: Effect, b: Effect, report: Report) -> None:
    """Report what the rules say about an object that both sides touch."""
    life_a, life_b = a.life, b.life
    if life_a and life_b:
        if not different_namespaces(a, b):
            both_live(a, life_a, b, life_b, report)
    elif life_a:
        _LIFE[life_a](a, b, "a", report)
    elif life_b:
        _LIFE[life_b](b, a, "b", report)
    else:
        both_stay(a, b, report)
