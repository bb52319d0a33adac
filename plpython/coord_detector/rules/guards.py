"""What a touch says of IF EXISTS, IF NOT EXISTS, OR REPLACE, and of renames."""

from __future__ import annotations

from ..model import Touch


def guard(made: Touch) -> bool:
    return bool(made.detail.get("if_not_exists") or made.detail.get("or_replace"))


def is_guarded(gone: Touch) -> bool:
    return bool(gone.detail.get("if_exists") or gone.detail.get("implied"))


def skips(touch: Touch) -> bool:
    """IF EXISTS: nothing happens when the relation, or the object itself, is not there."""
    if touch.sub is None or touch.kind in ("trigger", "policy", "rule"):
        return bool(touch.detail.get("if_exists"))
    return bool(touch.detail.get("relation_if_exists"))


def was_there(made: Touch) -> bool:
    """IF NOT EXISTS, OR REPLACE: nothing new comes where it is there already."""
    return bool(made.detail.get("exists") and guard(made))


def is_rename(touch: Touch) -> bool:
    return touch.facet in ("name", "schema")


def just_goes(gone: Touch) -> bool:
    """It goes with something else, without being named."""
    return bool(gone.detail.get("implied")) and not is_rename(gone)


def same_move(a: Touch, b: Touch) -> bool:
    return a.facet == b.facet and a.detail.get("renamed_to") == b.detail.get("renamed_to")
