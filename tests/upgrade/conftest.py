"""Fixtures: a server that has this version and the one after it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.upgrade.next_version import Release, make_next_version, server_with
from tools.cluster import VOLATILE, Cluster

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def next_version(run_folder: Path) -> Release:
    """The sources of the version after this one, built."""
    return make_next_version(run_folder / "next-version")


@pytest.fixture(scope="session")
def next_cluster(next_version: Release, run_folder: Path) -> Iterator[Cluster]:
    """A cluster of a server that offers both versions."""
    installation = server_with(next_version, run_folder / "next-server")
    cluster = Cluster(installation, run_folder / "next-cluster", VOLATILE)
    cluster.start()
    yield cluster
    cluster.remove()


@pytest.fixture
def new_database(next_cluster: Cluster) -> Iterator[Callable[[], str]]:
    """Factory of empty databases there; returns connection strings."""
    made: list[str] = []

    def make() -> str:
        name = f"next_{next(_numbers)}"
        with next_cluster.connect() as admin:
            admin.execute(f"create database {name} template template0")
        made.append(name)
        return next_cluster.dsn(name)

    yield make
    with next_cluster.connect() as admin:
        for name in made:
            admin.execute(f"drop database {name} (force)")
