"""From the beginning of an intent's id to the whole."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from confiture_coord.cli.problem import Problem

if TYPE_CHECKING:
    from confiture_coord.registry import IntentRegistry

SHORTEST = 8


def intent_id(coord: IntentRegistry, given: str) -> str:
    """The id that begins so; an error if none does, or several do."""
    try:
        return str(UUID(given))
    except ValueError:
        pass
    digits = given.lower().replace("-", "")
    if not digits or digits.strip("0123456789abcdef") or len(digits) > 32:
        return given  # the registry says that there is no such intent
    if len(digits) < SHORTEST:
        raise Problem(
            "22023",
            f"intent id {given} is too short to be sure",
            hint=f"Give at least its first {SHORTEST} characters.",
        )
    found = coord.find_intents(digits)
    if len(found) > 1:
        raise Problem(
            "22023",
            f"{'more than ' if len(found) == 20 else ''}{len(found)} intents have an id that "
            f"begins with {given}",
            "\n".join(f"{each.id}  {each.agent_id}  {each.feature_name}" for each in found),
            "Give more characters.",
        )
    return found[0].id if found else given
