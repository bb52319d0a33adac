"""The psql transcripts in the documents are what psql really prints.

A transcript is a fenced block marked ``psql``: lines that begin with ``=> `` (or ``-> ``, a
continuation) are sent to psql, everything else is what it answered. Identifiers and times
differ from run to run and are compared as such. After a deliberate change, run
``UPDATE_TRANSCRIPTS=1 pytest tests/docs`` and read the difference.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```psql\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARYING = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:\d\d)?)?"), "<time>"),
]


def commands(block: str) -> Iterator[str]:
    """The statements of a transcript, continuation lines joined."""
    pending: list[str] = []
    for line in block.splitlines():
        if line.startswith("=> "):
            if pending:
                yield "\n".join(pending)
            pending = [line[3:]]
        elif line.startswith("-> "):
            pending.append(line[3:])
    if pending:
        yield "\n".join(pending)


def play(dsn: str, block: str) -> str:
    """Run a transcript's statements and return the transcript that psql gives."""
    played = []
    for command in commands(block):
        answer = subprocess.run(
            ["psql", "-X", "-q", "-v", "SHOW_CONTEXT=never", "-d", dsn, "-c", command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"PGOPTIONS": "-c client_min_messages=notice", "LC_ALL": "C.UTF-8"},
        ).stdout
        first, *rest = command.splitlines()
        played += [f"=> {first}", *(f"-> {line}" for line in rest)]
        played += [line.rstrip() for line in answer.rstrip("\n").splitlines()]
        played.append("")
    return "\n".join(played).rstrip("\n") + "\n"


def settled(text: str) -> str:
    """The text with what varies from run to run replaced, and column padding folded."""
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


WITH_TRANSCRIPT = [path for path in DOCUMENTS if path.exists() and BLOCK.search(path.read_text())]


@pytest.mark.parametrize("document", WITH_TRANSCRIPT, ids=lambda path: path.name)
def test_transcript_is_what_psql_prints(document: Path, dsn: str) -> None:
    text = document.read_text()
    for block in BLOCK.findall(text):
        played = play(dsn, block)
        if os.environ.get("UPDATE_TRANSCRIPTS"):
            text = text.replace(block, played)
            document.write_text(text)
        else:
            assert settled(played) == settled(block)


def test_the_readme_has_a_transcript() -> None:
    assert ROOT / "README.md" in WITH_TRANSCRIPT
