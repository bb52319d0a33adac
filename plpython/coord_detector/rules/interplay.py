"""Two effects on one object -> what that means: the rules, by what each side does.

Every function here answers for one combination; the names in quotation marks are those of the
rule book, where each has its reason, its source and an example that the tests execute.
"""

from __future__ import annotations

from collections.abc import Callable

from ..identity import (
    COLUMN,
    ONLY_TYPES,
    RELATION,
    WITHOUT_ROW_TYPE,
)
from ..model import Outcome, Side, Touch
from . import dependents, facets, families, labels, publications, rows, stars, writers
from .effects import LIVES, READS_DATA, REFERS, SPECIAL, WRITES, WRITES_DATA, Effect
from .verdict import OTHER, Report, Weight, say

TABLES = frozenset(("table", "foreign table", "partitioned table"))


def interplay(a: Effect, b: Effect, report: Report) -> None:
    """Report what the rules say about an object that both sides touch."""
    life_a, life_b = a.life, b.life
    if life_a and life_b:
        if not _different_namespaces(a, b):
            _both_live(a, life_a, b, life_b, report)
    elif life_a:
        _LIFE[life_a](a, b, "a", report)
    elif life_b:
        _LIFE[life_b](b, a, "b", report)
    else:
        _both_stay(a, b, report)


# -------------------------------------------------------------------- both come or go


def _different_namespaces(a: Effect, b: Effect) -> bool:
    """An enum and an index of one name live in different catalogs, and do not meet."""
    kinds = (a.touch.kind, b.touch.kind)
    return any(kind in ONLY_TYPES for kind in kinds) and any(
        kind in WITHOUT_ROW_TYPE for kind in kinds
    )


def _both_live(a: Effect, life_a: str, b: Effect, life_b: str, report: Report) -> None:
    making = ("create", "ensure")
    if life_a in making and life_b in making:
        _both_create(a, b, report)
    elif life_a == "drop" and life_b == "drop":
        _both_drop(a, b, report)
    elif life_a in making and life_b == "drop":
        _create_and_drop(a, b, "a", report)
    elif life_b in making and life_a == "drop":
        _create_and_drop(b, a, "b", report)
    elif life_a == "replace" and life_b == "replace":
        if facets.same_definition(a.create, b.create):
            say(report, "same-replacement", "duplicate", a)
        else:
            say(report, "both-replace", "clash", a)
    elif life_a == "replace":
        _replace_and_live(a, b, life_b, "a", report)
    else:
        _replace_and_live(b, a, life_a, "b", report)


def _both_create(a: Effect, b: Effect, report: Report) -> None:
    made_a, made_b = a.create, b.create
    assert made_a is not None
    assert made_b is not None
    if made_a.detail.get("implied") and made_b.detail.get("implied"):
        one, two = made_a.detail.get("table"), made_b.detail.get("table")
        if one != two and not (made_a.detail.get("automatic") or made_b.detail.get("automatic")):
            say(report, "same-name", "clash", a)  # the indexes of constraints of two tables
        return  # what makes them has a verdict of its own
    if a.key.family == "publication relation" and _guard(made_a) and _guard(made_b):
        return  # SET TABLE is about the publication
    same = facets.same_definition(made_a, made_b) and made_a.kind == made_b.kind
    guard_a = _guard(made_a) or bool(made_a.detail.get("inherited"))
    guard_b = _guard(made_b) or bool(made_b.detail.get("inherited"))
    automatic_a = bool(made_a.detail.get("automatic"))
    automatic_b = bool(made_b.detail.get("automatic"))
    if automatic_a and automatic_b:
        # The server gives the second a name of its own; the two may end up with swapped names.
        if not same:
            say(report, "automatic-names-swap", "clash", a)
        else:
            say(report, "same-definition", "duplicate", a)
    elif automatic_a != automatic_b:
        say(report, "chosen-name-first", "order", a, "b" if automatic_a else "a", weight="error")
    elif _is_rename(made_a) or _is_rename(made_b):
        if not (made_a.facet == made_b.facet and _same_origin(made_a, made_b)):
            say(report, "same-name", "clash", a)
    elif guard_a and guard_b:
        grows = _grows(made_a, made_b)
        if same:
            say(report, "same-definition", "duplicate", a, weight="warning")
        elif grows is not None:
            say(report, "fewer-columns-first", "order", a, grows, weight="error")
        else:
            say(report, "last-definition-wins", "clash", a)
    elif guard_a or guard_b:
        say(report, "guarded-create-second", "order", a, "b" if guard_a else "a", weight="error")
    elif same:
        say(report, "same-definition", "duplicate", a)
    else:
        say(report, "same-name", "clash", a)


def _same_origin(a: Touch, b: Touch) -> bool:
    """Both rename or move the same object to here: its old name has the verdict."""
    return a.kind == b.kind and a.detail.get("renamed_from") == b.detail.get("renamed_from")


def _grows(a: Touch, b: Touch) -> Side | None:
    """Which of two OR REPLACE of a view must come first: columns may be added, never dropped."""
    one, two = a.detail.get("columns"), b.detail.get("columns")
    if a.kind != "view" or not isinstance(one, list) or not isinstance(two, list):
        return None
    if len(one) == len(two):
        return None
    if one == two[: len(one)]:
        return "a"
    return "b" if two == one[: len(two)] else None


def _both_drop(a: Effect, b: Effect, report: Report) -> None:
    gone_a, gone_b = a.drop, b.drop
    assert gone_a is not None
    assert gone_b is not None
    moved_a, moved_b = _is_rename(gone_a), _is_rename(gone_b)
    guard_a, guard_b = _is_guarded(gone_a), _is_guarded(gone_b)
    if gone_a.detail.get("implied") and gone_b.detail.get("implied"):
        return
    if guard_a and guard_b:
        if _just_goes(gone_a) or _just_goes(gone_b):
            return  # it is gone in the end, whatever its name was
        if moved_a or moved_b:
            if not _same_move(gone_a, gone_b):
                say(report, "both-rename", "clash", a)
        elif not (gone_a.detail.get("implied") or gone_b.detail.get("implied")):
            say(report, "both-drop", "duplicate", a, weight="warning")
    elif guard_a or guard_b:
        first: Side = "b" if guard_a else "a"
        say(report, "guarded-drop-second", "order", a, first, weight="error")
    elif moved_a or moved_b:
        say(report, "rename-and-drop" if moved_a != moved_b else "both-rename", "clash", a)
    else:
        say(report, "both-drop", "duplicate", a)


def _create_and_drop(maker: Effect, dropper: Effect, maker_side: Side, report: Report) -> None:
    made, gone = maker.create, dropper.drop
    assert made is not None
    assert gone is not None
    if _just_goes(gone):
        # It goes with something else that the other side drops: that has its own rule.
        exists = made.detail.get("exists")
        if not _guard(made) and exists:
            say(report, "name-freed-first", "order", maker, OTHER[maker_side], weight="error")
        return
    if made.detail.get("automatic"):
        return  # the server takes another name while this one is taken
    if made.kind != gone.kind and maker.key.family == RELATION:
        if made.kind not in ONLY_TYPES and gone.kind not in ONLY_TYPES:
            # DROP TABLE IF EXISTS of a view's name is an error, unless the name is free.
            say(report, "name-freed-first", "order", maker, OTHER[maker_side], weight="error")
        return
    exists = made.detail.get("exists")
    guarded = _is_guarded(gone)
    if _guard(made):
        if exists is False and not guarded:
            say(report, "create-before-drop", "order", maker, maker_side, weight="error")
        elif exists is False or not _is_rename(gone) or _guard(made):
            say(report, "recreate-or-drop", "clash", maker)
    elif exists:
        say(report, "name-freed-first", "order", maker, OTHER[maker_side], weight="error")
    elif guarded:
        say(report, "recreate-or-drop", "clash", maker)
    else:
        say(report, "create-before-drop", "order", maker, maker_side, weight="error")


def _replace_and_live(
    replacer: Effect, other: Effect, life: str, side: Side, report: Report
) -> None:
    dropped = replacer.drop
    assert dropped is not None
    if life == "drop":
        assert other.drop is not None
        if _just_goes(other.drop) and _is_guarded(dropped):
            return  # if the new one needs what the other drops, that has a verdict of its own
        if _is_guarded(dropped):
            say(report, "recreate-or-drop", "clash", replacer)
        else:
            say(report, "replace-before-drop", "order", replacer, side, weight="error")
    elif life == "ensure" and _cannot_follow(other, replacer):
        say(report, "replace-before-drop", "order", replacer, OTHER[side], weight="error")
    elif life == "create" and _is_guarded(dropped):
        # Absent for both: whoever comes second finds it there, and only one of them minds.
        say(report, "guarded-create-second", "order", replacer, OTHER[side], weight="error")
    else:
        say(report, "both-replace", "clash", replacer)


def _cannot_follow(ensuring: Effect, replacer: Effect) -> bool:
    """Whether OR REPLACE of a view fails on the new one: columns may be added, at the end."""
    late, early = ensuring.create, replacer.create
    assert late is not None
    assert early is not None
    if late.kind != "view":
        return False
    if early.kind != "view":
        return True
    one, two = early.detail.get("columns"), late.detail.get("columns")
    return isinstance(one, list) and isinstance(two, list) and two[: len(one)] != one


# -------------------------------------------------------------------- one side makes it


def _one_creates(maker: Effect, other: Effect, side: Side, report: Report) -> None:
    made = maker.create
    assert made is not None
    if made.detail.get("exists"):
        # It would fail alone; the other side's changes are about the object that is there.
        return
    if made.detail.get("automatic") and made.detail.get("implied"):
        pass
    needing = _needing(other)
    if not needing:
        return
    guarded = [touch for touch in needing if touch.action != "use" and _skips(touch)]
    if len(guarded) == len(needing):
        if maker.key.family != RELATION or made.kind in TABLES:
            say(report, "skipped-if-absent", "clash", maker)
        elif made.kind not in ONLY_TYPES:
            # What then bears the name is not what the statement is for.
            say(report, "skipped-before-name-is-taken", "order", maker, OTHER[side])
        return
    weight: Weight = "warning"
    say(report, "create-before-use", "order", maker, side, kind="dependency", weight=weight)


def _one_ensures(maker: Effect, other: Effect, side: Side, report: Report) -> None:
    made = maker.create
    assert made is not None
    exists = made.detail.get("exists")
    if made.detail.get("if_not_exists"):
        if exists:
            return
        _one_creates(maker, other, side, report)
        return
    if exists is not False and facets.is_reset(made, other.alters):
        say(report, "redefinition-resets", "clash", maker)
    elif exists is not False and any(
        touch.kind in ("function", "procedure", "routine") for touch in other.data
    ):
        say(report, "redefined-while-run", "clash", maker)
    elif exists:
        if any(touch.action == "drop" and touch.facet == "name" for touch in other.members):
            say(report, "replace-before-rename", "order", maker, side, weight="error")
        elif other.alters:
            say(report, "different-aspects", "overlap", maker, weight="warning")
    else:
        _one_creates(maker, other, side, report)


def _needing(effect: Effect) -> list[Touch]:
    """What needs the object to be there when it is executed."""
    return [*_changes(effect), *_data_by_name(effect), *_looked_up(effect)]


def _changes(effect: Effect) -> list[Touch]:
    """What changes the object or a member of it, under its name."""
    changes = [touch for touches in effect.alters.values() for touch in touches]
    return [
        touch
        for touch in (*changes, *effect.members)
        if touch.facet != "declared" and not touch.detail.get("implied")
    ]


def _data_by_name(effect: Effect) -> list[Touch]:
    return [
        touch
        for touch in effect.data
        if not touch.detail.get("inherited") and not touch.detail.get("fired")
    ]


def _looked_up(effect: Effect) -> list[Touch]:
    return [
        touch
        for touch in effect.uses
        if touch.facet != "absence"
        and touch.detail.get("via") != "catalog"
        and dependents.is_looked_up(touch)
    ]


# -------------------------------------------------------------------- one side drops it


def _one_drops(dropper: Effect, other: Effect, side: Side, report: Report) -> None:
    gone = dropper.drop
    assert gone is not None
    user_side = OTHER[side]
    if _is_rename(gone):
        _one_renames(dropper, other, side, report)
        return
    waiting = [touch for touch in other.uses if touch.facet == "absence"]
    if waiting:
        _dependent_first(dropper, side, report)
        return
    cascade = bool(gone.detail.get("cascade")) or bool(gone.detail.get("implied"))
    looked_up = [touch for touch in _looked_up(other) if "all_columns" not in touch.detail]
    changes = _changes(other)
    if not cascade and any(dependents.blocks_drop(touch, dropper.key) for touch in looked_up):
        say(report, "drop-while-used", "clash", dropper, kind="dependency")
    elif other.stars and dropper.key.family == RELATION and _stars_that_stay(other):
        rule: Outcome = "order" if cascade else "clash"
        side_first = user_side if cascade else None
        name = "use-before-drop" if cascade else "drop-while-used"
        say(report, name, rule, dropper, side_first, kind="dependency", weight="error")
    elif looked_up or other.columns or _data_by_name(other) or other.stars:
        say(
            report,
            "use-before-drop",
            "order",
            dropper,
            user_side,
            kind="dependency",
            weight="error",
        )
    elif changes and all(_skips(touch) for touch in changes):
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


def _one_renames(mover: Effect, other: Effect, side: Side, report: Report) -> None:
    user_side = OTHER[side]
    changes = _changes(other)
    if _looked_up(other) or other.columns or _data_by_name(other):
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
        if all(_skips(touch) for touch in changes):
            say(report, "skipped-if-absent", "clash", mover)
        else:
            say(report, "change-before-rename", "order", mover, user_side, weight="error")
    elif any(not dependents.is_looked_up(touch) for touch in other.uses):
        say(report, "body-outlives-drop", "overlap", mover, kind="dependency", weight="warning")


def _one_replaces(replacer: Effect, other: Effect, side: Side, report: Report) -> None:
    gone, made = replacer.drop, replacer.create
    assert gone is not None
    assert made is not None
    looked_up = [touch for touch in _looked_up(other) if not touch.detail.get("body")]
    changes = _changes(other)
    data = _data_by_name(other)
    if any(touch.facet == "absence" for touch in other.uses):
        _dependent_first(replacer, side, report)
        return
    if not (looked_up or changes or data or other.columns):
        return
    if replacer.key.family == RELATION and (
        _lacks(replacer, made, other, changes) or _is_not_for(made, looked_up, changes)
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
    elif changes:
        say(report, "replaced-under-change", "clash", replacer)
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
        _is_rename(gone)
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
    else:
        return False
    if other.columns - known:
        return True
    return made.kind == "table" and any(
        touch.sub is not None
        and touch.action in ("drop", "alter")
        and (touch.kind, touch.sub) not in new
        for touch in changes
    )


def _is_not_for(made: Touch, uses: list[Touch], changes: list[Touch]) -> bool:
    """Whether a view takes the place of a table that is changed, indexed or referred to as one."""
    if made.kind != "view" or _is_rename(made):
        return False
    return any(touch.detail.get("by") in ONLY_ON_TABLES for touch in uses) or any(
        touch.kind in TABLES | ONLY_IN_TABLES
        and touch.facet not in ("privileges", "owner", "default")
        for touch in changes
    )


ONLY_ON_TABLES = frozenset(("index", "statistics object", "table constraint", "policy"))
"""What uses a table and is refused on a view."""

ONLY_IN_TABLES = frozenset(("table column", "table constraint", "trigger", "policy"))
"""Members of a table: triggers of a view are made another way, the others it has not."""


_LIFE: dict[str, Callable[[Effect, Effect, Side, Report], None]] = {
    "create": _one_creates,
    "ensure": _one_ensures,
    "drop": _one_drops,
    "replace": _one_replaces,
}


# -------------------------------------------------------------------- it stays


def _both_stay(a: Effect, b: Effect, report: Report) -> None:
    if a.members and b.members:
        _primary_keys(a, b, report)
    if "enabled" in a.alters:
        _switched_triggers(a, b, report)
    if "enabled" in b.alters:
        _switched_triggers(b, a, report)
    if a.commands and b.commands:
        writers.compare(a, b, report)
    if a.commands and b.flags & (WRITES | READS_DATA):
        rows.compare(a, b, "a", report)
    if b.commands and a.flags & (WRITES | READS_DATA):
        rows.compare(b, a, "b", report)
    if not (a.flags & SPECIAL or b.flags & SPECIAL):
        return
    if a.alters and b.alters:
        _both_alter(a, b, report)
    if a.alters:
        _alter_and_use(a, b, "a", report)
    if b.alters:
        _alter_and_use(b, a, "b", report)
    if a.stars and (b.members or b.uses):
        stars.compare(a, b, "a", report)
    if b.stars and (a.members or a.uses):
        stars.compare(b, a, "b", report)
    if a.key.family == RELATION:
        families.compare(a, b, report)


def _switched_triggers(switcher: Effect, other: Effect, report: Report) -> None:
    """ENABLE and DISABLE TRIGGER ALL are about the triggers that are there."""
    if any("triggers" in touch.detail for touch in switcher.alters.get("enabled", ())) and any(
        touch.kind == "trigger" and touch.action == "create" and touch.facet == "definition"
        for touch in other.members
    ):
        say(report, "all-triggers-switched", "clash", switcher, kind="trigger")


def _primary_keys(a: Effect, b: Effect, report: Report) -> None:
    """A table has one primary key; under one name, the constraints themselves meet."""
    names_a, names_b = _new_primary_keys(a), _new_primary_keys(b)
    if names_a and names_b and names_a.isdisjoint(names_b):
        say(report, "two-primary-keys", "clash", a, kind="constraint")


def _new_primary_keys(effect: Effect) -> set[str | None]:
    return {
        touch.sub
        for touch in effect.members
        if touch.action == "create"
        and touch.kind == "table constraint"
        and touch.detail.get("constraint_type") == "primary key"
    }


def _both_alter(a: Effect, b: Effect, report: Report) -> None:
    if _labels_in_order(a, b, report) or _identity_goes(a, b, report):
        return
    verdict = facets.compare(a.alters, b.alters)
    if verdict is None:
        return
    rule, outcome = verdict
    if outcome == "overlap":
        if a.key.family == RELATION and a.touch.kind in TABLES:
            return  # the table's own overlap says it
        cosmetic = all(facet in facets.COSMETIC for facet in (*a.alters, *b.alters))
        weight: Weight = "warning" if cosmetic or a.key.family != COLUMN else "default"
        say(report, rule, outcome, a, weight=weight)
        return
    if rule == "grant-and-revoke":
        say(report, rule, outcome, a, kind="privilege")
    elif rule == "same-value":
        say(report, rule, outcome, a, weight="warning")
    elif rule == "same-grant":
        say(report, rule, outcome, a, kind="privilege", weight="warning")
    else:
        say(report, rule, outcome, a)


def _takes_identity(effect: Effect) -> bool:
    return any(touch.detail.get("value") is None for touch in effect.alters.get("identity", ()))


def _identity_goes(a: Effect, b: Effect, report: Report) -> bool:
    """DROP IDENTITY and a change of it: afterwards there is none to change."""
    sides: tuple[tuple[Effect, Effect, Side], ...] = ((a, b, "b"), (b, a, "a"))
    for dropper, other, first in sides:
        theirs = other.alters.get("identity", ())
        if not _takes_identity(dropper):
            continue
        guarded = any("if_exists" in touch.detail for touch in theirs)
        mine = any("if_exists" in touch.detail for touch in dropper.alters["identity"])
        if mine and not guarded and _takes_identity(other):
            say(report, "guarded-drop-second", "order", a, first, weight="error")
            return True
        if any("set" in touch.detail for touch in theirs):
            say(
                report,
                "change-before-drop",
                "order",
                a,
                first,
                weight="error",
            )
            return True
    return False


def _labels_in_order(a: Effect, b: Effect, report: Report) -> bool:
    """New labels of an enum that name, or give way to, those of the other side."""
    firsts: set[Side] = set()
    ones, twos = a.alters.get("value", ()), b.alters.get("value", ())
    if facets.too_many(ones, twos):
        return False
    for one in ones:
        for two in twos:
            if one.kind != "type":
                continue
            first = labels.first_of(one, two)
            if first is not None:
                firsts.add("a" if first == "a" else "b")
    for side in firsts:
        say(report, "labels-in-order", "order", a, side, weight="warning")
    return bool(firsts)


def _alter_and_use(changer: Effect, user: Effect, side: Side, report: Report) -> None:
    if "tables" in changer.alters:
        publications.compare(changer, user, side, report)
    if _takes_identity(changer) and any(
        touch.detail.get("by") == "sequence" for touch in user.uses
    ):
        say(report, "change-before-drop", "order", changer, OTHER[side], weight="error")
    if not changer.alters.get("type"):
        return
    for touch in user.uses:
        if touch.facet == "absence" or touch.detail.get("via") == "catalog":
            continue
        if dependents.blocks_retype(touch):
            say(
                report,
                "retype-before-use",
                "order",
                changer,
                side,
                kind="dependency",
                weight="warning",
            )
            return


# -------------------------------------------------------------------- small questions


def _guard(made: Touch) -> bool:
    return bool(made.detail.get("if_not_exists") or made.detail.get("or_replace"))


def _is_guarded(gone: Touch) -> bool:
    return bool(gone.detail.get("if_exists") or gone.detail.get("implied"))


def _skips(touch: Touch) -> bool:
    """IF EXISTS: nothing happens when the relation, or the object itself, is not there."""
    if touch.sub is None or touch.kind in ("trigger", "policy", "rule"):
        return bool(touch.detail.get("if_exists"))
    return bool(touch.detail.get("relation_if_exists"))


def _is_rename(touch: Touch) -> bool:
    return touch.facet in ("name", "schema")


def _just_goes(gone: Touch) -> bool:
    """It goes with something else, without being named."""
    return bool(gone.detail.get("implied")) and not _is_rename(gone)


def _same_move(a: Touch, b: Touch) -> bool:
    return a.facet == b.facet and a.detail.get("renamed_to") == b.detail.get("renamed_to")


__all__ = [
    "LIVES",
    "READS_DATA",
    "REFERS",
    "SPECIAL",
    "TABLES",
    "WRITES",
    "WRITES_DATA",
    "interplay",
]
