"""What one rule says about one object of a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from ..identity import BARE_ROUTINE, ROUTINE, Key, conflict_type, container
from ..model import Outcome, Severity, Side
from .effects import Effect

STRENGTH: dict[str, int] = {"overlap": 0, "order": 1, "duplicate": 2, "clash": 3}

Weight = Literal["default", "warning", "error"]


class Verdict(NamedTuple):
    """One finding, before those of one pair are put together."""

    rule: str
    type: str
    outcome: Outcome
    severity: Severity
    first: Side | None
    objects: tuple[Key, ...]
    covers: tuple[Key, ...] = ()
    """Relations that need no mention of a mere overlap beside this."""


DEFAULT_SEVERITY: dict[str, Severity] = {"column": "error", "function": "error"}
"""What the documents say; everything else is a warning until it breaks something."""

OTHER: dict[Side, Side] = {"a": "b", "b": "a"}


def severity_of(kind: str, outcome: Outcome, weight: Weight = "default") -> Severity:
    if outcome == "clash" or weight == "error":
        return "error"
    if weight == "warning":
        return "warning"
    return DEFAULT_SEVERITY.get(kind, "warning")


Report = Callable[[Verdict], None]


def say(
    report: Report,
    rule: str,
    outcome: Outcome,
    effect: Effect,
    first: Side | None = None,
    *,
    kind: str | None = None,
    weight: Weight = "default",
    others: Iterable[Key] = (),
) -> None:
    """Report a verdict on the object of an effect."""
    type_ = kind or conflict_type(effect.touch.kind)
    key = effect.key
    covers = () if key.family in (ROUTINE, BARE_ROUTINE) else (container(key),)
    report(
        Verdict(
            rule,
            type_,
            outcome,
            severity_of(type_, outcome, weight),
            first,
            (key, *others),
            covers,
        )
    )
