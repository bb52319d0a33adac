"""``confiture-coord import``."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from tests.cli.conftest import Run

SOURCE = Path(__file__).resolve().parents[1] / "db" / "confiture_registry.sql"


@pytest.fixture
def old(dsn: str) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SOURCE.read_text())
    return dsn


def test_json_is_the_report(old: str, run: Run) -> None:
    dry = run("import", "--from-schema", "public", "--dry-run", "--format", "json")
    assert (dry.status, dry.err) == (0, "")
    assert dry.json["dry_run"] is True
    assert run("list-intents", "--format", "json").json["total"] == 0
    real = run("import", "--format", "json")
    assert real.json["imported"] == dry.json["imported"]
    assert run("list-intents", "--format", "json").json["total"] == 11
    again = run("import", "--format", "json")
    assert again.status == 0
    assert again.json["already_there"] == 11


def test_text_says_what_became_of_what(old: str, run: Run) -> None:
    dry = run("import", "--dry-run")
    real = run("import")
    assert "✓ Would import 11 of 12 intents, 5 of 6 conflicts, 8 of 9 rows" in dry.out
    assert real.out.splitlines()[0] == (
        "✓ Imported 11 of 12 intents, 5 of 6 conflicts, 8 of 9 rows of history from schema public"
    )
    assert 'statement 2, line 2: syntax error at or near "int"' in real.out
    assert "    ADD COLUM broken int" in real.out.splitlines()
    assert "! tb_pggit_intent int_empty: risk_level gigantic → high" in real.out.splitlines()
    assert (
        "! left where it is: tb_pggit_conflict 46: its two intents are not both there" in real.out
    )
    assert "- conflict 44 no longer matters: feature/dropped_001 was abandoned" in real.out
    assert "- new conflict: table users [warning]" in real.out
    assert "11 intents were there already" in run("import").out


def test_no_such_tables(run: Run) -> None:
    failed = run("import", "--from-schema", "elsewhere")
    assert failed.status == 2
    assert "There is no table elsewhere.tb_pggit_intent to import" in failed.err
    assert "Hint: Give the schema" in failed.err


def test_somebody_else_than_the_owner(old: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c role=coord_reviewer")
    failed = run("import", "--format", "json")
    assert failed.status == 2
    assert failed.json["error"]["code"] == "42501"
    assert "owner of the extension" in failed.json["error"]["hint"]
