"""The built SQL: current, the same everywhere, and one source for both variants."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pglast.parser
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sql_build", CHECKOUT / "sql" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_built_files_are_current() -> None:
    done = subprocess.run(
        [sys.executable, CHECKOUT / "sql" / "build.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_building_twice_gives_the_same(build: ModuleType) -> None:
    assert build.build() == build.build()


def test_both_variants_make_the_same_objects(build: ModuleType) -> None:
    objects = r"^create (?:or replace )?(?:function|table|view|trigger|sequence|index) [\w.]+"
    extension, plain = (
        set(re.findall(objects, text, re.MULTILINE))
        for path, text in sorted(build.build().items(), key=lambda item: item[0].name)
        if "create schema coord" in text
    )
    assert extension ^ plain == {"create table coord.plain_install"}


def test_plain_variant_needs_no_psql_and_no_extension(build: ModuleType) -> None:
    scripts = [text for path, text in build.build().items() if path.name.startswith("plain--")]
    assert scripts
    for plain in scripts:
        assert not re.search(r"^\\", plain, re.MULTILINE)
        assert "pg_extension_config_dump(" not in plain


def test_extension_script_refuses_to_be_fed_to_psql(build: ModuleType) -> None:
    for path, text in build.build().items():
        if path.name.startswith("confiture_coord--"):
            assert text.startswith("\\echo Use ")
            assert text.splitlines()[0].endswith("\\quit")


def test_sources_are_quoted_with_a_tag_that_they_do_not_contain(build: ModuleType) -> None:
    text = "a $coord0$ b $coord1$"
    assert build.dollar_quoted(text) == f"$coord2${text}$coord2$"


def test_unknown_words_are_refused(build: ModuleType) -> None:
    with pytest.raises(build.BuildError):
        build.fill("{{no_such_word}}", {}, "x.sql")


def test_another_source_is_another_module(build: ModuleType) -> None:
    one, two = {"a.py": "x = 1"}, {"a.py": "x = 2"}
    assert build.fingerprint(one) != build.fingerprint(two)
    assert build.bootstrap("k1") != build.bootstrap("k2")


def literals(sql: str) -> Iterator[str]:
    """Every string literal as it is written, those inside dollar quotes too."""
    for token in pglast.parser.scan(sql):
        text = sql.encode()[token.start : token.end + 1].decode()
        if token.name == "SCONST" and text.startswith("$"):
            tag = text[: text.index("$", 1) + 1]
            yield from literals(text.removeprefix(tag).removesuffix(tag))
        elif token.name == "SCONST":
            yield text


def test_literals_are_found_inside_bodies() -> None:
    assert list(literals(r"select $f$ a := 'x\s' || e'\n' $f$, 'y'")) == [r"'x\s'", r"e'\n'", "'y'"]


@pytest.mark.parametrize(
    "path", sorted((CHECKOUT / "sql" / "code").glob("*.sql")), ids=lambda path: path.name
)
def test_no_literal_depends_on_standard_conforming_strings(path: Path) -> None:
    """Bodies are read with the session's settings: only e'...' means the same in all of them."""
    sql = path.read_text().replace("{{", "").replace("}}", "")
    assert [text for text in literals(sql) if "\\" in text and text[0] not in "eE"] == []
