"""Whether two partitions of one table would claim the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

from ..model import Json

Bounds = Mapping[str, Json]


def overlap(one: Bounds, two: Bounds) -> bool:
    """Tell for certain; values that cannot be compared are taken to be apart."""
    if one.get("default") or two.get("default"):
        return bool(one.get("default") and two.get("default"))
    if "in" in one and "in" in two:
        return bool(_values(one["in"]) & _values(two["in"]))
    if "modulus" in one and "modulus" in two:
        return _same_remainders(one, two)
    if "from" in one and "from" in two:
        return _less(one["from"], two["to"]) and _less(two["from"], one["to"])
    return False


def _values(value: Json) -> set[str]:
    return {str(item) for item in value} if isinstance(value, list) else set()


def _same_remainders(one: Bounds, two: Bounds) -> bool:
    a, b = one["modulus"], two["modulus"]
    left, right = one["remainder"], two["remainder"]
    if not (isinstance(a, int) and isinstance(b, int)):
        return False
    if not (isinstance(left, int) and isinstance(right, int)):
        return False
    return (left - right) % gcd(a, b) == 0


def _less(lower: Json, upper: Json) -> bool:
    """Compare two ends of ranges, column by column, as far as the values tell."""
    if not (isinstance(lower, list) and isinstance(upper, list)):
        return False
    for one, two in zip(lower, upper, strict=False):
        a, b = _rank(one), _rank(two)
        if a is None or b is None or (a[0] == b[0] == 1 and type(a[1]) is not type(b[1])):
            return False
        if a != b:
            return a < b
    return False


def _rank(value: Json) -> tuple[int, Json] | None:
    """MINVALUE before, MAXVALUE after everything; numbers as numbers, dates as their texts."""
    if isinstance(value, dict):
        return (0, 0) if value.get("end") == "minvalue" else (2, 0)
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        try:
            return (1, float(value))
        except ValueError:
            return (1, value)
    return (1, float(value)) if isinstance(value, int | float) else None
