"""The corpus: statements in files, each with what has to be said about it.

Entries are separated by an empty line. Comment lines in them are remarks for the test:
``-- setup:`` what has to be there first, ``-- outside`` it cannot run in a transaction,
``-- from: 15`` and ``-- until: 17`` the versions that it is about, ``-- error`` the server refuses
it (kept, because the footprint must not), ``-- claims: X: why``, ``-- misses: X: why`` and
``-- says: X: why`` known differences: claimed but as it was, written but not claimed, named by an
event trigger only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "corpus"


class Entry(NamedTuple):
    file: str
    number: int
    setup: str
    sql: str
    claims: frozenset[str]
    misses: frozenset[str]
    says: frozenset[str]
    outside: bool
    fails: bool
    since: int
    until: int

    @property
    def id(self) -> str:
        return f"{self.file}-{self.number}"


def entries(folder: Path = FOLDER) -> Iterator[Entry]:
    for path in sorted(folder.glob("*.sql")):
        for number, block in enumerate(path.read_text().split("\n\n"), 1):
            if block.strip():
                yield _entry(path.stem, number, block)


def _entry(file: str, number: int, block: str) -> Entry:
    setup: list[str] = []
    sql: list[str] = []
    claims: set[str] = set()
    misses: set[str] = set()
    says: set[str] = set()
    outside = fails = False
    since, until = 0, 999
    for line in block.splitlines():
        if line.startswith("-- setup: "):
            setup.append(line.removeprefix("-- setup: "))
        elif line.startswith("-- claims: "):
            claims.add(_object(line.removeprefix("-- claims: ")))
        elif line.startswith("-- misses: "):
            misses.add(_object(line.removeprefix("-- misses: ")))
        elif line.startswith("-- says: "):
            says.add(_object(line.removeprefix("-- says: ")))
        elif line == "-- outside":
            outside = True
        elif line == "-- error":
            fails = True
        elif line.startswith("-- from: "):
            since = int(line.removeprefix("-- from: "))
        elif line.startswith("-- until: "):
            until = int(line.removeprefix("-- until: "))
        else:
            sql.append(line)
    return Entry(
        file,
        number,
        ";\n".join(setup),
        "\n".join(sql),
        frozenset(claims),
        frozenset(misses),
        frozenset(says),
        outside,
        fails,
        since,
        until,
    )


def _object(remark: str) -> str:
    what, _, why = remark.rpartition(": ")
    assert what, f"a remark without an object: {remark}"
    assert why, f"a known difference needs a reason: {remark}"
    return what
