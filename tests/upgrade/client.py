"""PostgreSQL's client programs, as tests run them."""

from __future__ import annotations

import subprocess

from tools.cluster import Cluster
from tools.places import clean_environment


def run(cluster: Cluster, program: str, *arguments: str, **environment: str) -> str:
    """Run a program; any complaint of it fails the test."""
    done = subprocess.run(
        [str(cluster.bindir / program), *arguments],
        env={**clean_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def dumped_grants(script: str) -> list[str]:
    """The GRANTs of a dump, but for what only PostgreSQL 14 repeats of its own defaults."""
    grants = [line for line in script.splitlines() if line.startswith("GRANT")]
    return [grant for grant in grants if grant != "GRANT ALL ON SCHEMA public TO PUBLIC;"]
