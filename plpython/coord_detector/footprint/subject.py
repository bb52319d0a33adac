"""What an ALTER statement is about: the relation, as far as the script tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .work import Detail, Target, Work

Command = Callable[["Subject", Any], None]
"""The handler of one subcommand of ALTER TABLE."""

COLUMN_KINDS = {"type": "composite type column"}


class Subject:
    """The relation that an ALTER statement is about."""

    __slots__ = ("work", "target", "table", "kind", "column_kind", "guard")

    def __init__(self, work: Work, target: Target, kind: str, missing_ok: bool, only: bool) -> None:
        self.work = work
        self.target = target
        self.table = work.table(target)
        self.kind = kind
        self.column_kind = COLUMN_KINDS.get(kind, f"{kind} column")
        self.guard: Detail = {"if_exists": True, "relation_if_exists": True} if missing_ok else {}
        if only:
            self.guard["only"] = True

    def alter(self, facet: str, **detail: Any) -> None:
        """Change the relation itself."""
        self.work.add(self.kind, self.target, None, "alter", facet, {**self.guard, **detail})

    def column(self, name: str, facet: str, **detail: Any) -> None:
        self.work.add(self.column_kind, self.target, name, "alter", facet, {**self.guard, **detail})

    def children(self) -> list[Target]:
        """Partitions and heirs that the script itself has made."""
        return [] if "only" in self.guard else self.work.descendants(self.table)
