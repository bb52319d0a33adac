"""The documents' Python examples run as they stand, with the import line changed.

What is not ours (pgGit's client, the language model) is played by doubles. Two accidents of the
examples are mended: names that they do not import, and the assignment to a model, which is frozen.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import psycopg
import pytest

from confiture_coord import IntentRegistry, IntentStatus

PAGE = Path(__file__).with_name("documented_python.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^## (.+?) \(.*?\)\n\n```python\n(.*?)^```$", PAGE, re.M | re.S))
AUTH_DDL = """
    CREATE TABLE users (id UUID PRIMARY KEY, email TEXT UNIQUE);
    CREATE TABLE sessions (id UUID PRIMARY KEY, user_id UUID REFERENCES users);
    CREATE TABLE oauth_tokens (id UUID PRIMARY KEY, user_id UUID REFERENCES users)"""

Play = Callable[[str], dict[str, Any]]


@pytest.fixture
def connection(connect: Callable[..., psycopg.Connection[Any]]) -> psycopg.Connection[Any]:
    """As the examples open it: not in autocommit mode."""
    return connect(autocommit=False)


@pytest.fixture
def git() -> MagicMock:
    """PgGitClient's double."""
    client = MagicMock(name="PgGitClient")
    client.merge.return_value.has_conflicts = False
    return client


@pytest.fixture
def play(
    connection: psycopg.Connection[Any], git: MagicMock, monkeypatch: pytest.MonkeyPatch
) -> Play:
    """Run one of the examples by its name; what it defined."""
    pggit = SimpleNamespace(PgGitClient=lambda _: git, MigrationGenerator=MagicMock())
    model = MagicMock(name="Anthropic")
    model.messages.create.return_value.content = [SimpleNamespace(text=AUTH_DDL)]
    monkeypatch.setitem(sys.modules, "pggit_double", pggit)
    monkeypatch.setitem(sys.modules, "anthropic", SimpleNamespace(Anthropic=lambda: model))
    monkeypatch.setattr(psycopg, "connect", lambda _: connection)

    def run(name: str) -> dict[str, Any]:
        text = EXAMPLES[name]
        text = text.replace("confiture.integrations.pggit.coordination", "confiture_coord")
        text = text.replace("confiture.integrations.pggit", "pggit_double")
        names = {"connection": connection, "__name__": "__main__"}
        names |= {"datetime": datetime, "Path": Path}  # the examples forget to import them
        exec(compile(text, name, "exec"), names)
        return names

    return run


def test_there_are_all_of_them() -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == 6


def test_api_usage(play: Play) -> None:
    made = play("API usage")
    assert made["conflicts"] == []
    assert made["registry"].get_intent(made["intent"].id).status is IntentStatus.COMPLETED


def test_python_api_coordination(play: Play, connection: psycopg.Connection[Any]) -> None:
    IntentRegistry(connection).register("other", "other", ["ALTER TABLE users ADD COLUMN b int"])
    made = play("Python API coordination")
    assert [each.affected_objects for each in made["conflicts"]] == [["users"]]
    assert made["registry"].get_intent(made["intent"].id).status is IntentStatus.MERGED


def test_what_an_example_prints(
    play: Play, connection: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    play("Pattern 2")
    assert capsys.readouterr().out.lower() == "conflict: table on ['users']\n"
    play("Strategy 1")
    assert capsys.readouterr().out.startswith("Conflict with ['users']: ['")


def test_the_pipeline_merges_what_is_done_and_settled(
    play: Play,
    git: MagicMock,
    connection: psycopg.Connection[Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry = IntentRegistry(connection)
    free, first, second = (
        registry.register(name, name, [change])
        for name, change in (
            ("free", "CREATE TABLE elsewhere ()"),
            ("first", "ALTER TABLE users ADD COLUMN a int"),
            ("second", "ALTER TABLE users ADD COLUMN b int"),
        )
    )
    for intent in (free, first):
        registry.mark_in_progress(intent.id)
        registry.mark_completed(intent.id)
    play("Pattern 4")
    assert "Unresolved conflicts, skipping" in capsys.readouterr().out
    assert registry.get_intent(free.id).status is IntentStatus.MERGED
    assert registry.get_intent(first.id).status is IntentStatus.COMPLETED
    git.delete_branch.assert_called_once_with(free.branch_name)
    [conflict] = registry.get_conflicts(second.id)
    registry.resolve_conflict(conflict.id, "first goes first")
    play("Pattern 4")
    assert registry.get_intent(first.id).status is IntentStatus.MERGED


def test_assigning_a_status_is_a_call_instead(
    play: Play, git: MagicMock, connection: psycopg.Connection[Any]
) -> None:
    registry = IntentRegistry(connection)
    intent = registry.register("free", "free", ["CREATE TABLE elsewhere ()"])
    registry.mark_in_progress(intent.id)
    registry.mark_completed(intent.id)
    git.merge.return_value.has_conflicts = True
    with pytest.raises(FrozenInstanceError):
        play("Pattern 4")
    moved = registry.move(intent.id, IntentStatus.CONFLICTED, "git found merge conflicts")
    assert moved.status is IntentStatus.CONFLICTED


def test_two_agents_of_different_kinds(
    play: Play, connection: psycopg.Connection[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    play("Claude and a local LLM")
    assert "Conflicts detected - coordinating..." in capsys.readouterr().out
    # The example began a transaction with its own DDL and does not commit it: nor do we.
    assert connection.info.transaction_status is psycopg.pq.TransactionStatus.INTRANS
    assert {each.status for each in IntentRegistry(connection).list_intents()} == {"merged"}
    connection.commit()
    assert connection.execute("select to_regclass('idx_sessions_user') is not null").fetchone() == (
        True,
    )
