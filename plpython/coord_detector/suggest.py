"""What to do about a conflict: specific to its objects, its outcome and who is on the other side.

Texts name the two sides ``{a}`` and ``{b}``; ``for_agents`` fills in who they are, so that the
rules, which know neither agents nor features, stay free of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from .model import Conflict, Outcome, Side


def suggestions(
    type_: str, outcome: Outcome, rule: str, objects: Sequence[str], first: Side | None
) -> tuple[str, ...]:
    """Suggestions for two changes that have no agent: ``change a`` and ``change b``."""
    return suggest(type_, outcome, rule, objects, first, "change a", "change b")


def for_agents(conflict: Conflict, a: str, b: str) -> tuple[str, ...]:
    """The same for two intents, each shown as its agent and feature."""
    return suggest(
        conflict.type, conflict.outcome, conflict.rule, conflict.objects, conflict.first, a, b
    )


def suggest(
    type_: str,
    outcome: Outcome,
    rule: str,
    objects: Sequence[str],
    first: Side | None,
    a: str,
    b: str,
) -> tuple[str, ...]:
    what = _listed(objects)
    if outcome == "order":
        one, two = (a, b) if first == "a" else (b, a)
        return (
            f"Apply {one} before {two}",
            f"Adapt {two} to {what} as {one} leaves it",
        )
    if outcome == "duplicate":
        return (
            f"Keep {what} in one of {a} and {b}, and drop it from the other",
            f"Agree with {b} on who owns {what}",
        )
    if outcome == "clash":
        texts = [f"Merge what {a} and {b} do to {what} into one change"]
        if type_ == "column":
            texts.append(f"Choose a different column name than {what} for one of the two")
        elif type_ == "function":
            texts.append(f"Rename one of the two versions of {what}")
        else:
            texts.append(f"Let one side leave {what} alone")
        return tuple(texts)
    if type_ == "table":
        return (
            f"Coordinate column naming on {what} with {b}",
            f"Consider applying {a} and {b} one after the other",
            f"Review {what} for conflicts that the definitions do not show",
        )
    if type_ == "constraint":
        return (f"Check that the constraints of {what} in {a} and {b} can hold together",)
    return (f"Review {what} together with {b}",)


def _listed(objects: Sequence[str], most: int = 5) -> str:
    if not objects:
        return "the object"
    if len(objects) > most:
        return f"{', '.join(objects[:most])} and {len(objects) - most} more"
    if len(objects) == 1:
        return objects[0]
    return f"{', '.join(objects[:-1])} and {objects[-1]}"
