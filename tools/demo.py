"""Play the two agents' story of docs/examples with real calls, and show what they answer."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.cluster import Cluster, ClusterError
from tools.places import CHECKOUT, clean_environment

EXAMPLES = CHECKOUT / "docs" / "examples"
DATABASE = "demo"
COLOUR = sys.stdout.isatty() and "NO_COLOR" not in os.environ


def demo(cluster: Cluster) -> None:
    started = time.monotonic()
    with cluster.connect() as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    _heading(f"PostgreSQL {cluster.major}, a private server: a fresh database with the extension")
    _play_sql(cluster, "CREATE EXTENSION confiture_coord CASCADE;")
    _heading("Two agents, in psql (docs/examples/two_agents.sql)")
    _play_sql(cluster, (EXAMPLES / "two_agents.sql").read_text())
    _heading("The rest of the life of an intent, in Python (docs/examples/two_agents.py)")
    _play_python(cluster, EXAMPLES / "two_agents.py")
    _heading("The audit, in psql (docs/examples/two_agents_audit.sql)")
    _play_sql(cluster, (EXAMPLES / "two_agents_audit.sql").read_text())
    print(f"\nThat took {time.monotonic() - started:.1f} s. To try it yourself: make up, make psql")


def _play_sql(cluster: Cluster, script: str) -> None:
    """Let psql echo each statement and then answer it, errors and warnings in their place."""
    done = subprocess.run(
        # Line by line, or psql's answers would come after its messages.
        ["stdbuf", "-oL", str(cluster.bindir / "psql"), "-X", "--echo-queries",
         "--set=ON_ERROR_STOP=1", "--set=SHOW_CONTEXT=never",
         "--pset=footer=off", "--pset=pager=off", cluster.dsn(DATABASE)],
        input=script,
        text=True,
        env={**clean_environment(), "PGCLIENTENCODING": "UTF8"},
        stderr=subprocess.STDOUT,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise ClusterError("the story ended early: the statement above was to succeed")


def _play_python(cluster: Cluster, script: Path) -> None:
    """Run a script as if it were typed: each statement, then what it answers."""
    source = script.read_text()
    variables: dict[str, object] = {"__name__": "__demo__"}
    with _environment(PGHOST=str(cluster.socket_dir), PGPORT=str(cluster.port),
                      PGUSER=cluster.superuser, PGDATABASE=DATABASE):  # fmt: skip
        for statement in ast.parse(source).body:
            first, *rest = (ast.get_source_segment(source, statement) or "").splitlines()
            print("\n".join([f">>> {first}", *(f"... {line}" for line in rest)]), flush=True)
            exec(compile(ast.Interactive([statement]), script.name, "single"), variables)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _heading(text: str) -> None:
    text = f"\n── {text} {'─' * max(0, 92 - len(text))}\n"
    print(f"\x1b[1m{text}\x1b[0m" if COLOUR else text, flush=True)
