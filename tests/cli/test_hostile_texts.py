"""What agents call things moves no cursor, hides nothing, and imitates no line of ours."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from confiture_coord.cli.printable import printable
from tests.db.intents import Connection, conflicts, register

NAME = '"u\x1b[2K\x9b1A\u202esresu\n  9. column [error] (faked)"'

UNPRINTABLE = ("\x1b", "\x9b", "\u202e")


def test_printable() -> None:
    for text, shown in {
        "plain": "plain",
        "é 漢字 \u00a0 👩\u200d💻": "é 漢字 \u00a0 👩\u200d💻",
        "two\nlines\tand\r": "two\\nlines\\tand\\r",
        "\x1b[2K": "\\u001b[2K",
        "\u2028\u2066\x9b": "\\u2028\\u2066\\u009b",
        "\U000e0001": "\\udb40\\udc01",
    }.items():
        assert printable(text) == shown
        # the same notation as JSON's
        assert json.loads(f'"{shown}"') == text


@pytest.fixture
def hostile(conn: Connection) -> str:
    """Two intents that clash over an object with a hostile name; the second one's id."""
    register(conn, "ada", f"alter table {NAME} add column a int")
    intent = register(conn, "bob", f"alter table {NAME} add column a int; create table t (b int)")
    [conflict] = conflicts(conn, intent)
    conn.execute(
        "select coord.resolve_conflict(%s, %s)",
        (conflict["id"], "fine\n  9. column [error] (faked)"),
    )
    return intent


@pytest.mark.parametrize(
    "arguments",
    [
        ("conflicts", "--all"),
        ("list-intents",),
        ("status", "--intent-id", "{intent}"),
        ("history", "--intent-id", "{intent}"),
        ("check", "--agent-id", "eve", "--feature-name", "f", "--schema-changes",
         f"alter table {NAME} add column a int"),
        ("check", "--agent-id", "eve", "--feature-name", "f", "--schema-changes",
         f"alter tabel {NAME}"),
    ],
)  # fmt: skip
def test_no_output_carries_it(run: Any, hostile: str, dsn: str, arguments: tuple[str, ...]) -> None:
    answer = run(*(each.format(intent=hostile) for each in arguments))
    shown = answer.out + answer.err
    assert shown
    assert [each for each in UNPRINTABLE if each in shown] == []
    assert [line for line in shown.splitlines() if line.startswith("  9. ")] == []


def test_reasons_of_an_older_version_are_shown_the_same_way(
    run: Any, conn: Connection, hostile: str
) -> None:
    """They were not checked then, and history does not change."""
    with pytest.raises(psycopg.errors.InvalidParameterValue):
        conn.execute("select coord.mark_abandoned(%s, e'\\x1b[2K')", (hostile,))
    conn.execute(
        "update coord.intent set status = 'abandoned', pending_event = jsonb_build_object("
        "'event', 'transition', 'reason', e'gone\\x1b[2K') where id = %s",
        (hostile,),
    )
    assert "gone\\u001b[2K" in run("history", "--intent-id", hostile).out
