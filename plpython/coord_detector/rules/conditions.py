"""Whether two changes of rows can reach the same row, as far as constants tell.

A condition is a list of ``[column, operator, value]``, all of which must hold.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..model import Json

Values = Mapping[str, Json]
Condition = list[list[Json]]


def condition_of(detail: Mapping[str, Json], where_told: str = "where") -> Condition:
    where = detail.get(where_told)
    return [part for part in where if isinstance(part, list)] if isinstance(where, list) else []


def columns_of(condition: Condition) -> set[str]:
    return {str(part[0]) for part in condition}


def holds(part: list[Json], values: Values) -> bool | None:
    """Whether one comparison holds for a row of which these values are known."""
    column, operator, wanted = str(part[0]), part[1], part[2]
    if column not in values:
        return None
    value = values[column]
    if operator == "null":
        return value is None
    if value is None:
        return False
    if operator == "not null":
        return True
    if operator == "in":
        return value in wanted if isinstance(wanted, list) else None
    if operator == "=":
        return value == wanted
    if operator == "<>":
        return value != wanted
    left, right = _number(value), _number(wanted)
    if left is None or right is None:
        return None
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    return left >= right


def satisfied(condition: Condition, values: Values) -> bool | None:
    """Whether a row satisfies all of it; None when that depends on what is not known."""
    answers = [holds(part, values) for part in condition]
    if False in answers:
        return False
    return None if None in answers else True


def is_violated(check: Condition, values: Values) -> bool:
    """Whether a CHECK refuses a row for certain: what is NULL in it is no reason."""
    return any(
        holds(part, values) is False and (values[str(part[0])] is not None or part[1] == "not null")
        for part in check
    )


def disjoint(one: Condition, two: Condition) -> bool:
    """Whether no row can satisfy both, for certain."""
    fixed_one, fixed_two = fixed(one), fixed(two)
    return satisfied(two, fixed_one) is False or satisfied(one, fixed_two) is False


def fixed(condition: Condition) -> dict[str, Json]:
    """Values that a condition leaves no choice of."""
    values: dict[str, Json] = {}
    for column, operator, value in condition:
        if operator == "=":
            values[str(column)] = value
        elif operator == "null":
            values[str(column)] = None
    return values


def _number(value: Json) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
