"""Running the command within the test's own process, against the test's own database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from confiture_coord import cli


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def anywhere(capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("list-intents", …)``, with the environment as it is."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        status = cli.run(list(arguments))
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


@pytest.fixture
def run(anywhere: Run, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("list-intents", …)`` with DATABASE_URL naming a fresh database."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    return anywhere
