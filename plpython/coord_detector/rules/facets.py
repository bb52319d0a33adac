"""Two changes of one object that stays: of one aspect, or of aspects that exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..model import Json, Outcome, Touch
from . import labels
from .volume import too_many

COSMETIC = frozenset(
    (
        "comment",
        "privileges",
        "statistics",
        "storage",
        "compression",
        "owner",
        "security label",
        "options",
        "cluster",
        "replica identity",
        "enabled",
        "validation",
    )
)
"""Aspects that change nothing about what the object means."""

RESET_BY_REPLACE = frozenset(
    (
        "volatility",
        "strict",
        "strictness",
        "security",
        "leakproof",
        "parallel",
        "cost",
        "rows",
        "support",
        "configuration",
        "options",
        "definition",
        "attributes",
        "set",
    )
)
"""CREATE OR REPLACE writes these anew: owner, privileges and comments survive it."""


def is_reset(made: Touch, changed: Iterable[str]) -> bool:
    """Whether CREATE OR REPLACE undoes a change of one of these aspects."""
    resets = RESET_BY_REPLACE if made.kind != "trigger" else _RESET_TRIGGER
    return any(facet in resets for facet in changed)


_RESET_TRIGGER = RESET_BY_REPLACE | {"enabled"}

EXCLUDING: tuple[frozenset[str], ...] = (frozenset(("default", "identity", "generated")),)
"""A column has one source of values: a default, an identity or a generation expression."""

_NOISE = frozenset(
    (
        "if_exists",
        "if_not_exists",
        "or_replace",
        "exists",
        "candidate",
        "statement",
        "via",
        "implied",
        "automatic",
        "cascade",
        "by",
        "own",
        "followed",
        "concurrently",
        "text",
        "recurse",
        "was_not_null",
        "relation_if_exists",
        "unchanged",
        "has_default",
        "inherited",
        "events",
        "columns",
        "conditional",
        "demands",
        "more_columns",
        "was",
        "was_enum",
        "unfilled",
        "absent",
        "uncertain",
    )
)


def meaning(touch: Touch) -> Mapping[str, Json]:
    """What the touch sets, without how it was written."""
    return {name: value for name, value in touch.detail.items() if name not in _NOISE}


def same_definition(a: Touch | None, b: Touch | None) -> bool:
    """Whether two touches make the very same thing; not when neither says what it makes."""
    if a is None or b is None:
        return False
    one, two = a.detail.get("definition"), b.detail.get("definition")
    if one is not None or two is not None:
        return one == two
    return meaning(a) == meaning(b)


def compare(
    a: Mapping[str, Sequence[Touch]], b: Mapping[str, Sequence[Touch]]
) -> tuple[str, Outcome] | None:
    """The strongest thing that two sets of changes of one object mean to each other."""
    found: tuple[str, Outcome] | None = None
    for facet in a:
        if facet == "declared":
            continue
        others = b.get(facet)
        if others is not None:
            if too_many(a[facet], others):
                return ("too-many-to-compare", "clash")
            for one in a[facet]:
                for two in others:
                    implied = one.detail.get("implied") or two.detail.get("implied")
                    if implied and meaning(one) == meaning(two):
                        continue
                    verdict = _same_facet(facet, one, two)
                    if verdict[1] == "clash":
                        return verdict
                    if verdict[1] == "duplicate" or found is None:
                        found = verdict
        for group in EXCLUDING:
            if facet in group and any(other != facet and other in group for other in b):
                return ("one-source-of-values", "clash")
    if found is None and _means_something(a) and _means_something(b):
        return ("different-aspects", "overlap")
    return found


_PLACES = ("partition", "parent", "of", "triggers", "column", "constraint", "extension")
"""Details that say which part of an aspect a change is about."""


def _means_something(changes: Mapping[str, Sequence[Touch]]) -> bool:
    """Whether more is changed than who owns it, who may use it and what is said about it."""
    return any(
        facet not in COSMETIC and facet != "declared" and not facet.startswith("privileges of ")
        for facet in changes
    )


def _same_facet(facet: str, one: Touch, two: Touch) -> tuple[str, Outcome]:
    if facet == "privileges" or facet.startswith("privileges of"):
        return _privileges(one, two)
    if facet == "value" and one.kind in ("type", "enum value"):
        return labels.compare(one, two)
    a, b = one.detail, two.detail
    if any(a.get(place) != b.get(place) for place in _PLACES):
        return ("different-aspects", "overlap")
    if facet in ("options", "configuration"):
        return _options(one, two)
    if meaning(one) == meaning(two):
        return ("same-value", "duplicate")
    return ("last-value-wins", "clash")


def _options(one: Touch, two: Touch) -> tuple[str, Outcome]:
    a, b = _settings(one), _settings(two)
    common = a.keys() & b.keys()
    if not common:
        return ("different-aspects", "overlap")
    if all(a[name] == b[name] for name in common):
        return ("same-value", "duplicate")
    return ("last-value-wins", "clash")


def _settings(touch: Touch) -> dict[str, Json]:
    value = touch.detail.get("value")
    if isinstance(value, dict):
        return dict(value)
    if isinstance(value, list):
        return {str(name): None for name in value}
    return {"": value}


_EVERYTHING = frozenset(("all", "ALL"))


def same_grantees(one: Touch, two: Touch) -> bool:
    """Whether two grants or revokes are about a common privilege of a common role."""
    if listed_in(one, "grantee").isdisjoint(listed_in(two, "grantee")):
        return False
    rights_a, rights_b = listed_in(one, "privileges"), listed_in(two, "privileges")
    return bool(rights_a & rights_b or _EVERYTHING & rights_a or _EVERYTHING & rights_b)


def is_granted_and_revoked(granted: Touch, revoked: Touch) -> bool:
    """Whether a change of privileges grants what the other one, a REVOKE, takes away again."""
    return (
        granted.facet == "privileges"
        and bool(granted.detail.get("is_grant"))
        and not revoked.detail.get("is_grant")
        and same_grantees(granted, revoked)
    )


def _privileges(one: Touch, two: Touch) -> tuple[str, Outcome]:
    if not same_grantees(one, two):
        return ("different-aspects", "overlap")
    if one.detail.get("is_grant") == two.detail.get("is_grant"):
        return ("same-grant", "duplicate")
    return ("grant-and-revoke", "clash")


def listed_in(touch: Touch, word: str) -> set[str]:
    """A detail that is a list, as a set."""
    value = touch.detail.get(word)
    if value is None:
        return set()
    if isinstance(value, list):
        return {str(item) for item in value}
    return {str(value)}
