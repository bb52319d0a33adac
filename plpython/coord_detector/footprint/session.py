"""Statements that touch no object but move on what names mean for those that follow."""

from __future__ import annotations

from ..loader import enums
from ..names import setting_values
from .work import Node, Work

_KIND = enums.VariableSetKind
_TRANSACTION = enums.TransactionStmtKind

_BEGINS = (_TRANSACTION.TRANS_STMT_BEGIN, _TRANSACTION.TRANS_STMT_START)
_COMMITS = (
    _TRANSACTION.TRANS_STMT_COMMIT,
    _TRANSACTION.TRANS_STMT_PREPARE,
    _TRANSACTION.TRANS_STMT_COMMIT_PREPARED,
)


def set_variable(work: Work, node: Node) -> None:
    if node.kind == _KIND.VAR_RESET_ALL:
        work.scope.set_search_path(None)
    elif node.name == "search_path" and node.kind != _KIND.VAR_SET_CURRENT:
        values = None if node.kind == _KIND.VAR_RESET else setting_values(node)
        work.scope.set_search_path(values, bool(node.is_local))


def transaction(work: Work, node: Node) -> None:
    if node.kind in _BEGINS:
        work.scope.begin()
    elif node.kind in _COMMITS:
        work.scope.commit()
    elif node.kind == _TRANSACTION.TRANS_STMT_ROLLBACK:
        work.scope.rollback()


def discard(work: Work, node: Node) -> None:
    if node.target == enums.DiscardMode.DISCARD_ALL:
        work.scope.set_search_path(None)
