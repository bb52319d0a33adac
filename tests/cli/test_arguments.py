"""What is found wrong before any database is reached, and how it is said."""

from __future__ import annotations

import os
from typing import Any

import pytest

from confiture_coord.cli.declare import _tables
from confiture_coord.cli.problem import Problem, report

REGISTER = ["register", "--agent-id", "a", "--feature-name", "f"]
CHANGES = ["--schema-changes", "CREATE TABLE t ()"]


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment says which database."""
    for name in os.environ:
        if name.startswith("PG") or name == "DATABASE_URL":
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Usage"),
        (["--help"], "register"),
        (["register", "--help"], "--schema-changes"),
        (["--version"], "confiture-coord 0."),
    ],
)
def test_help_and_version(anywhere: Any, arguments: list[str], said: str) -> None:
    result = anywhere(*arguments)
    assert (said in result.out, result.err) == (True, "")
    assert result.status == (0 if arguments else 2)


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["register"], "Missing option", "register --help"),
        (["regster"], "No such command", "--help"),
        (["list-intents", "--statuses", "x"], "No such option", "list-intents --help"),
        (["resolve", "--conflict-id", "x", "--notes", "n"], "--conflict-id", ""),
        ([*REGISTER, *CHANGES], "No database URL provided. Use --db-url", "DATABASE_URL"),
        (
            [*REGISTER, *CHANGES, "--metadata", "{'a': 1}"],
            "--metadata is not JSON",
            "double quotes",
        ),
        ([*REGISTER, *CHANGES, "--metadata", "[1]"], "--metadata is not a JSON object", "jira"),
        ([*REGISTER, *CHANGES, "--estimated-hours", "nan"], "--estimated-hours cannot be nan", ""),
        ([*REGISTER, "--schema-changes", "no.sql"], "There is no file no.sql", "Check the path"),
        (["uninstall"], "Uninstalling removes all", "--yes"),
    ],
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_mistake_is_one_message_and_status_2(
    anywhere: Any, arguments: list[str], message: str, hint: str, as_json: bool
) -> None:
    result = anywhere(*arguments, *(["--format", "json"] if as_json else []))
    assert result.status == 2
    assert "Traceback" not in result.err
    if not as_json:
        assert result.out == ""
        assert message.lower() in " ".join(result.err.split()).lower()
        assert hint in result.err
        return
    assert result.err == ""
    error = result.json["error"]
    assert list(error) == ["code", "message", "detail", "hint"]
    assert len(error["code"]) == 5
    assert message.lower() in " ".join(error["message"].split()).lower()
    assert hint in (error["hint"] or "")


@pytest.mark.parametrize(
    "url", ["postgresql+psycopg://me:secret@h/db", "me:secret@host/db", "host=x secret"]
)
def test_a_malformed_url_is_not_repeated_for_there_may_be_a_password_in_it(
    anywhere: Any, url: str
) -> None:
    result = anywhere("list-intents", "--database-url", url)
    assert result.status == 2
    assert "not one that PostgreSQL understands" in result.err
    assert "secret" not in result.err + result.out


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("postgresql://127.0.0.1:1/db", "Is the server running"),
        ("postgresql:///db?host=/nonexistent", "Is the server running"),
        ("postgresql://no-such-host.invalid/db", "Check the host's name"),
    ],
)
def test_a_server_that_is_not_there(
    anywhere: Any, monkeypatch: pytest.MonkeyPatch, url: str, hint: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    result = anywhere("list-intents")
    assert result.status == 2
    assert hint in result.err
    assert "Traceback" not in result.err
    assert len(result.err.splitlines()) < 15


def test_the_environment_of_libpq_counts(anywhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "/nonexistent")
    result = anywhere("list-intents")
    assert "/nonexistent" in result.err


@pytest.mark.parametrize(
    ("given", "tables"),
    [
        (None, None),
        ("users", ["users"]),
        (" users, orders ,,", ["users", "orders"]),
        ('"a,b",public.c', ['"a,b"', "public.c"]),
        ('"x ""y"", z"', ['"x ""y"", z"']),
        ("", []),
    ],
)
def test_tables_are_split_at_commas_outside_of_quotes(
    given: str | None, tables: list[str] | None
) -> None:
    assert _tables(given) == tables


def test_an_unexpected_error_says_that_it_is_ours(capsys: pytest.CaptureFixture[str]) -> None:
    report(Problem.of(ZeroDivisionError("oops")), as_json=False)
    said = capsys.readouterr().err
    assert "Unexpected ZeroDivisionError: oops" in said
    assert "CONFITURE_COORD_TRACEBACK" in said
