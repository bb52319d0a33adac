"""Routines that one side names without argument types: calls, and DROP FUNCTION f."""

from __future__ import annotations

from ..identity import Key, key_of
from ..model import Json, Side, Touch
from .effects import Effect, Prepared, enter
from .interplay import interplay
from .verdict import Report, say

MOST_CALLS = 50
"""So many calls with one number of arguments tell all that matters about them."""


def compare(a: Prepared, b: Prepared, key: Key, report: Report) -> None:
    """Compare what both do to routines of one name, where at least one does not say to which."""
    if a.effects[key].is_touched and b.effects[key].is_touched:
        interplay(a.effects[key], b.effects[key], report)
    for caller, other, side in ((a, b, "a"), (b, a, "b")):
        signatures = other.signatures.get(key, ())
        if not signatures:
            continue
        named: Side = "a" if side == "a" else "b"
        if caller.effects[key].is_touched:
            _called(caller.effects[key], signatures, named, report)
        _ambiguous(caller.signatures.get(key, ()), signatures, named, report)


def _called(
    calling: Effect, signatures: list[Touch] | tuple[Touch, ...], side: Side, report: Report
) -> None:
    by_signature: dict[str, list[Touch]] = {}
    for touch in signatures:
        by_signature.setdefault(touch.name, []).append(touch)
    by_count: dict[Json, list[Touch]] = {}
    for touch in (*calling.uses, *calling.data):
        by_count.setdefault(touch.detail.get("args"), []).append(touch)
    for name, touches in by_signature.items():
        one = Effect(calling.key, calling.touch)
        for arguments, calls in by_count.items():
            if _fits(arguments, name, touches):
                for touch in calls[:MOST_CALLS]:
                    enter(one, touch)
        for touch in _by_name(calling):
            enter(one, touch)
        two = Effect(key_of(touches[0]), touches[0])
        for touch in touches:
            enter(two, touch)
        if not one.is_touched:
            continue
        if side == "a":
            interplay(one, two, report)
        else:
            interplay(two, one, report)


def _by_name(effect: Effect) -> list[Touch]:
    """Changes of the routine, not calls: there is only one of that name, or they fail."""
    changes = [touch for touches in effect.alters.values() for touch in touches]
    return [touch for touch in (effect.drop, effect.create, *changes) if touch is not None]


def _fits(arguments: Json, signature: str, touches: list[Touch]) -> bool:
    """Whether a call with so many arguments can mean this routine."""
    if not isinstance(arguments, int):
        return True
    declared = _count(signature)
    if arguments == declared:
        return True
    made = next((touch for touch in touches if touch.action == "create"), None)
    if made is None:
        return False
    return ("has_defaults" if arguments < declared else "variadic") in made.detail


def _count(signature: str) -> int:
    """How many arguments a signature has: commas outside parentheses and quotes.

    Of a prefix operator the left one is ``none``.
    """
    inside = signature.partition("(")[2].removesuffix(")")
    if not inside:
        return 0
    depth, quoted, count = 0, False, 1
    for character in inside:
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and not depth:
            count += 1
    return count - inside.startswith("none,")


def _ambiguous(
    named: list[Touch] | tuple[Touch, ...],
    signatures: list[Touch] | tuple[Touch, ...],
    side: Side,
    report: Report,
) -> None:
    """DROP FUNCTION f works while there is one f: a second one makes it ambiguous."""
    for touch in named:
        if not touch.detail.get("bare"):
            continue
        for made in signatures:
            if (
                made.action == "create"
                and made.name != touch.name
                and not made.detail.get("exists")
            ):
                say(
                    report,
                    "name-becomes-ambiguous",
                    "order",
                    Effect(key_of(touch), touch),
                    side,
                    weight="error",
                )
                return
