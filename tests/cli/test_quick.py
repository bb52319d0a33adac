"""The commands that scripts poll: without psycopg, Typer and Rich, and yet the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from confiture_coord import IntentRegistry, cli
from confiture_coord.cli import quick

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def busy(dsn: str) -> list[str]:
    """A database with a bit of everything; the intents' ids."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        registry = IntentRegistry(connection)
        add = "ALTER TABLE users ADD COLUMN"
        intents = [
            registry.register("claude-ü", "größe", [f"{add} a int"], metadata={"%s": ['"', None]}),
            registry.register("b", "second", f"{add} b int; {add} c text", risk_level="high"),
            registry.register("c", "third", [f"{add} a text"], estimated_duration_ms=2**40),
        ]
        registry.mark_abandoned(intents[1].id, "no")
        return [intent.id for intent in intents]


POLLED = [
    ["list-intents"],
    ["list-intents", "--format", "json"],
    ["list-intents", "--status-filter=REGISTERED", "--format=json"],
    ["list-intents", "--agent-filter", "claude-ü"],
    ["list-intents", "--agent-filter", "nobody"],
    ["list-intents", "--status-filter", "nonsense", "--format", "json"],
    ["status", "--intent-id", "{0}"],
    ["status", "--intent-id", "{1:.8}", "--format", "json"],
    ["status", "--intent-id", "01234567"],
    ["status", "--intent-id", "int_x", "--format", "json"],
    ["conflicts"],
    ["conflicts", "--format", "json"],
    ["conflicts", "--intent-id", "{2:.12}", "--format", "json"],
    ["conflicts", "--intent-id", "{1}"],
]


@pytest.mark.parametrize("arguments", POLLED, ids=" ".join)
def test_the_quick_way_and_the_ordinary_one_say_the_same(
    run: Any, busy: list[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    given = [each.format(*busy) for each in arguments]
    assert cli.directly(given) is not None
    quickly = run(*given)
    monkeypatch.setattr(cli, "directly", lambda _: None)
    assert run(*given) == quickly


def test_nothing_heavy_is_imported(busy: list[str], dsn: str) -> None:
    script = (
        "import sys; from confiture_coord.cli import run; "
        "status = run(['list-intents']); "
        "print(status, sorted({'psycopg', 'typer', 'rich', 'asyncio'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"DATABASE_URL": dsn, "PYTHONPATH": str(CHECKOUT / "python")},
        capture_output=True,
        text=True,
    )
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(
    "arguments",
    [
        ["register"],
        ["list-intents", "--help"],
        ["list-intents", "--format", "xml"],
        ["list-intents", "--agent-filter"],
        ["list-intents", "surplus"],
        ["list-intents", "--agent-filter", "--format"],
        ["conflicts", "--all"],
        ["status"],
        [],
    ],
    ids=" ".join,
)
def test_anything_but_a_plain_use_is_for_typer(arguments: list[str]) -> None:
    assert cli.directly(arguments) is None


def test_without_a_library_it_is_the_ordinary_way(
    run: Any, busy: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("list-intents")

    def none_found() -> None:
        raise quick.Unusual("no libpq")

    monkeypatch.setattr(quick, "_library", none_found)
    assert run("list-intents") == expected


def test_an_error_of_the_server_is_reported_by_the_ordinary_way(
    anywhere: Any, plain_dsn: str
) -> None:
    result = anywhere("list-intents", "--database-url", plain_dsn)
    assert result.status == 2
    assert "not installed in this database" in result.err


def test_a_password_in_a_malformed_url_stays_secret(anywhere: Any) -> None:
    result = anywhere("list-intents", "--database-url", "postgresql://me:secret@host:port/db")
    assert result.status == 2
    assert "secret" not in result.out + result.err
