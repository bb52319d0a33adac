"""docs/cli.md says what the command does now."""

from __future__ import annotations

from pathlib import Path

from confiture_coord.cli import POLLED, SHARED, look, reference
from confiture_coord.cli.app import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference.markdown(), (
        "run: PYTHONPATH=python python -m confiture_coord.cli.reference > docs/cli.md"
    )


def test_all_commands_of_the_documents_and_the_contract_exist() -> None:
    names = {command.name or command.callback.__name__ for command in app.registered_commands}  # type: ignore[union-attr]
    assert names >= {
        *("register", "list-intents", "check", "status", "conflicts", "resolve", "abandon"),
        *("start", "complete", "mark-merged", "history", "watch"),
        *("install", "upgrade", "uninstall", "doctor"),
    }


def test_the_shortcut_knows_the_same_options_as_typer() -> None:
    import inspect

    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        if name in POLLED:
            declared = set(inspect.signature(command.callback).parameters)
            short = set((POLLED[name] | SHARED).values())
            assert short | {"closed"} >= declared >= short
            target = getattr(look, name.replace("-", "_"))
            assert set(inspect.signature(target).parameters) == declared | {"registry"}
