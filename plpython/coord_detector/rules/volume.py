"""How many pairs of touches one rule compares before it gives up, and what it says then."""

from __future__ import annotations

from collections.abc import Sequence, Sized

from ..identity import Key, key_of
from ..model import Touch
from .verdict import Report, Verdict

MOST_PAIRS = 200_000
"""So many pairs of changes of one aspect are compared one by one, in well under a second.

Nobody writes that many by hand. What lies above is not looked into, and says so by a rule of its
own ("too-many-to-compare"): a clash, so that somebody looks, since silence might hide one.
"""


def too_many(a: Sized, b: Sized) -> bool:
    return len(a) * len(b) > MOST_PAIRS


def too_many_to_compare(kind: str, key: Key) -> Verdict:
    return Verdict("too-many-to-compare", kind, "clash", "error", None, (key,))


def compared(wholes: list[Touch], others: Sequence[Touch], report: Report) -> list[Touch]:
    """What is compared with each of the others: all, or nothing where that would never end."""
    if not too_many(wholes, others):
        return wholes
    report(too_many_to_compare("privilege", key_of(wholes[0])))
    return []
