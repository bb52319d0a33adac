"""Triggers, event triggers, rules and policies: what watches over a table."""

from __future__ import annotations

from ..loader import enums
from ..model import Json
from ..uses import query_uses
from .canonical import full_text, shortened
from .table import inherit_trigger
from .work import Detail, Node, Target, Work, role_name, strings

_TIMINGS = {2: "before", 64: "instead of"}
_EVENTS = ((4, "insert"), (8, "delete"), (16, "update"), (32, "truncate"))


def create_trigger(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    kind = work.relation_kind(target)
    events = [word for bit, word in _EVENTS if node.events & bit]
    columns = strings(node.columns or ())
    pieces = [
        "constraint trigger" if node.isconstraint else "trigger",
        _TIMINGS.get(node.timing, "after"),
        " or ".join(events),
    ]
    if columns:
        pieces.append(f"of {', '.join(columns)}")
    pieces.append("for each row" if node.row else "for each statement")
    if node.whenClause is not None:
        pieces.append(f"when {full_text(node.whenClause, work.scope)}")
    if node.transitionRels:
        pieces.append(f"referencing {work.canonical(node.transitionRels)}")
    if node.deferrable:
        pieces.append("initially deferred" if node.initdeferred else "deferrable")
    arguments = strings(node.args or ())
    pieces.append(f"execute {'.'.join(strings(node.funcname))}({', '.join(arguments)})")
    detail: Detail = {"definition": shortened(" ".join(pieces)), "events": list(events)}
    if columns:
        detail["columns"] = list(columns)
    if node.whenClause is not None:
        detail["conditional"] = True
    if node.replace:
        detail["or_replace"] = True
    if node.row and work.table(target) is None:
        detail["each_row"] = True
    work.add("trigger", target, node.trigname, "create", "definition", detail)
    if node.isconstraint:
        work.add(
            "table constraint",
            target,
            node.trigname,
            "create",
            "definition",
            {"constraint_type": "trigger", "columns": [], "implied": True},
        )
    by: Detail = {"by": "trigger", "trigger": node.trigname}
    work.use(kind, target, None, {**by, "own": True})
    for column in columns:
        work.use(_column_kind(kind), target, column, {**by, "own": True})
    work.routine_use(node.funcname, "", **by)
    work.expression(node.whenClause, target, **by)
    if node.constrrel is not None:
        work.use("table", work.relation(node.constrrel), None, by)
    table = work.table(target)
    if table is not None:
        table.triggers[node.trigname] = node.funcname
        if table.partitioned and node.row:
            place = target.options[0]
            for child in work.descendants(table):
                inherit_trigger(work, child, work.table(child), place, node.trigname, node.funcname)


def _column_kind(kind: str) -> str:
    return f"{kind} column"


def create_event_trigger(work: Work, node: Node) -> None:
    target = Target(None, node.trigname)
    conditions = ""
    if node.whenclause:
        conditions = f" when {work.canonical(node.whenclause)}"
    text = f"on {node.eventname}{conditions} execute {'.'.join(strings(node.funcname))}()"
    work.add("event trigger", target, None, "create", "definition", {"definition": shortened(text)})
    work.routine_use(node.funcname, "", by="event trigger")


_SWITCHES = {"O": "origin", "D": "disabled", "R": "replica", "A": "always"}


def alter_event_trigger(work: Work, node: Node) -> None:
    value = _SWITCHES.get(node.tgenabled, node.tgenabled)
    work.add(
        "event trigger", Target(None, node.trigname), None, "alter", "enabled", {"value": value}
    )


# -------------------------------------------------------------------- rules


_RULE_EVENTS = {
    enums.CmdType.CMD_SELECT: "select",
    enums.CmdType.CMD_INSERT: "insert",
    enums.CmdType.CMD_UPDATE: "update",
    enums.CmdType.CMD_DELETE: "delete",
}


def create_rule(work: Work, node: Node) -> None:
    target = work.relation(node.relation)
    event = _RULE_EVENTS.get(node.event, str(node.event))
    actions = node.actions or ()
    text = f"on {event} do {'instead' if node.instead else 'also'} {full_text(actions, work.scope)}"
    if node.whereClause is not None:
        text += f" where {full_text(node.whereClause, work.scope)}"
    detail: Detail = {"definition": shortened(text), "event": event, "events": [event]}
    if node.whereClause is not None:
        detail["conditional"] = True
    if node.replace:
        detail["or_replace"] = True
    work.add("rule", target, node.rulename, "create", "definition", detail)
    by: Detail = {"by": "rule", "rule": node.rulename}
    work.use(work.relation_kind(target), target, None, {**by, "own": True})
    work.expression(node.whereClause, target, **by)
    for action in actions:
        if action is not None:
            work.extend(query_uses(action, work.scope, relations=target.options), **by)


# -------------------------------------------------------------------- policies


def create_policy(work: Work, node: Node) -> None:
    target = work.relation(node.table)
    roles: list[Json] = [*sorted(role_name(role) for role in node.roles or ())]
    pieces = [
        "permissive" if node.permissive else "restrictive",
        f"for {node.cmd_name or 'all'}",
        f"to {', '.join(map(str, roles))}",
    ]
    if node.qual is not None:
        pieces.append(f"using {full_text(node.qual, work.scope)}")
    if node.with_check is not None:
        pieces.append(f"with check {full_text(node.with_check, work.scope)}")
    work.add(
        "policy",
        target,
        node.policy_name,
        "create",
        "definition",
        {"definition": shortened(" ".join(pieces)), "roles": roles},
    )
    _policy_uses(work, target, node)


def alter_policy(work: Work, node: Node) -> None:
    target = work.relation(node.table)
    name = node.policy_name
    if node.roles:
        roles: list[Json] = [*sorted(role_name(role) for role in node.roles)]
        work.add("policy", target, name, "alter", "roles", {"value": roles})
    if node.qual is not None:
        value = work.canonical(node.qual)
        work.add("policy", target, name, "alter", "using", {"value": value})
    if node.with_check is not None:
        value = work.canonical(node.with_check)
        work.add("policy", target, name, "alter", "check", {"value": value})
    _policy_uses(work, target, node)


def _policy_uses(work: Work, target: Target, node: Node) -> None:
    by: Detail = {"by": "policy", "policy": node.policy_name}
    work.use("table", target, None, {**by, "own": True})
    work.expression(node.qual, target, **by)
    work.expression(node.with_check, target, **by)
    for role in node.roles or ():
        work.role_use(role, by="policy")
