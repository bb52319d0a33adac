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
