"""The types of used columns: a definition that shows a column needs the column's type."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import COLUMN, family_of
from ..model import Json, Touch
from .consequences import VIA
from .facts import BaseNames, Facts, Name

_OF_KEYS = frozenset(("index", "table constraint", "partition key", "statistics object"))
"""What is made of columns, and needs their types only in expressions."""


def add(touches: Sequence[Touch], facts: Facts) -> list[Touch]:
    """The touches, and the uses of types that go with uses of columns."""
    if not facts.user_types:
        return list(touches)
    names = BaseNames()
    seen: set[tuple[int, Name, Json]] = set()
    checks = {
        (touch.statement_no, touch.sub)
        for touch in touches
        if touch.kind == "table constraint" and touch.detail.get("constraint_type") == "check"
    }
    result: list[Touch] = []
    for touch in touches:
        names.follow(touch)
        result.append(touch)
        if touch.action != "use" or touch.facet != "reference" or touch.schema is None:
            continue
        if family_of(touch.kind) != COLUMN or touch.sub is None or "candidate" in touch.detail:
            continue
        number, by = touch.statement_no, touch.detail.get("by")
        if by in _OF_KEYS and (number, touch.detail.get("constraint")) not in checks:
            continue
        base = names.relation(touch.schema, touch.name)
        type_ = facts.user_types.get((*base, names.column(base, touch.sub)))
        if type_ is not None and (number, type_, by) not in seen:
            seen.add((number, type_, by))
            detail: dict[str, Json] = {**VIA}
            for word in ("by", "body"):
                if word in touch.detail:
                    detail[word] = touch.detail[word]
            result.append(Touch(number, "type", *type_, None, "use", "reference", detail))
    return result
