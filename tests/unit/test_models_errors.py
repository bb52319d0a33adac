"""The exception classes: psycopg raises them itself, and they keep what the server said."""

from __future__ import annotations

import pickle
from typing import Any

import psycopg
import pytest
from psycopg.errors import lookup

import confiture_coord
from confiture_coord import CoordError, InvalidArgument, VersionMismatch
from confiture_coord.version import fits, numbers, wrapper_version

CLASSES = {
    "IC001": ("IntentNotFound", True),
    "IC002": ("InvalidTransition", True),
    "IC003": ("HistoryIsAppendOnly", False),
    "IC004": ("BlockingConflict", False),
    "IC005": ("ConflictNotFound", True),
    "IC006": ("DetectorUnavailable", False),
    "IC007": ("VersionMismatch", False),
}


@pytest.mark.parametrize("code", CLASSES)
def test_psycopg_finds_the_class_by_its_code(code: str) -> None:
    name, is_value_error = CLASSES[code]
    found: Any = lookup(code)
    assert found is getattr(confiture_coord, name)
    assert found.sqlstate == code
    assert issubclass(found, CoordError)
    assert issubclass(found, psycopg.DatabaseError)
    assert issubclass(found, ValueError) is is_value_error


def test_standard_codes_keep_psycopg_s_own_classes() -> None:
    assert lookup("22023") is psycopg.errors.InvalidParameterValue
    assert lookup("42601") is psycopg.errors.SyntaxError
    assert issubclass(InvalidArgument, ValueError)


def test_what_the_wrapper_says_itself_has_detail_and_hint_too() -> None:
    error = VersionMismatch.saying("too old", detail="0.0.1", hint="upgrade")
    assert (error.code, error.message, error.detail, error.hint) == (
        "IC007",
        "too old",
        "0.0.1",
        "upgrade",
    )
    assert error.conflicts == []
    again = pickle.loads(pickle.dumps(error))
    assert (again.message, again.hint) == ("too old", "upgrade")


def test_the_version_is_that_of_the_packaged_sql() -> None:
    assert confiture_coord.__version__ == wrapper_version()
    assert numbers("0.10.0") > numbers("0.9.9")


@pytest.mark.parametrize(
    ("installed", "works"), [("{}.{}.999", True), ("{}.{next}.0", False), ("999.0.0", False)]
)
def test_a_patch_release_fits_and_another_series_does_not(installed: str, works: bool) -> None:
    major, minor, _ = numbers(wrapper_version())
    if major > 0 and "next" in installed:
        pytest.skip("from 1.0 on a newer minor release fits")
    assert fits(wrapper_version())
    assert fits(installed.format(major, minor, next=minor + 1)) is works


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Unheard"):
        _ = confiture_coord.Unheard
    with pytest.raises(AttributeError, match="unheard"):
        _ = confiture_coord.unheard
