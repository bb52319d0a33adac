"""``make up``, ``make psql`` and ``make down``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tools.cluster import Cluster
from tools.places import CHECKOUT, state_folder
from tools.private_server import MADE_BY_MAKE


class Make(Protocol):
    def __call__(
        self, *arguments: str, text: str = "", fails: bool = False
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def make(run_folder: Path, cluster: Cluster) -> Iterator[Make]:
    """Runs make with a state folder of the test's own; what it leaves running is stopped."""
    assert cluster.pid() is not None, "the parser has been fetched"
    state = run_folder / "state"
    state.mkdir(exist_ok=True)
    if not (state / "parser").exists():
        (state / "parser").symlink_to(state_folder() / "parser")
    inherited = {name: value for name, value in os.environ.items() if name not in MADE_BY_MAKE}

    def run(
        *arguments: str, text: str = "", fails: bool = False
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["make", "--no-print-directory", *arguments],
            cwd=CHECKOUT,
            env={**inherited, "COORD_STATE": str(state)},
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done

    yield run
    run("down")


def test_make_alone_lists_what_there_is(make: Make) -> None:
    listed = make().stdout
    for target in (
        "demo",
        "test",
        "install",
        "up",
        "psql",
        "down",
        "bench",
        "fuzz",
        "lint",
        "clean",
    ):
        assert f"\n  {target} " in listed


def test_up_psql_and_down(make: Make) -> None:
    assert "make up" in make("psql", fails=True).stderr
    first = make("up").stdout
    assert "DATABASE_URL" in first
    assert make("up").stdout == first, "twice is harmless"
    version = make("psql", "SQL=SELECT coord.version()").stdout
    assert make("psql", text="SELECT coord.version();").stdout == version
    make("psql", "SQL=SELECT 1/0", fails=True)
    make("psql", text="SELECT 1/0; SELECT 1;", fails=True)
    make("psql", "SQL=CREATE TABLE kept AS SELECT 42 AS answer")
    assert "is down" in make("down").stdout
    assert make("down").stdout == ""
    make("up")
    assert "42" in make("psql", "SQL=TABLE kept").stdout
