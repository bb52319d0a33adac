"""Workflow annotations: a conflict shown at the statement that causes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from confiture_coord.cli.problem import Problem
from confiture_coord.cli.source import Source
from confiture_coord.models import ConflictReport
from confiture_coord.registry import IntentRegistry


def annotate(
    coord: IntentRegistry, sources: Sequence[Source], conflicts: Sequence[ConflictReport]
) -> None:
    """Print one annotation for each conflict and each of our statements that takes part in it."""
    if not conflicts:
        print("::notice title=confiture-coord::No conflicts detected")
        return
    places = list(_places(coord, sources))
    for conflict in conflicts:
        here = [place for place, names in places if names & set(conflict.affected_objects)]
        for place in dict.fromkeys(here) or [""]:
            level = "error" if conflict.severity == "error" else "warning"
            title = f"{conflict.conflict_type} conflict with {conflict.agent_b}"
            print(f"::{level} {place}title={_property(title)}::{_data(_message(conflict))}")


@contextmanager
def annotate_problem() -> Iterator[None]:
    """What ends the check is an annotation too, at the line that is to blame if one is."""
    try:
        yield
    except Exception as error:
        problem = Problem.of(error)
        place = _place(*problem.place) if problem.place else ""
        said = "\n".join(filter(None, (problem.message, problem.detail, problem.hint)))
        print(f"::error {place}title=confiture-coord::{_data(said)}")
        raise


def _message(conflict: ConflictReport) -> str:
    objects = ", ".join(conflict.affected_objects)
    first = f"{objects}: {conflict.outcome} with {conflict.feature_b} of {conflict.agent_b}"
    return "\n".join([first, *conflict.resolution_suggestions])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _places(coord: IntentRegistry, sources: Sequence[Source]) -> Iterator[tuple[str, set[str]]]:
    """For each object that a statement touches: where the statement is, and the object's names."""
    for source in sources:
        lines = statement_lines(source.text)
        for row in coord.footprint(source.text):
            names = _names(row)
            place = ""
            if source.path not in (None, "-"):
                line = lines[row["statement_no"] - 1] if row["statement_no"] <= len(lines) else 1
                place = _place(str(source.path), line)
            yield place, names


def _place(path: str, line: int) -> str:
    return f"file={_property(path)},line={line},"


def _names(row: Mapping[str, Any]) -> set[str]:
    """The names under which a conflict may list the object."""
    table = str(row["object_name"])
    names = {table, ".".join(filter(None, (table, row["sub_name"])))}
    return names | {f"{row['schema_name']}.{name}" for name in names}


def statement_lines(script: str) -> list[int]:
    """The line on which each statement begins.

    This reads words, quotes and comments as psql does, to show a place; what a statement is and
    does was decided by the server's parser.
    """
    lines: list[int] = []
    position, depth, blocks, begun = 0, 0, 0, False
    words: list[str] = []
    while position < len(script):
        end = _token_end(script, position)
        token = script[position:end]
        if token.isspace() or token.startswith(("--", "/*")):
            position = end
            continue
        if not begun:
            lines.append(script.count("\n", 0, position) + 1)
            begun, words, depth, blocks = True, [], 0, 0
        if token in "()":
            depth += 1 if token == "(" else -1
        elif token[0].isalpha():
            words.append(token.lower())
            # CREATE FUNCTION … BEGIN ATOMIC … END holds semicolons of its own.
            if words[-2:] == ["begin", "atomic"] or (blocks and words[-1] == "case"):
                blocks += 1
            elif words[-1] == "end" and blocks:
                blocks -= 1
        elif token == ";" and depth <= 0 and not blocks:
            begun = False
        position = end
    return lines


def _token_end(script: str, start: int) -> int:
    """Where the token that begins here ends."""
    first = script[start]
    if first.isspace():
        return _while(script, start, str.isspace)
    if script.startswith("--", start):
        return _after(script, "\n", start)
    if script.startswith("/*", start):
        return _comment_end(script, start)
    if first in "'\"":
        return _after(script, first, start + 1)  # a doubled quote begins a token of its own
    if first in "eE" and script.startswith("'", start + 1):
        return _escape_string_end(script, start + 2)
    if first == "$":
        tag_end = _while(script, start + 1, _of_word)
        if script.startswith("$", tag_end):
            tag = script[start : tag_end + 1]
            return _after(script, tag, tag_end + 1)
        return start + 1
    if _of_word(first):
        return _while(script, start, lambda character: _of_word(character) or character == "$")
    return start + 1


def _of_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _while(script: str, position: int, belongs: Callable[[str], bool]) -> int:
    while position < len(script) and belongs(script[position]):
        position += 1
    return position


def _after(script: str, what: str, position: int) -> int:
    found = script.find(what, position)
    return len(script) if found < 0 else found + len(what)


def _escape_string_end(script: str, position: int) -> int:
    while position < len(script) and script[position] != "'":
        position += 2 if script[position] == "\\" else 1
    return position + 1


def _comment_end(script: str, position: int) -> int:
    depth, position = 1, position + 2
    while depth and position < len(script):
        if script.startswith("/*", position):
            depth, position = depth + 1, position + 2
        elif script.startswith("*/", position):
            depth, position = depth - 1, position + 2
        else:
            position += 1
    return position
