"""SQL that is put together at run time: what can be told of it all the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..identity import RELATION, ROUTINE, Key, bare, container, family_of, key_of
from ..model import Action, Side, Touch
from .effects import WRITES, Effect, Prepared
from .facets import same_grantees
from .guards import guard, is_guarded, was_there
from .verdict import Report, Verdict
from .volume import MOST_PAIRS, too_many_to_compare


def compare(dynamic: Prepared, other: Prepared, side: Side, report: Report) -> None:
    """A loop over the tables of a schema meets those that are there when it runs."""
    if dynamic.mentions:
        _mentioned(dynamic, other, side, report)
    if any("at_run_time" in touch.detail for touch in dynamic.at_run_time):
        _unnamed(dynamic, other, report)


# -------------------------------------------------------------------- names in literals


def _mentioned(dynamic: Prepared, other: Prepared, side: Side, report: Report) -> None:
    mentions = dynamic.mentions
    needed = {str(touch.detail.get("column", "")) for touch in dynamic.at_run_time}
    any_table = "" in needed
    taken_over = set() if any_table else _made_after_others(other)
    for key, effect in other.effects.items():
        if key.family == RELATION and key.name in mentions:
            _named_table(effect, side, report)
        elif key.family == ROUTINE and bare(key).name in mentions:
            _named(effect, side, report)
    for touch in other.whole_schemas:
        if (
            touch.name in mentions
            and touch.action in ("create", "drop")
            and not touch.detail.get("exists")
        ):
            _dynamic(touch, report)
    for schema in mentions & other.schemas.keys():
        for touch in other.schemas[schema]:
            if touch.sub in needed and _comes_or_goes(touch):
                _dynamic(touch, report)
            if touch.kind != "table" or touch.detail.get("implied"):
                continue
            arrives = (
                touch.action == "create"
                and touch.facet != "name"
                and not was_there(touch)
                and (any_table or _may_have(other, touch, needed, taken_over))
            )
            if arrives or (touch.action == "drop" and touch.facet == "schema"):
                _dynamic(touch, report)


def _comes_or_goes(touch: Touch) -> bool:
    """Whether a column is added or dropped."""
    is_column = touch.kind == "table column" and "implied" not in touch.detail
    return is_column and touch.action in ("create", "drop")


def _may_have(other: Prepared, table: Touch, columns: set[str], taken_over: set[int]) -> bool:
    """Whether a new table has one of these columns, unless it is known to have others only."""
    made = [
        touch
        for touch in other.effects[key_of(table)].members
        if touch.action == "create" and "column" in touch.kind
    ]
    if table.statement_no in taken_over and not any("from" in touch.detail for touch in made):
        return True
    return not made or any(touch.sub in columns for touch in made)


_OTHERS = frozenset(("source", "parent", "partitioned table", "row type"))


def _made_after_others(other: Prepared) -> set[int]:
    """Statements that make a table whose columns are not all written out."""
    return {touch.statement_no for touch in other.touches if touch.detail.get("as") in _OTHERS}


def _named(effect: Effect, side: Side, report: Report) -> bool:
    """Something whose name is a literal of code that puts SQL together, and that goes away."""
    if effect.drop is None or effect.drop.detail.get("implied"):
        return False
    covers = (effect.key,)
    report(Verdict("named-in-dynamic-sql", "dependency", "order", "error", side, covers, covers))
    return True


def _named_table(effect: Effect, side: Side, report: Report) -> None:
    key, kind = effect.key, effect.touch.kind
    if not _named(effect, side, report) and (
        effect.flags & WRITES and effect.create is None and "table" in kind
    ):
        report(Verdict("one-table", "table", "overlap", "warning", None, (key,), (key,)))


def _dynamic(touch: Touch, report: Report) -> None:
    key = key_of(touch)
    report(Verdict("dynamic-sql", "dependency", "clash", "error", None, (key,), (key,)))


# -------------------------------------------------------------------- objects without a name


_ACTIONS: dict[str, Action] = {"create": "create", "alter": "alter", "drop": "drop"}


def _changes(dynamic: Prepared) -> Iterator[Touch]:
    """What such SQL does to objects of which it does not know the names, as touches."""
    for touch in dynamic.at_run_time:
        changes = touch.detail.get("at_run_time")
        for one in changes if isinstance(changes, list) else ():
            if isinstance(one, dict):
                schema, sub = one["schema"], one["sub"]
                yield touch._replace(
                    kind=str(one["kind"]),
                    schema=None if schema is None else str(schema),
                    sub=None if sub is None else str(sub),
                    action=_ACTIONS[str(one["action"])],
                    facet=str(one["facet"]),
                    detail=one,
                )


def _unnamed(dynamic: Prepared, other: Prepared, report: Report) -> None:
    """Something is done to any tables of a schema, and something else to one of them."""
    changes: dict[tuple[str, str | None, str | None], list[Touch]] = {}
    for change in _changes(dynamic):
        schemas = dynamic.mentions if change.schema is None else (change.schema,)
        for schema in schemas:
            changes.setdefault((schema, family_of(change.kind), change.sub), []).append(change)
    looked_at = 0
    for schema in sorted({schema for schema, _, _ in changes} & other.schemas.keys()):
        members: dict[Key, list[Touch]] = {}
        for touch in other.schemas[schema]:
            alike = changes.get((schema, family_of(touch.kind), touch.sub), ())
            if not alike or touch.action == "use" or "implied" in touch.detail:
                continue
            looked_at += len(alike)
            if looked_at > MOST_PAIRS:
                report(too_many_to_compare("dependency", key_of(touch)))
                return
            if touch.sub is not None:
                members.setdefault(key_of(touch), []).append(touch)
            elif any(_clash(change, touch) for change in alike) and not _is_made(other, touch):
                _dynamic(touch, report)
        for theirs in members.values():
            alike = changes[schema, family_of(theirs[0].kind), theirs[0].sub]
            if _members_clash(alike, theirs) and not _is_made(other, theirs[0]):
                _dynamic(theirs[0], report)


def _members_clash(ours: Sequence[Touch], theirs: Sequence[Touch]) -> bool:
    """Whether both make, change or drop a column, trigger … of a name, unless they agree."""
    if all(touch.action == "alter" for touch in (*ours, *theirs)):
        return any(_clash(one, two) for one in ours for two in theirs)
    either_order = all(guard(first) or is_guarded(first) for first in (ours[0], theirs[0]))
    return not (either_order and _end(ours) == _end(theirs))


def _end(touches: Sequence[Touch]) -> object:
    """What there is in the end: a definition, nothing, or something that is not told."""
    last = touches[-1]
    if last.action == "drop":
        return None
    return last.detail.get("definition", last) if last.action == "create" else last


def _is_made(other: Prepared, touch: Touch) -> bool:
    """Whether the object, or its table, is new: a new table is told as such."""
    effect = other.effects.get(container(key_of(touch)))
    return effect is not None and effect.create is not None


def _clash(change: Touch, touch: Touch) -> bool:
    """Whether two changes of one kind and one member leave something else behind."""
    if change.facet == "owner" and (touch.kind, touch.facet) == ("sequence", "owned by"):
        # A sequence and its table have one owner.
        return True
    is_same_aspect = change.action == touch.action == "alter" and change.facet == touch.facet
    return is_same_aspect and _differ(change, touch)


def _differ(change: Touch, touch: Touch) -> bool:
    one, two = change.detail, touch.detail
    if "is_grant" in one:
        return one["is_grant"] != two.get("is_grant") and same_grantees(change, touch)
    return one.get("value") != two.get("value")
