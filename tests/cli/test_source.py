"""Where --schema-changes come from: text, files and standard input, never guessed in silence."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from confiture_coord.cli import source
from confiture_coord.cli.problem import Problem
from confiture_coord.cli.source import Source, read_all


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(given: str) -> Problem:
    with pytest.raises(Problem) as caught:
        read_all([given])
    assert caught.value.hint
    return caught.value


def test_text_is_taken_as_it_is() -> None:
    ddl = "ALTER TABLE users ADD COLUMN a int;  -- comment\n"
    assert read_all([ddl]) == [Source(ddl, None)]


def test_a_sql_file_is_read(here: Path) -> None:
    (here / "a b.SQL").write_text("CREATE TABLE größe ()", encoding="utf-8")
    assert read_all(["a b.SQL"]) == [Source("CREATE TABLE größe ()", "a b.SQL")]


def test_a_byte_order_mark_is_no_ddl(here: Path) -> None:
    (here / "a.sql").write_bytes(b"\xef\xbb\xbfCREATE TABLE a ()")
    assert read_all(["a.sql"])[0].text == "CREATE TABLE a ()"


def test_several_sources_keep_their_order(here: Path) -> None:
    for name in ("2.sql", "1.sql"):
        (here / name).write_text(f"-- {name}")
    assert [each.path for each in read_all(["2.sql", "1.sql", "SELECT 1"])] == [
        "2.sql",
        "1.sql",
        None,
    ]


def test_a_missing_sql_file_is_an_error_and_not_ddl(here: Path) -> None:
    problem = refused("./missing.sql")
    assert (problem.code, problem.message) == ("58P01", "there is no file missing.sql")


def test_ddl_that_ends_in_sql_is_ddl_unless_there_is_such_a_file(here: Path) -> None:
    ddl = "DROP TABLE billing.sql"
    assert read_all([ddl]) == [Source(ddl, None)]
    (here / ddl).write_text("SELECT 1")
    assert read_all([ddl])[0].text == "SELECT 1"


def test_a_file_with_another_name_is_not_guessed(here: Path) -> None:
    (here / "changes.ddl").write_text("CREATE TABLE a ()")
    problem = refused("changes.ddl")
    assert "does not end in .sql" in problem.message
    assert "< changes.ddl" in str(problem.hint)
    assert read_all(["changes.ddl exists"])[0].path is None


def test_a_directory_is_named_as_such(here: Path) -> None:
    (here / "migrations").mkdir()
    assert "is a directory" in refused("migrations").message
    (here / "odd.sql").mkdir()
    assert "it is a directory" in refused("odd.sql").message


def test_a_file_that_is_not_utf8_names_the_line(here: Path) -> None:
    (here / "latin.sql").write_bytes(b"-- one\n-- gr\xfc\xdfe\n")
    problem = refused("latin.sql")
    assert problem.code == "22021"
    assert "byte 0xfc in line 2" in problem.message
    assert "iconv" in str(problem.hint)


def test_utf16_is_not_mistaken_for_text(here: Path) -> None:
    (here / "wide.sql").write_bytes("CREATE TABLE a ()".encode("utf-16-le"))
    assert "NUL byte" in refused("wide.sql").message


def test_a_huge_file_is_not_even_sent(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "LARGEST", 1024)
    (here / "huge.sql").write_bytes(b"x" * 1025)
    assert refused("huge.sql").code == "54000"


def test_a_text_that_is_too_long_for_a_path_is_ddl() -> None:
    ddl = "x" * 100_000
    assert read_all([ddl]) == [Source(ddl, None)]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"CREATE TABLE a ()")))
    assert read_all(["-"]) == [Source("CREATE TABLE a ()", "-")]


def test_standard_input_is_read_only_once() -> None:
    with pytest.raises(Problem, match="only once"):
        read_all(["-", "-"])
