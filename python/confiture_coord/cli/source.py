"""Where schema changes come from: the command line, .sql files, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from confiture_coord.cli.problem import Problem

#: The server's own limit is lower, and configurable; this one only saves memory.
LARGEST = 64 * 1024 * 1024


class Source(NamedTuple):
    """One script, and the file that it is from."""

    text: str
    path: str | None


def read_all(given: list[str]) -> list[Source]:
    """Every --schema-changes in turn."""
    if given.count("-") > 1:
        raise Problem("22023", "standard input can be read only once", hint="Give - only once.")
    return [_read(each) for each in given]


@contextmanager
def blaming(sources: Sequence[Source]) -> Iterator[None]:
    """An error in one of these scripts names the file that it is in."""
    try:
        yield
    except Exception as error:
        problem = Problem.of(error)
        place, _, rest = (problem.detail or "").partition("\n")
        if problem.code != "42601" or not place.startswith("statement "):
            raise
        # statement 3 (element 2), line 2, column 7:
        element, line = _number_after(place, "(element ") or 1, _number_after(place, "line ") or 1
        path = sources[element - 1].path
        if path is None:
            raise
        name = "standard input" if path == "-" else path
        problem.detail = f"{name}, {place.replace(f' (element {element})', '')}\n{rest}"
        problem.place = None if path == "-" else (path, line)
        raise problem from None


def _number_after(text: str, word: str) -> int | None:
    behind = text.partition(word)[2]
    digits = behind[: len(behind) - len(behind.lstrip("0123456789"))]
    return int(digits) if digits else None


def _read(given: str) -> Source:
    if given == "-":
        if sys.stdin.isatty():
            sys.stderr.write("Reading DDL from the terminal; end with Ctrl-D.\n")
        return Source(_decoded(sys.stdin.buffer.read(LARGEST + 1), "standard input"), "-")
    path = Path(given)
    if _is_file_name(given, path):
        return Source(_decoded(_contents(path), given), given)
    if "\0" in given:
        raise _not_text("the DDL", "it contains a NUL byte")
    return Source(given, None)


def _is_file_name(given: str, path: Path) -> bool:
    """Is it a path? One that ends in .sql is; if it could be DDL just as well, the file decides.

    ``DROP TABLE billing.sql`` is DDL unless there is a file of that name; ``changes.sql`` is a
    path even if there is none, which is an error then.
    """
    try:
        exists = path.exists()
    except (OSError, ValueError):  # too long for a name, or a NUL byte: no path
        return False
    one_word = len(given.split()) == 1
    if given.lower().endswith(".sql"):
        return exists or one_word
    if exists and one_word:
        kind = "directory" if path.is_dir() else "file whose name does not end in .sql"
        raise Problem(
            "22023",
            f"cannot take {given}: it is a {kind}",
            hint="Give the .sql files in it, each with its own --schema-changes."
            if path.is_dir()
            else f"Pass it on standard input: --schema-changes - < {given}",
        )
    return False


def _contents(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "it is a directory")
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Problem(
            "58P01",
            f"there is no file {path}",
            hint="Check the path; text that ends in .sql and is one word is taken for one.",
        ) from None
    except OSError as error:
        raise Problem(
            "58030", f"cannot read {path}: {error.strerror}", hint="Check the file's permissions."
        ) from None


def _decoded(contents: bytes, name: str) -> str:
    if len(contents) > LARGEST:
        raise Problem(
            "54000",
            f"{name} is larger than {LARGEST // 1024**2} MB",
            hint="Declare the schema changes only, without data, in several intents if need be.",
        )
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents.count(b"\n", 0, error.start) + 1
        reason = f"byte {contents[error.start]:#04x} in line {line}"
        raise _not_text(name, reason) from None
    if "\0" in text:
        raise _not_text(name, "it contains a NUL byte")
    return text


def _not_text(name: str, reason: str) -> Problem:
    return Problem(
        "22021",
        f"{name} is not UTF-8 text: {reason}",
        hint="Convert it, for instance: iconv -f LATIN1 -t UTF-8 FILE (or -f UTF-16).",
    )
