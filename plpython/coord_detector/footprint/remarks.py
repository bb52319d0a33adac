"""COMMENT ON, SECURITY LABEL."""

from __future__ import annotations

from .objects import address
from .work import Detail, Node, Work


def comment(work: Work, node: Node) -> None:
    what = address(work, node.objtype, node.object)
    work.add(what.kind, what.target, what.sub, "alter", "comment", {"value": node.comment})


def security_label(work: Work, node: Node) -> None:
    what = address(work, node.objtype, node.object)
    detail: Detail = {"value": node.label}
    if node.provider:
        detail["provider"] = node.provider
    work.add(what.kind, what.target, what.sub, "alter", "security label", detail)
