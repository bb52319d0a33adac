"""The table of rules: what each says, why, where PostgreSQL says so, and an example.

The tests execute every example in both orders on a real server and compare what they find with
the verdict; docs/conflict-matrix.md is made from this table. Its chapters are the modules
``book_*`` beside this one.
"""

from __future__ import annotations

from .book_changed import CHANGED
from .book_contained import CONTAINED
from .book_created import CREATED
from .book_gone import GONE
from .book_needed import NEEDED
from .book_rows import ROWS
from .book_rule import Rule

__all__ = ["BY_NAME", "GROUPS", "RULES", "Rule"]

RULES: tuple[Rule, ...] = (*CREATED, *GONE, *NEEDED, *CHANGED, *CONTAINED, *ROWS)

GROUPS: tuple[tuple[str, tuple[Rule, ...]], ...] = (
    ("Both create, or one creates what the other needs", CREATED),
    ("One drops, renames or replaces", GONE),
    ("One uses what the other changes", NEEDED),
    ("Both change the same object", CHANGED),
    ("Schemas, partitions and heirs", CONTAINED),
    ("Rows", ROWS),
)

BY_NAME = {rule.name: rule for rule in RULES}
