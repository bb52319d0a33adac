"""The loader: when it imports pglast, how, and when it refuses.

Each test runs in a process of its own, because what was imported before is what matters.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pglast
import pytest

from coord_detector import loader

DETECTOR = Path(loader.__file__ or "").parent
PGLAST_FOLDER = str(Path(pglast.__file__ or "").parent.parent)

PRELUDE = """
import importlib.util, json, os, sys
def load(name, folder={detector!r}):
    # Load the detector's package under another name, as a backend does.
    spec = importlib.util.spec_from_file_location(
        name, folder + "/__init__.py", submodule_search_locations=[folder])
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return importlib.import_module(name + ".loader")
def outcome(loader):
    try:
        loader.pglast()
    except loader.DetectorUnavailable as error:
        return [error.sqlstate, error.message, error.detail, error.hint]
    return "loaded"
PGLAST = {pglast!r}
def answer(value):
    print(json.dumps(value))
"""


def run(code: str) -> Any:
    """Run code in a Python that does not find pglast by itself, and return its answer."""
    prelude = PRELUDE.format(detector=str(DETECTOR), pglast=PGLAST_FOLDER)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", prelude + code],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_ordinary_python_imports_it_as_usual() -> None:
    assert loader.pglast() is pglast
    facts = loader.facts()
    assert facts["safe"] is True
    assert facts["backend"] is False
    assert facts["pglast"] == str(pglast.__version__).removeprefix("v")
    assert str(facts["grammar"]).startswith("PostgreSQL 18.")
    assert facts["path"] == str(Path(pglast.__file__ or "").parent)


def test_its_parts_are_attributes_of_the_loader() -> None:
    assert loader.ast is pglast.ast
    assert loader.enums is pglast.enums
    with pytest.raises(AttributeError):
        loader.nothing  # noqa: B018


def test_nothing_else_in_the_detector_imports_it() -> None:
    importers = set()
    for path in DETECTOR.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            if any(name.partition(".")[0] == "pglast" for name in names):
                importers.add(path.name)
    assert importers == {"loader.py"}


def test_a_backend_loads_it_with_deep_binding_and_leaves_no_trace() -> None:
    assert run("""
seen = []
set_flags = sys.setdlopenflags
sys.setdlopenflags = lambda flags: (seen.append(flags), set_flags(flags))
before = (sys.getdlopenflags(), list(sys.path))
loader = load("one")
loader.prepare(PGLAST, in_backend=True)
result = outcome(loader)
facts = loader.facts()
deep = os.RTLD_NOW | os.RTLD_LOCAL | os.RTLD_DEEPBIND
answer([result, seen == [deep, before[0]], (sys.getdlopenflags(), list(sys.path)) == before,
        facts["safe"], facts["deep_bind"], len(loader.parser.parse_sql("SELECT 1; SELECT 2"))])
""") == ["loaded", True, True, True, True, 2]


def test_a_backend_is_recognised_by_plpy() -> None:
    assert run("""
import types
loader = load("one")
loader.prepare(PGLAST)
first = loader._is_backend()
sys.modules["plpy"] = types.ModuleType("plpy")
answer([first, loader._is_backend(), outcome(loader), loader.facts()["deep_bind"]])
""") == [False, True, "loaded", True]


def test_a_successor_recognises_what_its_predecessor_loaded() -> None:
    assert run("""
first, second = load("one"), load("two")
first.prepare(PGLAST, in_backend=True)
second.prepare(PGLAST, in_backend=True)
answer([outcome(first), outcome(second), second.facts()["safe"],
        first.pglast() is second.pglast()])
""") == ["loaded", "loaded", True, True]


@pytest.mark.parametrize(
    "stranger",
    [
        "import pglast",
        "import pglast.parser",
        "import pglast; [sys.modules.pop(n) for n in list(sys.modules) if 'pglast' in n]",
        # A record that tells of another import is none.
        "import pglast, types; r = types.ModuleType('r'); r.safe = (types, types);"
        " sys.modules['_confiture_coord_parser'] = r",
    ],
)
def test_a_strangers_import_is_refused_in_a_backend(stranger: str) -> None:
    sqlstate, message, detail, hint = run(f"""
sys.path.append(PGLAST)
{stranger}
loader = load("one")
loader.prepare(None, in_backend=True)
result = outcome(loader)
assert result == outcome(loader)
answer(result)
""")
    assert sqlstate == "IC006"
    assert "already imported" in message
    assert "pglast" in detail
    assert "new session" in hint


def test_a_strangers_import_does_not_matter_elsewhere() -> None:
    assert (
        run("""
sys.path.append(PGLAST)
import pglast
answer(outcome(load("one")))
""")
        == "loaded"
    )


def test_a_system_without_deep_binding_is_refused() -> None:
    sqlstate, _, detail, hint = run("""
del os.RTLD_DEEPBIND
loader = load("one")
loader.prepare(PGLAST, in_backend=True)
answer(outcome(loader))
""")
    assert sqlstate == "IC006"
    assert "RTLD_DEEPBIND" in detail
    assert "GNU C library" in hint


@pytest.mark.parametrize("in_backend", [True, False])
def test_a_missing_pglast_says_how_to_install_it(in_backend: bool) -> None:
    sqlstate, message, detail, hint = run(f"""
loader = load("one")
loader.prepare("/nowhere", in_backend={in_backend})
answer(outcome(loader))
""")
    assert sqlstate == "IC006"
    assert message == "the parser pglast cannot be imported"
    assert "/nowhere" in detail
    assert "make install" in hint
    assert "pip install --target /nowhere 'pglast==" in hint


def test_it_can_be_installed_while_the_session_lasts() -> None:
    assert run("""
loader = load("one")
loader.prepare("/nowhere", in_backend=True)
first = outcome(loader)
loader.prepare(PGLAST, in_backend=True)
answer([first[0], outcome(loader)])
""") == ["IC006", "loaded"]


@pytest.mark.parametrize("version", ["v7.10", "9.0", "80.1", ""])
@pytest.mark.parametrize("in_backend", [True, False])
def test_another_release_is_refused(tmp_path: Path, version: str, in_backend: bool) -> None:
    package = tmp_path / "pglast"
    package.mkdir()
    (package / "__init__.py").write_text(f"__version__ = {version!r}\n")
    for part in ("ast", "enums", "parser"):
        (package / f"{part}.py").write_text("")
    sqlstate, message, detail, hint = run(f"""
loader = load("one")
loader.prepare({str(tmp_path)!r}, in_backend={in_backend})
result = outcome(loader)
assert result == outcome(loader)
answer(result)
""")
    assert sqlstate == "IC006"
    assert message == f"pglast {version.removeprefix('v')} is not supported"
    assert str(package) in detail
    assert "make install" in hint


def test_a_broken_package_is_no_stranger_afterwards(tmp_path: Path) -> None:
    package = tmp_path / "pglast"
    package.mkdir()
    (package / "__init__.py").write_text("__version__ = 'v8.7'\n")
    assert run(f"""
loader = load("one")
loader.prepare({str(tmp_path)!r}, in_backend=True)
first = outcome(loader)
loader.prepare(PGLAST, in_backend=True)
answer([first[1], outcome(loader)])
""") == ["the parser pglast cannot be imported", "loaded"]


def test_the_part_that_the_server_starts_needs_no_parser() -> None:
    # Else its absence would be an import error, not IC006 with a hint.
    assert (
        run("""
load("one")
importlib.import_module("one.backend")
answer([name for name in sys.modules if "pglast" in name])
""")
        == []
    )
