"""docs/operations.md covers what an operator asks, and its figures come from the benchmarks."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "operations.md"


@pytest.mark.parametrize(
    "topic",
    [
        *("### Debian and Ubuntu", "### RHEL family", "### Docker's official image"),
        *("### Managed servers", "## Roles", "## Connection poolers", "## Backup, restore"),
        *("## Streaming replicas and high availability", "## Upgrade", "## What goes on"),
        *("## What nobody moves", "## Archive what has ended", "## What one database can carry"),
    ],
)
def test_a_topic_has_its_section(topic: str) -> None:
    assert any(line.startswith(topic) for line in PAGE.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def builder() -> ModuleType:
    spec = spec_from_file_location("build_bench", DOCS / "build_bench.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_figures_are_written_between_their_marks(builder: ModuleType) -> None:
    document = {
        "machine": {"processor": "a fast one", "cores": "2"},
        "figures": [
            {"suite": "registration", "name": "one", "value": 1.234, "unit": "ms", "p95": 2.5},
            {"suite": "parsing", "name": "two", "value": 3.0, "unit": "x", "bound": "at most 6"},
        ],
    }
    page = PAGE.read_text(encoding="utf-8")
    first = builder.written(page, builder.table(document))
    assert "Measured on: processor a fast one, cores 2." in first
    assert "| registration: one | 1.23 ms | 2.50 ms |\n| parsing: two | 3.00 x |  |\n" in first
    assert builder.written(first, builder.table(document)) == first
    assert builder.written(first, "nothing\n").count("\n") < len(first.splitlines())
    with pytest.raises(SystemExit):
        builder.written("no marks", "")
