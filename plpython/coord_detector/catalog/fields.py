"""``(address).city``: a field of a column is a column of the column's type."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from .facts import BaseNames, Facts


def add(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """The touches, and the fields that they use of columns which are rows themselves."""
    names = BaseNames()
    result: list[Touch] = []
    for touch in touches:
        names.follow(touch)
        result.append(touch)
        fields = touch.detail.get("fields")
        if not isinstance(fields, list) or touch.schema is None or touch.sub is None:
            continue
        base = names.relation(touch.schema, touch.name)
        type_ = facts.user_types.get((*base, names.column(base, touch.sub)))
        if type_ is None:
            continue
        detail: dict[str, Json] = {
            word: value
            for word, value in touch.detail.items()
            if word not in ("fields", "own", "candidate", "or_elsewhere", "depth")
        }
        result += [
            touch._replace(schema=type_[0], name=type_[1], sub=str(field), detail=detail)
            for field in fields
        ]
    return result
