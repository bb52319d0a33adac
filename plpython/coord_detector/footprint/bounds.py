"""Bounds of partitions as values, so that two of one table can be compared."""

from __future__ import annotations

from typing import Any

from ..loader import ast
from ..model import Json
from ..uses.nodes import is_a
from .work import Detail, Node

_LIST, _RANGE, _HASH = "l", "r", "h"


def bound_values(bound: Node) -> Detail:
    """What rows a partition takes; an end that is no constant is left unknown (None)."""
    if bound.is_default:
        return {"default": True}
    strategy = bound.strategy
    if strategy == _HASH:
        return {"modulus": int(bound.modulus), "remainder": int(bound.remainder)}
    if strategy == _LIST:
        return {"in": [_value(one) for one in bound.listdatums or ()]}
    if strategy == _RANGE:
        return {
            "from": [_value(one) for one in bound.lowerdatums or ()],
            "to": [_value(one) for one in bound.upperdatums or ()],
        }
    return {}


_ENDS = ("minvalue", "maxvalue")


def _value(node: Any) -> Json:
    if is_a(node, ast.ColumnRef):
        word = str(node.fields[-1].sval)
        return {"end": word} if word in _ENDS else None
    if node.__class__ is ast.TypeCast:
        return _value(node.arg)
    if node.__class__ is not ast.A_Const or node.isnull:
        return None
    for attribute in ("sval", "ival", "fval", "boolval"):
        found = getattr(node.val, attribute, None)
        if found is not None:
            return str(found)
    return None
