"""SQL that is put together at run time: what can be told of it all the same."""

from __future__ import annotations

from collections.abc import Iterator

from ..identity import RELATION, ROUTINE, bare, container, family_of, key_of
from ..model import Action, Side, Touch
from .effects import WRITES, Effect, Prepared
from .facets import same_grantees
from .guards import was_there
from .verdict import Report, Verdict


def compare(dynamic: Prepared, other: Prepared, side: Side, report: Report) -> None:
    """A loop over the tables of a schema meets those that are there when it runs."""
    if dynamic.mentions:
        _mentioned(dynamic.mentions, other, side, report)
    for change in _changes(dynamic):
        _unnamed(change, dynamic.mentions, other, report)


# -------------------------------------------------------------------- names in literals


def _mentioned(mentions: set[str], other: Prepared, side: Side, report: Report) -> None:
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
            if touch.kind != "table" or touch.detail.get("implied"):
                continue
            arrives = touch.action == "create" and touch.facet != "name" and not was_there(touch)
            if arrives or (touch.action == "drop" and touch.facet == "schema"):
                _dynamic(touch, report)


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


def _unnamed(change: Touch, mentions: set[str], other: Prepared, report: Report) -> None:
    """It is done to any tables of a schema, and something else to one of them."""
    schema = change.schema
    schemas = mentions & other.schemas.keys() if schema is None else {schema}
    for name in sorted(schemas):
        for touch in other.schemas.get(name, ()):
            if touch.action == "use" or "implied" in touch.detail:
                continue
            if _clash(change, touch) and not _is_made(other, touch):
                _dynamic(touch, report)


def _is_made(other: Prepared, touch: Touch) -> bool:
    """Whether the object, or its table, is new: a new table is told as such."""
    effect = other.effects.get(container(key_of(touch)))
    return effect is not None and effect.create is not None


def _clash(change: Touch, touch: Touch) -> bool:
    if change.facet == "owner" and (touch.kind, touch.facet) == ("sequence", "owned by"):
        # A sequence and its table have one owner.
        return True
    if family_of(change.kind) != family_of(touch.kind) or change.sub != touch.sub:
        return False
    if change.action == touch.action == "alter":
        return change.facet == touch.facet and _differ(change, touch)
    # What both make or drop, or one of them makes, drops or changes.
    return touch.sub is not None


def _differ(change: Touch, touch: Touch) -> bool:
    one, two = change.detail, touch.detail
    if "is_grant" in one:
        return one["is_grant"] != two.get("is_grant") and same_grantees(change, touch)
    return one.get("value") != two.get("value")
