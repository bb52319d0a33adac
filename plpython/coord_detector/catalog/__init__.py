"""The second layer: what the catalog of this database knows about the objects of a footprint.

The text says what a statement names. The catalog says which of several schemas a bare name means,
what an object takes along when it goes, what stands in its way, which partitions follow their
table, and what a called routine or a fired trigger does. All of that becomes touches of the same
vocabulary (``via='catalog'``), so that the rules need not know where they come from.

The number of queries does not depend on the size of the footprint, and each is told everything
at once. What does not exist in this database stays as the text has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..model import Touch
from . import (
    column_types,
    consequences,
    copies,
    defaults,
    dropped_checks,
    fields,
    free_names,
    inserted,
    keys,
    kinds,
    labels,
    performed,
    publications,
    resolution,
    row_rules,
    switches,
    views,
)
from .facts import Facts

Query = Callable[[str, list[Any]], list[dict[str, Any]]]

__all__ = ["Query", "enrich"]


def enrich(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """The touches, resolved and completed from the catalog that ``query`` asks."""
    if not touches:
        return []
    facts = Facts(query)
    facts.learn(touches)
    resolved = fields.add([*kinds.correct(resolution.resolve(touches, facts), facts)], facts)
    found = consequences.add(resolved, facts, query)
    found = free_names.choose(found, query)
    found = copies.add(found, facts, query)
    found = switches.add(found, query)
    found = column_types.add(found, facts, query)
    found = row_rules.note(found, facts, query)
    found = dropped_checks.note(found, query)
    found = inserted.note(found, query)
    found = views.note(found, query)
    found = publications.add(found, query)
    found = keys.note(found, facts, query)
    found = performed.add(found, facts, query)
    found = labels.place(found, query)
    return defaults.note(found, query)
