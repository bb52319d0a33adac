"""Checks that are dropped: which rows they have refused, so that somebody may wait for that."""

from __future__ import annotations

from collections.abc import Sequence

from .. import safe_parser
from ..model import Json, Touch
from ..script_error import ScriptError
from ..uses import row_facts
from .facts import BaseNames, Query

_CHECKS = """
select i.place, pg_catalog.pg_get_expr(k.conbin, k.conrelid) as expression
from unnest($1::text[], $2::text[], $3::text[], $4::int[])
  as i (schema, name, constraint_name, place)
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_constraint k
  on k.conrelid = c.oid and k.conname = i.constraint_name and k.contype = 'c'
"""


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Tell of each CHECK that goes what it demanded."""
    names = BaseNames()
    result = list(touches)
    wanted: list[tuple[str, str, str, int]] = []
    for place, touch in enumerate(touches):
        names.follow(touch)
        if (
            touch.kind == "table constraint"
            and (touch.action, touch.facet) == ("drop", "definition")
            and touch.schema is not None
            and touch.sub is not None
        ):
            wanted.append((*names.relation(touch.schema, touch.name), touch.sub, place))
    if not wanted:
        return result
    for row in query(_CHECKS, [[one[column] for one in wanted] for column in range(4)]):
        demands = _demands(row["expression"])
        if demands:
            touch = result[row["place"]]
            result[row["place"]] = touch._replace(detail={**touch.detail, "demands": demands})
    return result


def _demands(expression: str) -> Json:
    try:
        select = safe_parser.parse_sql(f"SELECT {expression}")[0].node
    except (safe_parser.Unparsable, ScriptError):
        # Newer than the parser, or too long for it: then nothing is known of the check.
        return None
    return row_facts.condition(select.targetList[0].val)["where"]
