"""Every kind of statement that the grammar knows is decided on, and shown on the page."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from coord_detector.footprint import footprint, registry
from coord_detector.footprint.alter_table import COMMANDS, INTERNAL
from coord_detector.loader import ast, enums
from coord_detector.script import Statement, parse_changes

ROOT = Path(__file__).resolve().parents[2]

STATEMENTS = [
    node_class
    for name in dir(ast)
    if name.endswith("Stmt") and isinstance(node_class := getattr(ast, name), type)
]


def build_footprint() -> ModuleType:
    path = ROOT / "docs" / "build_footprint.py"
    spec = importlib.util.spec_from_file_location("build_footprint", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = build_footprint()
SHOWN = [statement for _, examples in PAGE.EXAMPLES for sql in examples
         for statement in parse_changes(sql)]  # fmt: skip


def test_the_grammar_has_statements() -> None:
    assert len(STATEMENTS) > 110


@pytest.mark.parametrize("node_class", STATEMENTS, ids=lambda one: one.__name__)
def test_every_kind_of_statement_is_in_exactly_one_table(node_class: type) -> None:
    tables = (registry.HANDLERS, registry.NO_OBJECT, registry.PARTS)
    assert [node_class in table for table in tables].count(True) == 1


@pytest.mark.parametrize("kind", list(enums.AlterTableType), ids=lambda one: one.name)
def test_every_subcommand_of_alter_table_is_handled_or_internal(kind: Any) -> None:
    assert (kind in COMMANDS) != (kind in INTERNAL)


# What the grammar never makes: the server's own way of passing work on.
GENERATED = {
    "AT_AddColumnToView",
    "AT_CookedColumnDefault",
    "AT_AddIndex",
    "AT_ReAddIndex",
    "AT_ReAddConstraint",
    "AT_ReAddDomainConstraint",
    "AT_AddIndexConstraint",
    "AT_ReAddComment",
    "AT_ReplaceRelOptions",
    "AT_ReAddStatistics",
}


def test_internal_subcommands_are_those_that_the_grammar_never_makes() -> None:
    assert {kind.name for kind in INTERNAL} == GENERATED


class StrangeStmt:
    """A statement of a grammar to come."""


def test_unknown_statement_is_reported() -> None:
    (touch,) = footprint([Statement(7, "strange", StrangeStmt())], ["public"])
    assert touch[:7] == (7, "unknown", None, "StrangeStmt", None, "alter", None)
    assert touch.detail["opaque"] is True


@pytest.mark.parametrize("node_class", list(registry.HANDLERS), ids=lambda one: one.__name__)
def test_every_handler_has_an_example_on_the_page(node_class: type) -> None:
    assert any(type(statement.node) is node_class for statement in SHOWN)


@pytest.mark.parametrize("kind", list(COMMANDS), ids=lambda one: one.name)
def test_every_subcommand_has_an_example_on_the_page(kind: Any) -> None:
    commands = [
        command.subtype
        for statement in SHOWN
        if isinstance(statement.node, ast.AlterTableStmt)
        for command in statement.node.cmds or ()
    ]
    assert kind in commands


def test_no_example_is_opaque_to_the_detector() -> None:
    assert [touch for touch in footprint(SHOWN, ["public"]) if touch.kind == "unknown"] == []


def test_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "footprint.md").read_text(encoding="utf-8")
    assert page == PAGE.page(), "run python docs/build_footprint.py"
