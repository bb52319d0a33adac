"""What decides about rows that come or change: triggers, defaults, NOT NULL."""

from __future__ import annotations

from collections.abc import Sequence

from ..identity import COLUMN, family_of
from ..model import Json, Touch
from . import queries
from .facts import MEMBER_KINDS, BaseNames, Facts, Name, Query

_EVENTS = {"insert": 4, "delete": 8, "update": 16, "truncate": 32}
"""Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h)."""


def note(touches: Sequence[Touch], facts: Facts, query: Query) -> list[Touch]:
    """Tell of changed triggers when they fire, of changed columns how they are filled."""
    taken_along = [one for one in touches if _is_taken_along(one)]
    if taken_along:
        facts.learn(taken_along)
    touches = _switched_together(touches, facts, query)
    defaults, enums = _defaults_and_enums(touches, facts, query)
    names = BaseNames()
    result = []
    for touch in touches:
        names.follow(touch)
        sub = touch.sub
        if touch.schema is not None and sub is not None and touch.action != "use":
            base = names.relation(touch.schema, touch.name)
            if _is_absent(touch, base, names, facts):
                touch = touch._replace(detail={**touch.detail, "absent": True})
            elif touch.kind in ("trigger", "rule") and "events" not in touch.detail:
                touch = _trigger(touch, facts.triggers.get((*base, sub)))
            elif touch.facet == "type" and family_of(touch.kind) == COLUMN:
                known = facts.column_types.get((*base, names.column(base, sub)))
                if known is not None:
                    told: dict[str, Json] = {**touch.detail, "was": known}
                    if known == touch.detail.get("value"):
                        told["unchanged"] = True
                    if facts.user_types.get((*base, names.column(base, sub))) in enums:
                        told["was_enum"] = True
                    touch = touch._replace(detail=told)
            elif "demands" in touch.detail and touch.action == "create":
                touch = _checked(touch, base, names, facts)
            elif touch.facet in ("default", "not null") and family_of(touch.kind) == COLUMN:
                filled = facts.filled.get((*base, names.column(base, sub)))
                if filled is not None:
                    detail: dict[str, Json] = {"was_not_null": filled[0], "has_default": filled[1]}
                    before = defaults.get((*base, names.column(base, sub)))
                    if _is_so_already(touch, *filled) or _is_same_constant(touch, before):
                        detail["unchanged"] = True
                    touch = touch._replace(detail={**touch.detail, **detail})
        result.append(touch)
    return result


def _is_taken_along(touch: Touch) -> bool:
    """Whether the catalog brought it in, and has not been asked what it is."""
    if touch.kind == "trigger":
        return "cascade" in touch.detail
    return "inherited" in touch.detail and touch.facet in ("default", "not null")


def _is_so_already(touch: Touch, not_null: bool, has_default: bool) -> bool:
    """Whether SET NOT NULL, DROP NOT NULL or DROP DEFAULT does nothing."""
    value = touch.detail.get("value")
    if touch.facet == "not null":
        return bool(value) == not_null
    return value is None and not has_default


def _is_same_constant(touch: Touch, before: str | None) -> bool:
    """Whether SET DEFAULT gives the constant that is there, of whichever type."""
    value = touch.detail.get("value")
    if touch.facet != "default" or before is None or not isinstance(value, str):
        return False
    return value[:1] in _BEGIN_CONSTANTS and value.partition("::")[0] == before.partition("::")[0]


_BEGIN_CONSTANTS = tuple("'0123456789")

_DEFAULTS = """
select n.nspname as schema, c.relname as name, a.attname as column_name,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid) as expression
from unnest($1::text[], $2::text[], $3::text[]) as i (schema, name, column_name)
join pg_catalog.pg_namespace n on n.nspname = i.schema
join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = i.name
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = i.column_name
join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
"""


def _defaults_and_enums(
    touches: Sequence[Touch], facts: Facts, query: Query
) -> tuple[dict[tuple[str, str, str], str], set[Name]]:
    """The defaults of columns that get another, and which types of retyped columns are enums."""
    names = BaseNames()
    columns: set[tuple[str, str, str]] = set()
    types: set[Name] = set()
    for touch in touches:
        names.follow(touch)
        if touch.action != "alter" or touch.schema is None or touch.sub is None:
            continue
        base = names.relation(touch.schema, touch.name)
        column = (*base, names.column(base, touch.sub))
        if touch.facet == "default" and touch.detail.get("value") is not None:
            columns.add(column)
        elif touch.facet == "type" and column in facts.user_types:
            types.add(facts.user_types[column])
    defaults: dict[tuple[str, str, str], str] = {}
    if columns:
        arrays = [[column[at] for column in sorted(columns)] for at in range(3)]
        for row in query(_DEFAULTS, arrays):
            defaults[(row["schema"], row["name"], row["column_name"])] = row["expression"]
    enums: set[Name] = set()
    if types:
        wanted = [[name[at] for name in sorted(types)] for at in range(2)]
        enums = {(row["schema"], row["name"]) for row in query(queries.LABELS, wanted)}
    return defaults, enums


def _is_absent(touch: Touch, table: Name, names: BaseNames, facts: Facts) -> bool:
    """Whether DROP … IF EXISTS finds nothing of that name on its table."""
    if touch.action != "drop" or not touch.detail.get("if_exists") or table not in facts.relations:
        return False
    sub = str(touch.sub)
    if touch.kind == "table column":
        return (*table, names.column(table, sub)) not in facts.columns
    kind = MEMBER_KINDS.get(touch.kind)
    return kind is not None and (kind, *table, sub) not in facts.members


def _checked(touch: Touch, table: Name, names: BaseNames, facts: Facts) -> Touch:
    """Say of a CHECK that wants a value which columns get none by themselves."""
    demands = touch.detail["demands"]
    wanted = {
        str(part[0])
        for part in (demands if isinstance(demands, list) else ())
        if isinstance(part, list) and part[1] == "not null"
    }
    unfilled: list[Json] = [
        name
        for name in sorted(wanted)
        if facts.filled.get((*table, names.column(table, name)), (True, True)) == (False, False)
    ]
    return touch._replace(detail={**touch.detail, "unfilled": unfilled}) if unfilled else touch


def _switched_together(touches: Sequence[Touch], facts: Facts, query: Query) -> Sequence[Touch]:
    """ENABLE and DISABLE TRIGGER ALL or USER: when the triggers fire that there are."""
    names = BaseNames()
    tables: dict[int, int] = {}
    for index, touch in enumerate(touches):
        names.follow(touch)
        if touch.facet == "enabled" and "triggers" in touch.detail and touch.schema is not None:
            relation = facts.relations.get(names.relation(touch.schema, touch.name))
            if relation is not None:
                tables[index] = relation.oid
    if not tables:
        return touches
    bits: dict[int, int] = {}
    for row in query(queries.TRIGGERS, [sorted(set(tables.values()))]):
        bits[row["root"]] = bits.get(row["root"], 0) | row["type"]
    result = list(touches)
    for index, oid in tables.items():
        fired: list[Json] = [event for event, bit in _EVENTS.items() if bits.get(oid, 0) & bit]
        result[index] = touches[index]._replace(detail={**touches[index].detail, "events": fired})
    return result


def _trigger(touch: Touch, known: tuple[int, list[str], bool] | None) -> Touch:
    if known is None:
        return touch
    bits, columns, conditional = known
    events: list[Json] = [event for event, bit in _EVENTS.items() if bits & bit]
    detail: dict[str, Json] = {**touch.detail, "events": events}
    if columns:
        names: list[Json] = list(columns)
        detail["columns"] = names
    if conditional:
        detail["conditional"] = True
    return touch._replace(detail=detail)
