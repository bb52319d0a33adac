"""Find an installed PostgreSQL, and what it lacks to run this extension."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST_SUPPORTED = 14

# Where packages put versions side by side; a pg_config on PATH is asked last.
PACKAGED_PG_CONFIGS = (
    "/usr/lib/postgresql/*/bin/pg_config",
    "/usr/pgsql-*/bin/pg_config",
    "/opt/homebrew/opt/postgresql@*/bin/pg_config",
)


class NotInstalled(Exception):
    """Something has to be installed first; the message says what."""


@dataclass(frozen=True)
class Installation:
    """The folders of one PostgreSQL, as its own pg_config reports them."""

    pg_config: Path
    bindir: Path
    sharedir: Path
    pkglibdir: Path
    major: int

    @classmethod
    def of(cls, pg_config: str | Path) -> Installation:
        try:
            answer = subprocess.run(
                [str(pg_config), "--bindir", "--sharedir", "--pkglibdir", "--version"],
                check=True,
                capture_output=True,
                text=True,
            ).stdout.splitlines()
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotInstalled(f"{pg_config} does not work: {error}") from error
        bindir, sharedir, pkglibdir = (Path(line) for line in answer[:3])
        version = re.search(r"\d+", answer[3])
        if version is None:
            raise NotInstalled(f"{pg_config} reports no version: {answer[3]!r}")
        return cls(bindir / "pg_config", bindir, sharedir, pkglibdir, int(version.group()))

    @property
    def has_server(self) -> bool:
        return (self.bindir / "postgres").exists() and (self.bindir / "initdb").exists()

    @property
    def has_plpython(self) -> bool:
        return self.plpython_library.exists()

    @property
    def plpython_library(self) -> Path:
        return self.pkglibdir / "plpython3.so"

    def plpython_version(self) -> str:
        """The Python that PL/Python links to, as ``3.11``; not necessarily any on PATH."""
        linked = subprocess.run(
            ["ldd", str(self.plpython_library)],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        ).stdout
        found = re.search(r"libpython(3\.\d+)", linked)
        if found is None:
            raise NotInstalled(
                f"{self.plpython_library} names no libpython3.x: is PL/Python built against one?"
            )
        return found.group(1)


def installations() -> list[Installation]:
    """Every supported PostgreSQL of this machine with a server, newest first."""
    paths = {path for pattern in PACKAGED_PG_CONFIGS for path in Path("/").glob(pattern[1:])}
    on_path = shutil.which("pg_config")
    if on_path is not None:
        paths.add(Path(on_path))
    found: dict[Path, Installation] = {}
    for path in paths:
        try:
            installation = Installation.of(path)
        except NotInstalled:
            continue  # a wrapper whose PostgreSQL is gone
        if installation.has_server and installation.major >= OLDEST_SUPPORTED:
            found[installation.bindir] = installation
    return sorted(found.values(), key=lambda each: each.major, reverse=True)


def find_installation() -> Installation:
    """The PostgreSQL to use: the one PG_CONFIG names, else the newest with PL/Python."""
    chosen = os.environ.get("PG_CONFIG")
    if chosen:
        installation = Installation.of(chosen)
        if not installation.has_server:
            raise NotInstalled(f"{chosen}: no postgres and initdb in {installation.bindir}")
        if not installation.has_plpython:
            raise NotInstalled(
                f"{chosen}: no {installation.plpython_library}; "
                f"install {' '.join(missing_packages())}"
            )
        return installation
    for installation in installations():
        if installation.has_plpython:
            return installation
    raise NotInstalled(
        f"no PostgreSQL {OLDEST_SUPPORTED} or newer with PL/Python 3 found; "
        f"install {' '.join(missing_packages())} (Debian's names)"
    )


def missing_packages() -> list[str]:
    """The Debian packages that would complete this machine; none when nothing is missing."""
    chosen = os.environ.get("PG_CONFIG")
    present = [Installation.of(chosen)] if chosen else installations()
    if any(each.has_server and each.has_plpython for each in present):
        return []
    if present:
        return [f"postgresql-{present[0].major}", f"postgresql-plpython3-{present[0].major}"]
    candidate = _packaged_major()
    if candidate is None:
        return ["postgresql", "postgresql-plpython3"]
    return [f"postgresql-{candidate}", f"postgresql-plpython3-{candidate}"]


def _packaged_major() -> int | None:
    """The major version that Debian's metapackage stands for (its version reads ``17+278``)."""
    if shutil.which("apt-cache") is None:
        return None
    listing = subprocess.run(
        ["apt-cache", "show", "--no-all-versions", "postgresql"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    version = re.search(r"^Version: (\d+)\+", listing, re.MULTILINE)
    return int(version.group(1)) if version else None
