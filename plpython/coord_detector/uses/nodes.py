"""Telling parse nodes apart, and finding their way down."""

from __future__ import annotations

from functools import cache
from typing import Any

_SCALAR_TYPES = frozenset(("char*", "Bitmapset*"))


def is_a(node: Any, *classes: type) -> bool:
    """Tell whether a node is of one of these classes; the tree's classes have no subclasses."""
    return node.__class__ in classes


@cache
def child_names(node_class: type) -> tuple[str, ...]:
    """The attributes of a node class that can hold other nodes or lists of them, last one first.

    Each class of the tree says in its ``__slots__`` what C type an attribute has.
    """
    slots = getattr(node_class, "__slots__", ())
    if not isinstance(slots, dict):
        return ()
    names: list[str] = []
    for name, description in slots.items():
        c_type = str(description[0] if isinstance(description, tuple) else description)
        if c_type.endswith("*") and c_type not in _SCALAR_TYPES:
            names.append(name)
    return tuple(reversed(names))
