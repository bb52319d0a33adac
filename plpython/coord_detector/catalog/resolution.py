"""Names that the text leaves open: which of the candidates the catalog has."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import MEMBERS, ROUTINE, family_of
from ..model import Touch
from .facts import BaseNames, Facts


def resolve(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """Keep of each set of candidates the one that exists; complete bare names of routines."""
    groups: dict[object, list[int]] = {}
    for index, touch in enumerate(touches):
        group = touch.detail.get("candidate")
        if group is not None:
            groups.setdefault(group, []).append(index)
    names = BaseNames()
    there: set[int] = set()
    if groups:
        for index, touch in enumerate(touches):
            names.follow(touch)
            if "candidate" in touch.detail and _is_there(touch, facts, names):
                there.add(index)
    settled: dict[int, Touch | None] = {}
    for indexes in groups.values():
        found = [index for index in indexes if index in there]
        if not found:
            continue
        nearest = min(_depth(touches[index]) for index in found)
        chosen = [index for index in found if _depth(touches[index]) == nearest]
        first = touches[chosen[0]]
        if first.kind not in ("table column", "view column"):
            # One name: the first schema of the path that has it.
            chosen = [
                index
                for index in chosen
                if (touches[index].schema, touches[index].name) == (first.schema, first.name)
            ]
        for index in indexes:
            settled[index] = _certain(touches[index]) if index in chosen else None
    result: list[Touch] = []
    for index, touch in enumerate(touches):
        kept = settled.get(index, touch)
        if kept is not None:
            result.append(_with_signature(kept, facts))
    return result


def _is_there(touch: Touch, facts: Facts, names: BaseNames) -> bool:
    if family_of(touch.kind) == ROUTINE and touch.schema is not None:
        arguments = touch.detail.get("args")
        known = facts.called(
            touch.schema, touch.name, arguments if isinstance(arguments, int) else None
        )
        return bool(known)
    if touch.action == "create" and family_of(touch.kind) in MEMBERS:
        # The member is yet to come; the relation that gets it is the one that is there.
        touch = touch._replace(kind="table", sub=None)
    return bool(facts.exists(touch, names))


def _depth(touch: Touch) -> int:
    depth = touch.detail.get("depth")
    return depth if isinstance(depth, int) else 0


def _certain(touch: Touch) -> Touch:
    detail = {
        name: value for name, value in touch.detail.items() if name not in ("candidate", "depth")
    }
    return touch._replace(detail=detail)


def _with_signature(touch: Touch, facts: Facts) -> Touch:
    """DROP FUNCTION f: the one that there is, with its argument types."""
    if family_of(touch.kind) != ROUTINE or "(" in touch.name or touch.schema is None:
        return touch
    if touch.action == "use":
        return touch
    routine = facts.routine(touch.schema, touch.name)
    if routine is None:
        return touch
    return touch._replace(
        name=f"{touch.name}({routine.types})", detail={**touch.detail, "bare": True}
    )
