"""tests/promises.toml: what the product promises, and which tests show it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE: dict[str, Any] = tomllib.loads((TESTS / "promises.toml").read_text(encoding="utf-8"))
ELSEWHERE: list[str] = TABLE.pop("elsewhere")
LAST = {"G": 71, "P": 33}


@cache
def names_of_tests(path: str) -> frozenset[str]:
    """The tests that pytest collects from a file: functions of the module that are named so."""
    assert Path(path).name.startswith("test_")
    module = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    functions = (each for each in module.body if isinstance(each, ast.FunctionDef))
    return frozenset(each.name for each in functions if each.name.startswith("test_"))


@pytest.mark.parametrize("number", TABLE)
def test_a_promise_has_tests_that_exist_or_a_reason(number: str) -> None:
    promise = TABLE[number]
    assert set(promise) <= {"says", "tests", "reason"}
    assert promise["says"]
    named = promise.get("tests", [])
    missing = [
        each for each in named if each.split("::")[1] not in names_of_tests(each.split("::")[0])
    ]
    assert missing == []
    assert named or promise.get("reason", "").endswith(".")


def test_no_number_is_missing(record_property: Callable[[str, object], None]) -> None:
    expected = {f"{letter}{each}" for letter, last in LAST.items() for each in range(1, last + 1)}
    assert set(TABLE) | set(ELSEWHERE) == expected
    assert set(TABLE) & set(ELSEWHERE) == set()
    tested = [number for number in TABLE if TABLE[number].get("tests")]
    otherwise = [number for number in TABLE if TABLE[number].get("reason")]
    named = {test for number in tested for test in TABLE[number]["tests"]}
    record_property(
        "summary",
        f"promises: {len(tested)} of {len(TABLE)} have tests ({len(named)} in all), "
        f"{len(otherwise)} a written reason why they are kept otherwise; "
        f"{len(ELSEWHERE)} are prose or another tool's",
    )
