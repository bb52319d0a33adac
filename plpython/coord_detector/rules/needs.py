"""What of an effect needs its object to be there, under its name, when it is executed."""

from __future__ import annotations

from ..model import Touch
from . import dependents
from .effects import Effect
from .guards import skips


def needed_by(effect: Effect) -> list[Touch]:
    """What needs the object to be there when it is executed."""
    return [*changes_of(effect), *data_named_by(effect), *looked_up_by(effect)]


def changes_of(effect: Effect) -> list[Touch]:
    """What changes the object or a member of it, under its name."""
    changes = [touch for touches in effect.alters.values() for touch in touches]
    return [
        touch
        for touch in (*changes, *effect.members)
        if touch.facet != "declared"
        and not touch.detail.get("implied")
        and not ("absent" in touch.detail and skips(touch))
    ]


def data_named_by(effect: Effect) -> list[Touch]:
    return [
        touch
        for touch in effect.data
        if not touch.detail.get("inherited") and not touch.detail.get("fired")
    ]


def looked_up_by(effect: Effect) -> list[Touch]:
    return [
        touch
        for touch in effect.uses
        if touch.facet != "absence"
        and touch.detail.get("via") != "catalog"
        and dependents.is_looked_up(touch)
    ]
