"""Which version the wrapper is, and which versions of the database's objects it works with.

The version is written once, in the extension's control file; here it is read off the name of the
SQL file that the wrapper carries, so that the two cannot disagree.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

#: The SQL that the wrapper carries: ``plain--VERSION.sql`` and ``plain--FROM--TO.sql``.
PACKAGED_SQL = Path(__file__).parent / "sql"


def numbers(version: str) -> tuple[int, ...]:
    """A version as something to compare: ``(0, 1, 0)``."""
    return tuple(int(part) for part in version.split("."))


@cache
def wrapper_version() -> str:
    """The newest version among the packaged SQL files."""
    found = [path.stem.split("--")[-1] for path in PACKAGED_SQL.glob("plain--*.sql")]
    if not found:
        raise RuntimeError(
            f"{PACKAGED_SQL} holds no SQL: in a checkout, run python3 sql/build.py first"
        )
    return max(found, key=numbers)


def fits(installed: str) -> bool:
    """Can this wrapper work with that version? A patch release never changes what it calls.

    Before 1.0 the second number counts, as in Cargo and npm.
    """
    ours, theirs = numbers(wrapper_version()), numbers(installed)
    if ours[0] == 0:
        return ours[:2] == theirs[:2]
    return ours[0] == theirs[0] and theirs[:2] >= ours[:2]
