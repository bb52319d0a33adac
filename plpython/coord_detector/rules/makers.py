"""What uses an object because a statement makes it, when the other side takes that away itself.

A view that one side makes stops the other from dropping a column, unless the other drops this
very view first: then only the object's own coming and going is left to be judged.
"""

from __future__ import annotations

from ..identity import MEMBERS, RELATION, Key, container
from ..model import Side, Touch
from . import dependents
from .effects import Effect, Prepared
from .needs import looked_up_by
from .verdict import OTHER, Verdict

STOPPED = frozenset(
    ("drop-while-used", "replace-before-use", "retype-before-use", "retype-before-expression")
)
"""Verdicts that are about a definition which stands in the way."""


def reconsider(
    verdicts: list[Verdict], since: int, effects: tuple[Effect, Effect], a: Prepared, b: Prepared
) -> None:
    """Correct the newest verdicts, on one object, where what stands in the way goes too."""
    kept: list[Verdict] = []
    for verdict in verdicts[since:]:
        if verdict.rule in STOPPED:
            user: Side = _user(verdict, effects)
            ours, theirs = (a, b) if user == "a" else (b, a)
            effect = effects[0] if user == "a" else effects[1]
            standing = _in_the_way(verdict, effect)
            if standing and all(_goes_too(touch, ours, theirs) for touch in standing):
                if verdict.rule == "drop-while-used":
                    kept.append(
                        verdict._replace(rule="use-before-drop", outcome="order", first=user)
                    )
                continue
        kept.append(verdict)
    verdicts[since:] = kept


def _user(verdict: Verdict, effects: tuple[Effect, Effect]) -> Side:
    """The side whose definition stands in the way."""
    if verdict.first is not None:
        return OTHER[verdict.first]
    return "b" if effects[0].drop is not None else "a"


def _in_the_way(verdict: Verdict, user: Effect) -> list[Touch]:
    if verdict.rule == "retype-before-use":
        return [touch for touch in looked_up_by(user) if dependents.blocks_retype(touch)]
    if verdict.rule == "retype-before-expression":
        return [touch for touch in looked_up_by(user) if "compared" in touch.detail]
    return [touch for touch in looked_up_by(user) if dependents.blocks_drop(touch, user.key)]


def _goes_too(use: Touch, ours: Prepared, theirs: Prepared) -> bool:
    """Whether the other side takes away all that the statement makes, or sets it anew."""
    made = ours.makers.get(use.statement_no, {})
    return bool(made) and all(_is_taken(touch, key, theirs) for key, touch in made.items())


def _is_taken(made: Touch, key: Key, by: Prepared) -> bool:
    effect = by.effects.get(key)
    if effect is not None and (effect.drop is not None or "default" in effect.alters):
        return effect.drop is not None or made.facet == "default"
    if key.family in MEMBERS:
        owner = by.effects.get(container(key))
        return owner is not None and owner.key.family == RELATION and owner.drop is not None
    return False
