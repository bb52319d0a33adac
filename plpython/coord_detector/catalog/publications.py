"""Publications that exist: what leaves them when their tables are set anew."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Touch
from . import queries
from .consequences import VIA
from .facts import Query


def add(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """The touches, and the tables that SET takes out of a publication."""
    sets = {
        touch.name: touch
        for touch in touches
        if touch.kind == "publication" and touch.action == "alter" and touch.facet == "tables"
    }
    if not sets:
        return list(touches)
    named = {
        (touch.sub, touch.schema, touch.name)
        for touch in touches
        if touch.kind == "publication relation"
    }
    result = list(touches)
    for row in query(queries.PUBLISHED, [sorted(sets)]):
        name, schema, table = row["name"], row["schema"], row["table_name"]
        if (name, schema, table) not in named:
            number = sets[name].statement_no
            kind = "publication relation"
            result.append(Touch(number, kind, schema, table, name, "drop", "definition", {**VIA}))
    return sorted(result, key=lambda touch: touch.statement_no)
