"""What a relation is: ALTER TABLE may be said of a view, a sequence or an index, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..identity import RELATION, family_of
from ..model import Touch
from .facts import BaseNames, Facts, Name

_WRITTEN = frozenset(("table", "view", "materialized view", "foreign table", "index", "sequence"))


def correct(touches: Sequence[Touch], facts: Facts) -> Iterator[Touch]:
    """The touches, with relations that exist called what they are."""
    names = BaseNames()
    made: set[Name] = set()
    for touch in touches:
        names.follow(touch)
        if touch.schema is None or family_of(touch.kind) != RELATION:
            yield touch
            continue
        place = (touch.schema, touch.name)
        if touch.action == "create" and touch.facet == "definition":
            made.add(place)
        elif touch.action != "use" and touch.kind in _WRITTEN:
            base = names.relation(*place)
            known = facts.relations.get(base) if base not in made else None
            if known is not None and known.kind in _WRITTEN and known.kind != touch.kind:
                touch = touch._replace(kind=known.kind)
        yield touch
