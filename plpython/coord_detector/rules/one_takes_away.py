"""One side drops, renames or replaces an object, and the other changes or uses it."""

from __future__ import annotations

from ..identity import COLUMN, RELATION, family_of
from ..model import Outcome, Side, Touch
from . import dependents, families
from .both_stay import TABLES
from .effects import UNIQUE, Effect
from .guards import is_rename, skips
from .needs import changes_of, data_named_by, looked_up_by
from .verdict import OTHER, Report, say


def one_drops(dropper: Effect, other: Effect, side: Side, report: Report) -> None:
    gone = dropper.drop
    assert gone is not None
    user_side = OTHER[side]
    if is_rename(gone):
        if dropper.key.family == RELATION:
            families.compare(dropper, other, report)
        one_renames(dropper, other, side, report)
        return
    waiting = [touch for touch in other.uses if touch.facet == "absence"]
    if waiting:
        if "absent" not in gone.detail:
            _dependent_first(dropper, side, report)
        return
    cascade = bool(gone.detail.get("cascade")) or bool(gone.detail.get("implied"))
    looked_up = [touch for touch in looked_up_by(other) if "all_columns" not in touch.detail]
    changes = changes_of(other)
    if not cascade and any(dependents.blocks_drop(touch, dropper.key) for touch in looked_up):
        say(report, "drop-while-used", "clash", dropper, kind="dependency")
    elif other.stars and dropper.key.family == RELATION and _stars_that_stay(other):
        rule: Outcome = "order" if cascade else "clash"
        side_first = user_side if cascade else None
        name = "use-before-drop" if cascade else "drop-while-used"
        say(report, name, rule, dropper, side_first, kind="dependency", weight="error")
    elif looked_up or other.columns or data_named_by(other) or other.stars:
        say(
            report,
            "use-before-drop",
            "order",
            dropper,
            user_side,
            kind="dependency",
            weight="error",
        )
    elif changes and all(skips(touch) for touch in changes):
        say(report, "skipped-after-drop", "overlap", dropper, weight="warning")
    elif changes:
        say(report, "change-before-drop", "order", dropper, user_side, weight="error")
    elif not gone.detail.get("implied") and any(
        not dependents.is_looked_up(touch) for touch in other.uses
    ):
        say(report, "body-outlives-drop", "overlap", dropper, kind="dependency", weight="warning")


def _dependent_first(dropper: Effect, side: Side, report: Report) -> None:
    """If what replaces it needs the same again, that has a verdict of its own."""
    say(
        report,
        "dependent-goes-first",
        "order",
        dropper,
        side,
        kind="dependency",
        weight="error",
    )


def _stars_that_stay(effect: Effect) -> bool:
    return any(touch.detail.get("by") in ("view", "materialized view") for touch in effect.stars)


def one_renames(mover: Effect, other: Effect, side: Side, report: Report) -> None:
    user_side = OTHER[side]
    changes = changes_of(other)
    if looked_up_by(other) or other.columns or data_named_by(other):
        say(
            report,
            "use-before-rename",
            "order",
            mover,
            user_side,
            kind="dependency",
            weight="error",
        )
    elif changes:
        if all(skips(touch) for touch in changes):
            say(report, "skipped-if-absent", "clash", mover)
        else:
            say(report, "change-before-rename", "order", mover, user_side, weight="error")
    elif any(not dependents.is_looked_up(touch) for touch in other.uses):
        say(report, "body-outlives-drop", "overlap", mover, kind="dependency", weight="warning")


def one_replaces(replacer: Effect, other: Effect, side: Side, report: Report) -> None:
    gone, made = replacer.drop, replacer.create
    assert gone is not None
    assert made is not None
    looked_up = [touch for touch in looked_up_by(other) if not touch.detail.get("body")]
    changes = [touch for touch in changes_of(other) if not _is_done(touch, replacer, made)]
    data = data_named_by(other)
    if any(touch.facet == "absence" for touch in other.uses):
        _dependent_first(replacer, side, report)
        return
    if not (looked_up or changes or data or other.columns):
        return
    if replacer.key.family == RELATION and (
        _lacks(replacer, made, other, changes)
        or _is_not_for(made, looked_up, changes)
        or _has_no_key(replacer, made, looked_up)
        or ("partition_of" in made.detail and any(map(_is_refused_by_partitions, changes)))
    ):
        # The new one lacks what the other side uses, or is nothing that can be used so.
        say(
            report,
            "use-before-replace",
            "order",
            replacer,
            OTHER[side],
            kind="dependency",
            weight="error",
        )
    elif not looked_up and not changes and not is_rename(gone) and _only_loses_rows(data):
        return  # rows of the old one, which are gone anyway
    elif changes:
        say(report, "replaced-under-change", "clash", replacer)
    elif not looked_up and _serves_rows(replacer, data):
        say(report, "rows-served-alike", "overlap", replacer, kind="dependency", weight="warning")
    elif not (looked_up or data):
        return  # a body, or a part of it, that the new one has too
    elif not looked_up:
        say(
            report,
            "use-before-replace",
            "order",
            replacer,
            OTHER[side],
            kind="dependency",
            weight="error",
        )
    elif (
        is_rename(gone)
        or gone.detail.get("cascade")
        or not any(dependents.blocks_drop(touch, replacer.key) for touch in looked_up)
    ):
        say(report, "replaced-under-change", "clash", replacer, kind="dependency")
    else:
        say(
            report,
            "replace-before-use",
            "order",
            replacer,
            side,
            kind="dependency",
            weight="error",
        )


def _lacks(replacer: Effect, made: Touch, other: Effect, changes: list[Touch]) -> bool:
    """Whether the new one has no column or member that the other side names."""
    new = {(touch.kind, touch.sub) for touch in replacer.members if touch.action == "create"}
    columns = made.detail.get("columns")
    if isinstance(columns, list):
        known = {str(column) for column in columns}
    elif made.facet == "definition" and made.kind == "table":
        known = {sub for kind, sub in new if kind == "table column" and sub is not None}
    elif is_rename(made):
        return False
    else:
        # A star, most often over the old one under its new name: without what that lost before.
        return not other.columns.isdisjoint(_lost_columns(replacer))
    if other.columns - known or _lacks_identity(replacer, other):
        return True
    return any(
        touch.sub is not None
        and touch.action in ("drop", "alter")
        and (touch.kind, touch.sub) not in new
        and not (family_of(touch.kind) == COLUMN and touch.sub in known)
        for touch in changes
    )


def _lacks_identity(replacer: Effect, other: Effect) -> bool:
    """Whether the other side changes an identity that the column of the new one has not."""
    changed = {touch.sub for touch in other.members if touch.facet == "identity"}
    changed |= {touch.sub for touch in other.uses if touch.detail.get("by") == "identity"}
    return any(
        touch.action == "create" and touch.sub in changed and "identity" not in touch.detail
        for touch in replacer.members
        if touch.kind == "table column"
    )


def _lost_columns(replacer: Effect) -> set[str]:
    """Columns that are renamed or dropped before the name is given to something else."""
    last = {
        touch.sub: touch.action
        for touch in replacer.members
        if touch.kind == "table column"
        and touch.sub is not None
        and touch.action in ("create", "drop")
        and not touch.detail.get("implied")
    }
    return {column for column, action in last.items() if action == "drop"}


def _is_not_for(made: Touch, uses: list[Touch], changes: list[Touch]) -> bool:
    """Whether a view takes the place of a table that is changed, indexed or referred to as one."""
    if made.kind != "view" or is_rename(made):
        return False
    return any(touch.detail.get("by") in ONLY_ON_TABLES for touch in uses) or any(
        touch.kind in TABLES | ONLY_IN_TABLES
        and touch.facet not in ("privileges", "owner", "default")
        for touch in changes
    )


def _only_loses_rows(data: list[Touch]) -> bool:
    """Whether rows are changed or removed, and none is inserted that would be missed.

    What triggers insert goes wherever the table is then.
    """
    return bool(data) and all(
        touch.detail.get("command") in ("update", "delete")
        or "truncate" in touch.detail
        or touch.detail.get("via") == "catalog"
        for touch in data
    )


def _has_no_key(replacer: Effect, made: Touch, uses: list[Touch]) -> bool:
    """Whether a new table has no key at all, and a foreign key is to refer to it."""
    if not _is_from_nothing(made):
        return False
    return any(
        touch.detail.get("by") == "table constraint" and "own" not in touch.detail for touch in uses
    ) and not any(
        touch.action == "create" and touch.detail.get("constraint_type") in UNIQUE
        for touch in replacer.members
    )


def _is_done(change: Touch, replacer: Effect, made: Touch) -> bool:
    """Whether it does nothing, to the old one or to the new one.

    VALIDATE CONSTRAINT does nothing where it is valid from the start, and what is renamed and
    renamed back is called as before.
    """
    if change.facet == "name" and change.action == "alter":
        return True
    if change.facet == "default" and "unchanged" in change.detail:
        return True
    if change.facet == "validation" and "not_valid" not in made.detail:
        return True
    return _is_from_nothing(made) and _is_so_already(change, replacer)


def _is_so_already(change: Touch, replacer: Effect) -> bool:
    """Whether a new table has the member as the change leaves it: it does nothing to either."""
    mine = (change.kind, change.sub)
    new = [
        touch
        for touch in replacer.members
        if touch.action == "create" and (touch.kind, touch.sub) == mine
    ]
    if change.action == "drop":
        return "if_exists" in change.detail and not new
    if change.action == "create":
        return bool(new and change.detail.get("if_not_exists") and change.detail.get("exists"))
    return change.facet == "type" and any(
        touch.detail.get("type") == change.detail.get("value") for touch in new
    )


def _is_refused_by_partitions(change: Touch) -> bool:
    """What only the partitioned table can be told, and what joins another one."""
    if change.facet in ("partition", "inheritance"):
        return True
    if family_of(change.kind) != COLUMN:
        return False
    loosened = change.facet == "not null" and not change.detail.get("value")
    return change.action in ("create", "drop") or change.facet == "type" or loosened


def _is_from_nothing(made: Touch) -> bool:
    """Whether it is CREATE TABLE, with columns of its own."""
    return made.kind == "table" and made.facet == "definition" and "columns" not in made.detail


def _serves_rows(replacer: Effect, data: list[Touch]) -> bool:
    """Whether rows are read and changed through the new one as through the old one.

    A materialized view made anew is refreshed like the one before. A view in the place of the
    table that was renamed shows its rows; changed through it they can be where it has all columns.
    """
    gone, made = replacer.drop, replacer.create
    if gone is None or made is None or not data:
        return False
    if gone.kind == made.kind == "materialized view":
        return True
    reads = all(touch.detail.get("access") != "write" for touch in data)
    return is_rename(gone) and made.kind == "view" and (reads or bool(replacer.stars))


ONLY_ON_TABLES = frozenset(("index", "statistics object", "table constraint", "policy", "identity"))
"""What uses a table and is refused on a view."""

ONLY_IN_TABLES = frozenset(("table column", "table constraint", "trigger", "policy"))
"""Members of a table: triggers of a view are made another way, the others it has not."""
