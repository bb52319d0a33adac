"""How many pairs of touches one rule compares before it gives up, and what it says then."""

from __future__ import annotations

from collections.abc import Sized

from ..identity import Key
from .verdict import Verdict

MOST_PAIRS = 200_000
"""So many pairs of changes of one aspect are compared one by one, in well under a second.

Nobody writes that many by hand. What lies above is not looked into, and says so by a rule of its
own ("too-many-to-compare"): a clash, so that somebody looks, since silence might hide one.
"""


def too_many(a: Sized, b: Sized) -> bool:
    return len(a) * len(b) > MOST_PAIRS


def too_many_to_compare(kind: str, key: Key) -> Verdict:
    return Verdict("too-many-to-compare", kind, "clash", "error", None, (key,))
