"""Both sides change or use one object that stays."""

from __future__ import annotations

from ..identity import COLUMN, RELATION
from ..model import Side, Touch
from . import (
    dependents,
    facets,
    families,
    labels,
    publications,
    retyping,
    row_types,
    rows,
    stars,
    writers,
)
from .effects import READS_DATA, SPECIAL, WRITES, Effect
from .verdict import OTHER, Report, Weight, say
from .volume import too_many

TABLES = frozenset(("table", "foreign table", "partitioned table"))


def both_stay(a: Effect, b: Effect, report: Report) -> None:
    if a.members and b.members:
        _primary_keys(a, b, report)
    if "privileges" in a.alters and b.members:
        _revoked_from_columns(a, b, report)
    if "privileges" in b.alters and a.members:
        _revoked_from_columns(b, a, report)
    if a.members and b.uses:
        row_types.compare(a, b, "a", report)
    if b.members and a.uses:
        row_types.compare(b, a, "b", report)
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


def _revoked_from_columns(revoker: Effect, other: Effect, report: Report) -> None:
    """REVOKE on a table takes the privileges on its columns away as well."""
    for revoked in revoker.alters["privileges"]:
        if revoked.detail.get("is_grant"):
            continue
        for granted in other.members:
            if facets.is_granted_and_revoked(granted, revoked):
                say(report, "grant-and-revoke", "clash", other, kind="privilege")
                return


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
    if (_joins_a_table(a) and "owner" in b.alters) or (_joins_a_table(b) and "owner" in a.alters):
        say(report, "sequence-with-one-owner", "clash", a)
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


def _joins_a_table(effect: Effect) -> bool:
    """ALTER SEQUENCE … OWNED BY a column, not NONE."""
    return any(touch.detail.get("value") for touch in effect.alters.get("owned by", ()))


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
    if too_many(ones, twos):
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


def _is_rebuilt(touch: Touch) -> bool:
    """Whether a change of the type reads an expression again that has constants of the old one."""
    by = touch.detail.get("by")
    return "compared" in touch.detail and by in ("index", "table constraint")


def _is_given_a_sequence(effect: Effect) -> bool:
    """OWNED BY: afterwards the sequence follows the table's owner, before they must be one."""
    return any(touch.detail.get("by") == "sequence" for touch in effect.uses)


def _alter_and_use(changer: Effect, user: Effect, side: Side, report: Report) -> None:
    if "tables" in changer.alters:
        publications.compare(changer, user, side, report)
    if changer.key.family == RELATION and "owner" in changer.alters and _is_given_a_sequence(user):
        say(report, "sequence-before-owner", "order", changer, OTHER[side], weight="error")
    if _takes_identity(changer) and any(
        touch.detail.get("by") == "identity" for touch in user.uses
    ):
        say(report, "change-before-drop", "order", changer, OTHER[side], weight="error")
    if not changer.alters.get("type"):
        return
    if any("copied" in touch.detail for touch in user.data) and not all(
        "unchanged" in touch.detail for touch in changer.alters["type"]
    ):
        say(report, "star-settles", "clash", changer, kind="dependency")
        return
    becomes_another = any(retyping.changes_class(touch) for touch in changer.alters["type"])
    for touch in user.uses:
        if touch.facet == "absence" or touch.detail.get("via") == "catalog":
            continue
        if becomes_another and "operator_class" in touch.detail:
            say(report, "operator-class-of-another-type", "clash", changer, kind="dependency")
            return
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
        if becomes_another and _is_rebuilt(touch):
            say(
                report,
                "retype-before-expression",
                "order",
                changer,
                side,
                kind="dependency",
                weight="error",
            )
            return
