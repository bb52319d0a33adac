"""The README tells its story in one order, and every link in the documents leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

# What it looks like, how to try it, how to get it, how to use it, how it is built, what it is not.
SECTIONS = [
    "Two agents, one table",
    "Try it: two commands",
    "Install into a database",
    "From Python and from a shell",
    "What there is",
    "How it works",
    "Limits",
    "Licence",
]
# The order of the design: data flow and statements, then concurrency, then trust.
WORKINGS = ["A statement", "Two plans", "Registering", "Concurrency", "Trust"]


def test_the_sections_and_their_order() -> None:
    assert re.findall(r"^## (.*)$", README, re.MULTILINE) == SECTIONS


def test_how_it_works_is_in_the_order_of_the_design() -> None:
    section = README.partition("## How it works")[2].partition("\n## ")[0]
    assert re.findall(r"^- \*\*(.*?)\*\*", section, re.MULTILINE) == WORKINGS


def test_the_transcript_comes_before_anything_has_to_be_installed() -> None:
    assert 0 < README.index("```psql") < README.index("## Try it")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    here = [target for target in targets if "://" not in target]
    assert [target for target in here if not (page.parent / target).exists()] == []
