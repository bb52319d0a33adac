"""Both sides create, drop, rename or replace one object."""

from __future__ import annotations

from itertools import zip_longest

from ..identity import ONLY_TYPES, RELATION, ROUTINE, WITHOUT_ROW_TYPE, family_of
from ..model import Side, Touch
from . import facets
from .effects import Effect
from .guards import guard, is_guarded, is_rename, just_goes, same_move, skips
from .needs import needed_by
from .verdict import OTHER, Report, say


def different_namespaces(a: Effect, b: Effect) -> bool:
    """An enum and an index of one name live in different catalogs, and do not meet."""
    kinds = (a.touch.kind, b.touch.kind)
    return any(kind in ONLY_TYPES for kind in kinds) and any(
        kind in WITHOUT_ROW_TYPE for kind in kinds
    )


def both_live(a: Effect, life_a: str, b: Effect, life_b: str, report: Report) -> None:
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
        elif _takes_away(a, b) == _takes_away(b, a):
            say(report, "both-replace", "clash", a)
        else:
            first: Side = "b" if _takes_away(a, b) else "a"
            say(report, "replace-before-drop", "order", a, first, weight="error")
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
    if a.key.family == "publication relation" and guard(made_a) and guard(made_b):
        return  # SET TABLE is about the publication
    same = facets.same_definition(made_a, made_b) and made_a.kind == made_b.kind
    guard_a = guard(made_a) or bool(made_a.detail.get("inherited"))
    guard_b = guard(made_b) or bool(made_b.detail.get("inherited"))
    automatic_a = bool(made_a.detail.get("automatic"))
    automatic_b = bool(made_b.detail.get("automatic"))
    if automatic_a and automatic_b:
        # The server gives the second a name of its own; the two may end up with swapped names.
        if not same:
            say(report, "automatic-names-swap", "clash", a)
        else:
            say(report, "same-definition-again", "duplicate", a)
    elif automatic_a != automatic_b:
        say(report, "chosen-name-first", "order", a, "b" if automatic_a else "a", weight="error")
    elif (is_rename(made_a) and _waits(made_b)) or (is_rename(made_b) and _waits(made_a)):
        first_side: Side = "a" if is_rename(made_a) else "b"
        say(report, "guarded-create-second", "order", a, first_side, weight="error")
    elif is_rename(made_a) or is_rename(made_b):
        if not (made_a.facet == made_b.facet and _same_origin(made_a, made_b)):
            say(report, "same-name", "clash", a)
    elif guard_a and guard_b:
        grows = _grows(made_a, made_b)
        if same:
            say(report, "same-definition-again", "duplicate", a, weight="warning")
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


def _waits(made: Touch) -> bool:
    """Whether it comes to terms with what bears the name already."""
    return guard(made) and not is_rename(made)


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
    moved_a, moved_b = is_rename(gone_a), is_rename(gone_b)
    guard_a, guard_b = is_guarded(gone_a), is_guarded(gone_b)
    if gone_a.detail.get("implied") and gone_b.detail.get("implied"):
        return
    if guard_a and guard_b:
        if just_goes(gone_a) or just_goes(gone_b):
            return  # it is gone in the end, whatever its name was
        if (moved_a or moved_b) and not same_move(gone_a, gone_b):
            say(report, "both-rename", "clash", a)
        elif not _changed_besides(a, b, report) and not (moved_a or moved_b):
            say(report, "both-drop-if-there", "duplicate", a, weight="warning")
    elif guard_a or guard_b:
        first: Side = "b" if guard_a else "a"
        say(report, "guarded-drop-second", "order", a, first, weight="error")
    elif moved_a or moved_b:
        say(report, "rename-and-drop" if moved_a != moved_b else "both-rename", "clash", a)
    else:
        say(report, "both-drop", "duplicate", a)


def _changed_besides(a: Effect, b: Effect, report: Report) -> bool:
    """Both drop it, or rename it alike, IF EXISTS: what else is done to it comes before."""
    renamed = a.drop is not None and is_rename(a.drop)
    needs_a, needs_b = _needs_it(a), _needs_it(b)
    if needs_a and needs_b:
        if renamed:
            say(report, "both-rename", "clash", a)
        else:
            say(report, "both-drop", "duplicate", a)
    elif needs_a or needs_b:
        first: Side = "a" if needs_a else "b"
        rule = "change-before-rename" if renamed else "change-before-drop"
        say(report, rule, "order", a, first, weight="error")
    return needs_a or needs_b


def _needs_it(effect: Effect) -> bool:
    """Whether anything fails when it is gone already."""
    return bool(effect.columns) or not all(map(skips, needed_by(effect)))


def _create_and_drop(maker: Effect, dropper: Effect, maker_side: Side, report: Report) -> None:
    made, gone = maker.create, dropper.drop
    assert made is not None
    assert gone is not None
    if just_goes(gone):
        # It goes with something else that the other side drops: that has its own rule.
        exists = made.detail.get("exists")
        if not guard(made) and exists:
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
    guarded = is_guarded(gone)
    if guard(made):
        if exists is False and not guarded:
            say(report, "create-before-drop", "order", maker, maker_side, weight="error")
        elif exists is False or not is_rename(gone) or guard(made):
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
        if just_goes(other.drop) and is_guarded(dropped):
            return  # if the new one needs what the other drops, that has a verdict of its own
        if is_guarded(dropped) or not _takes_away(other, replacer):
            say(report, "recreate-or-drop", "clash", replacer)
        else:
            say(report, "replace-before-drop", "order", replacer, side, weight="error")
    elif (
        life == "ensure"
        and is_guarded(dropped)
        and facets.same_definition(replacer.create, other.create)
    ):
        say(report, "same-definition-again", "duplicate", replacer, weight="warning")
    elif life == "ensure" and _cannot_follow(other, replacer):
        say(report, "replace-before-drop", "order", replacer, OTHER[side], weight="error")
    elif life == "create" and is_guarded(dropped):
        # Absent for both: whoever comes second finds it there, and only one of them minds.
        say(report, "guarded-create-second", "order", replacer, OTHER[side], weight="error")
    else:
        say(report, "both-replace", "clash", replacer)


def _takes_away(second: Effect, first: Effect) -> bool:
    """Whether what the second drops or renames can be what the first put in its place.

    DROP TABLE of a view's name is an error; ALTER TABLE renames whatever bears the name.
    """
    gone, made = second.drop, first.create
    assert gone is not None
    assert made is not None
    return gone.kind == made.kind or is_rename(gone) or second.key.family != RELATION


def _cannot_follow(ensuring: Effect, replacer: Effect) -> bool:
    """Whether OR REPLACE fails on the new one.

    A view may get more columns, at the end; a routine must keep what it returns, and the names
    of its parameters.
    """
    late, early = ensuring.create, replacer.create
    assert late is not None
    assert early is not None
    if family_of(late.kind) == ROUTINE:
        return _returns(late) != _returns(early) or _renames_parameters(late, early)
    if late.kind != "view":
        return False
    if early.kind != "view":
        return True
    one, two = early.detail.get("columns"), late.detail.get("columns")
    return isinstance(one, list) and isinstance(two, list) and two[: len(one)] != one


def _returns(made: Touch) -> object:
    return made.detail.get("returns")


def _renames_parameters(late: Touch, early: Touch) -> bool:
    """Whether a parameter that has a name would get another, or none."""
    new, old = (made.detail.get("arguments") or [] for made in (late, early))
    if not isinstance(new, list) or not isinstance(old, list):
        return False
    return any(was and was != now for was, now in zip_longest(old, new))
