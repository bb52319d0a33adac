"""docs/python.md runs as written, and lists every call as it is."""

from __future__ import annotations

import asyncio
import doctest
import inspect
from pathlib import Path
from types import ModuleType

import psycopg
import pytest

import confiture_coord
from confiture_coord import aio, models, operation, registry

PAGE = Path(__file__).resolve().parents[2] / "docs" / "python.md"
CALLS = {
    name: value
    for name, value in vars(operation.Operations).items()
    if isinstance(value, operation.Operation)
}


def reference(name: str) -> str:
    """One call as the page shows it."""
    given = [
        str(each.replace(annotation=each.empty)).replace("<RiskLevel.LOW: 'low'>", "RiskLevel.LOW")
        for each in inspect.signature(CALLS[name]).parameters.values()
        if each.kind is not each.KEYWORD_ONLY
    ]
    keywords = [
        str(each.replace(annotation=each.empty))
        for each in inspect.signature(CALLS[name]).parameters.values()
        if each.kind is each.KEYWORD_ONLY
    ]
    parameters = ", ".join([*given, *(["*", *keywords] if keywords else [])])
    text = " ".join((inspect.getdoc(CALLS[name]) or "").split())
    return f"- **`{name}({parameters})`**: {text}\n"


def test_the_page_runs_as_written(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE users (id int)")
    results = doctest.testfile(
        str(PAGE),
        module_relative=False,
        globs={"DATABASE_URL": dsn},
        optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL,
    )
    assert results.attempted > 20
    assert results.failed == 0


@pytest.mark.parametrize("name", CALLS)
def test_the_page_lists_every_call_as_it_is(name: str) -> None:
    assert reference(name) in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [confiture_coord, models, registry, aio])
def test_the_examples_in_docstrings(dsn: str, module: ModuleType) -> None:
    given = {"DATABASE_URL": dsn, "asyncio": asyncio}
    results = doctest.testmod(module, extraglobs=given, optionflags=doctest.ELLIPSIS)
    assert (results.attempted > 0, results.failed) == (True, 0)
