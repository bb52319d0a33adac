"""What a release consists of: an sdist, a wheel, and the zip file that PGXN takes.

They are built from the last commit, not from the working folder, with its time on every file: so
whoever builds the same commit gets the same bytes.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools.installation import NotInstalled
from tools.places import CHECKOUT


def build(checkout: Path = CHECKOUT, target: Path | None = None) -> list[Path]:
    """Build into ``target`` (``dist`` in the checkout), and return the three files."""
    target = target or checkout / "dist"
    target.mkdir(parents=True, exist_ok=True)
    time = _git(checkout, "log", "-1", "--format=%ct").decode().strip()
    with tempfile.TemporaryDirectory(prefix="confiture_coord-") as folder:
        source = Path(folder) / "confiture_coord"
        with tarfile.open(fileobj=io.BytesIO(_git(checkout, "archive", "HEAD"))) as archive:
            archive.extractall(source)  # our own commit
        built = Path(folder) / "built"
        _python_packages(source, built, time)
        files = [Path(shutil.move(each, target / each.name)) for each in sorted(built.iterdir())]
    version = files[0].name.split("-")[1]
    return [*files, _pgxn_zip(checkout, target, version)]


def _python_packages(source: Path, target: Path, time: str) -> None:
    umask = os.umask(0o022)  # modes of files go into the archives
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--directory", str(target)],
            cwd=source,
            env={**os.environ, "SOURCE_DATE_EPOCH": time, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        os.umask(umask)
    if done.returncode != 0:
        raise NotInstalled(f"hatchling cannot build the packages:\n{done.stderr.strip()}")


def _pgxn_zip(checkout: Path, target: Path, version: str) -> Path:
    name = f"confiture_coord-{version}"
    file = target / f"{name}.zip"
    file.write_bytes(_git(checkout, "archive", "--format=zip", f"--prefix={name}/", "HEAD"))
    return file


def _git(checkout: Path, *arguments: str) -> bytes:
    # A zip file holds local times; a user's own settings shall not matter either.
    settings = {"TZ": "UTC", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    owned = ("-c", f"safe.directory={checkout}", "-c", "core.autocrlf=false")
    try:
        done = subprocess.run(
            ["git", *owned, "-C", str(checkout), *arguments],
            env={**os.environ, **settings},
            capture_output=True,
            check=True,
        )
    except FileNotFoundError as error:
        raise NotInstalled("a release is built from a commit: install git") from error
    except subprocess.CalledProcessError as error:
        raise NotInstalled(f"git cannot tell what to build:\n{error.stderr.decode()}") from error
    return done.stdout
