"""On which line each statement of a script begins."""

from __future__ import annotations

import pytest

from confiture_coord.cli.github import statement_lines


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("", []),
        ("-- nothing\n/* at /* all */ */\n", []),
        ("SELECT 1", [1]),
        ("SELECT 1;\n\n-- comment;\nSELECT 2;\n", [1, 4]),
        ("SELECT ';';SELECT 2", [1, 1]),
        ("SELECT 'a''b;\n';\nSELECT 2", [1, 3]),
        ("SELECT E'a\\';\n';\nSELECT 2", [1, 3]),
        ('SELECT ";\n";\nSELECT 2', [1, 3]),
        ("CREATE FUNCTION f() AS $$ a;\nb; $$;\nSELECT 2", [1, 3]),
        ("CREATE FUNCTION f() AS $x$ $$;\n$x$;\nSELECT $1;\nSELECT 2", [1, 3, 4]),
        ("CREATE RULE r DO (SELECT 1;\nSELECT 2);\nSELECT 3", [1, 3]),
        (
            "CREATE FUNCTION f() BEGIN ATOMIC\nSELECT 1;\nSELECT CASE WHEN a THEN 1 END;\nEND;\n"
            "SELECT 2",
            [1, 5],
        ),
        ("BEGIN;\nCOMMIT;", [1, 2]),
        ("\n\n  /* ; */ ALTER TABLE a$b ADD c int;", [3]),
        ("SELECT 'open", [1]),
    ],
)
def test_where_statements_begin(script: str, lines: list[int]) -> None:
    assert statement_lines(script) == lines
