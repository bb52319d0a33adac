"""The table of rules is complete, and the page made from it is current."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

import coord_detector.rules
from coord_detector.rules.book import BY_NAME, RULES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(coord_detector.rules.__file__).parent

NOT_RULES = {"uuid-ossp"}


def _named_in_code() -> set[str]:
    """Strings with the shape of a rule's name, in the modules that give verdicts."""
    names = set()
    for path in FOLDER.glob("*.py"):
        if path.name.startswith("book"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if "-" in text and text.replace("-", "").isalpha() and text.islower():
                    names.add(text)
    return names - NOT_RULES


def test_every_verdict_has_its_rule_in_the_book() -> None:
    assert _named_in_code() == set(BY_NAME)


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(RULES)


def test_every_rule_is_explained() -> None:
    for rule in RULES:
        assert rule.says, rule.name
        assert rule.reason, rule.name
        assert rule.source, rule.name
        assert rule.a, rule.name
        assert rule.b, rule.name
        assert (rule.first is not None) == (rule.outcome == "order"), rule.name


def test_the_page_is_current() -> None:
    path = ROOT / "docs" / "build_conflict_matrix.py"
    spec = importlib.util.spec_from_file_location("build_conflict_matrix", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (ROOT / "docs" / "conflict-matrix.md").read_text() == module.page()
