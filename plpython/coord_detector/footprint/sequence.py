"""CREATE SEQUENCE, ALTER SEQUENCE."""

from __future__ import annotations

from collections.abc import Sequence

from .canonical import shortened
from .columns import note_sequence
from .work import Detail, Node, Target, Work, option_value, option_values, role_name, strings

__all__ = ["alter_sequence", "create_sequence", "role_name"]


def create_sequence(work: Work, node: Node) -> None:
    target = work.new_relation(node.sequence)
    options = [option for option in node.options or () if option.defname != "owned_by"]
    detail: Detail = {"definition": _definition(work, options)}
    if node.if_not_exists:
        detail["if_not_exists"] = True
        if work.scope.exists("relation", target.schema, target.name):
            work.use("sequence", target, None, {"if_not_exists": True})
            return
    if node.sequence.relpersistence == "u":
        detail["persistence"] = "unlogged"
    owner = _owned_by(node.options or ())
    if owner:
        detail["owned_by"] = list(owner)
    work.add("sequence", target, None, "create", "definition", detail)
    note_sequence(work, target)
    _own(work, target, owner)
    _use_owner(work, owner)


def alter_sequence(work: Work, node: Node) -> None:
    target = work.relation(node.sequence)
    detail: Detail = {"if_exists": True} if node.missing_ok else {}
    options: Detail = {}
    for option in node.options or ():
        name = option.defname
        if name == "owned_by":
            owner = _owned_by((option,))
            work.add(
                "sequence", target, None, "alter", "owned by", {**detail, "value": list(owner)}
            )
            work.disown(target)
            _own(work, target, owner)
            _use_owner(work, owner)
        elif name == "restart":
            value = option_value(option)
            work.add("sequence", target, None, "alter", "value", {**detail, "value": value})
        elif name == "as":
            text = work.type_text(option.arg)
            work.add("sequence", target, None, "alter", "type", {**detail, "value": text})
        else:
            options[name] = option_value(option)
    if options:
        work.add("sequence", target, None, "alter", "options", {**detail, "value": options})


def _definition(work: Work, options: Sequence[Node]) -> str:
    values = option_values(option for option in options if option.defname != "as")
    type_ = next(
        (work.type_text(option.arg) for option in options if option.defname == "as"), "bigint"
    )
    return shortened(f"as {type_} {sorted(values.items(), key=str)}" if values else f"as {type_}")


def _owned_by(options: Sequence[Node]) -> tuple[str, ...]:
    """``table.column`` of OWNED BY; empty for NONE."""
    for option in options:
        if option.defname == "owned_by":
            parts = strings(option.arg)
            return parts if len(parts) > 1 else ()
    return ()


def _own(work: Work, sequence: Target, owner: tuple[str, ...]) -> None:
    """From now on it goes where the column goes."""
    if not owner:
        return
    table = work.table(work.reference(owner[:-1], "relation"))
    known = work.table(sequence)
    if table is not None and known is not None and owner[-1] in table.columns:
        table.columns[owner[-1]].sequence = sequence.options[0]
        known.owner = table


def _use_owner(work: Work, owner: tuple[str, ...]) -> None:
    if owner:
        table = work.reference(owner[:-1], "relation")
        work.use("table column", table, owner[-1], {"by": "sequence"})


__all__ += ["Target"]
