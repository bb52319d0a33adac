"""The version is written by hand in one place, the control file; the rest follows it."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def control_version() -> str:
    control = (ROOT / "confiture_coord.control").read_text()
    found = re.search(r"^default_version = '(.+)'$", control, re.MULTILINE)
    assert found is not None
    return found[1]


def test_the_pgxn_description_names_what_there_is() -> None:
    meta = json.loads((ROOT / "META.json").read_text())
    provided = meta["provides"]["confiture_coord"]
    assert meta["version"] == provided["version"] == control_version()
    assert (ROOT / provided["file"]).exists()
    assert (ROOT / provided["docfile"]).exists()


def test_the_changelog_has_the_version() -> None:
    assert f"\n## {control_version()}" in (ROOT / "CHANGELOG.md").read_text()
