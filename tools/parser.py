"""Put the pinned parser (pglast) where the server's Python finds it.

It goes into a folder of the extension's own, one per Python version, never into a
site-packages that other programs share. The interpreter that counts is the one PL/Python
links to, which need not be the one that runs this.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from tools.installation import Installation, NotInstalled
from tools.places import CHECKOUT, state_folder


def pinned_parser() -> str:
    """The requirement, ``pglast==…``; it is written in pyproject.toml only."""
    with (CHECKOUT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    requirement: str = project["optional-dependencies"]["server"][0]
    return requirement


def parser_folder(installation: Installation) -> Path:
    """Where the extension's loader looks on that server."""
    folder = f"python{installation.plpython_version()}"
    return installation.pkglibdir / "confiture_coord" / folder


def parser_in_state(python: str) -> Path:
    """A copy for private servers, installed once per checkout."""
    folder = state_folder() / "parser" / f"python{python}"
    install_parser(folder, python)
    return folder


def install_parser(folder: Path, python: str) -> None:
    """Install the pinned parser for Python ``python`` into ``folder``, whole or not at all."""
    requirement = pinned_parser()
    name, _, version = requirement.partition("==")
    if (folder / f"{name}-{version}.dist-info" / "RECORD").exists():
        return
    with tempfile.TemporaryDirectory(prefix="confiture_coord-") as staging:
        fresh = Path(staging) / folder.name
        fresh.mkdir(mode=0o755)
        _pip_install(requirement, python, fresh)
        _put(fresh, folder)


def _put(fresh: Path, folder: Path) -> None:
    """Replace ``folder`` by a copy of ``fresh``, owned by whoever may write there."""
    script = """
        set -e
        umask 022
        mkdir -p "$(dirname "$2")"
        new=$(mktemp -d "$2.XXXXXX")
        cp -R --no-preserve=ownership "$1/." "$new"
        chmod 755 "$new"
        rm -rf "$2"
        mv -T "$new" "$2"
    """
    existing = next(each for each in folder.parents if each.exists())
    as_root = [] if os.access(existing, os.W_OK) else ["sudo", "-n"]
    try:
        subprocess.run([*as_root, "sh", "-c", script, "sh", str(fresh), str(folder)], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotInstalled(f"{folder} cannot be written: {error}") from error


def _pip_install(requirement: str, python: str, target: Path) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--no-deps", "--target", str(target)]
    if python != f"{sys.version_info.major}.{sys.version_info.minor}":
        # For an interpreter that does not run us pip can only unpack a ready wheel.
        abi = f"cp{python.replace('.', '')}"
        command += ["--no-compile", "--only-binary=:all:", "--implementation=cp"]
        command += [f"--python-version={python}", f"--abi={abi}"]
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    previous_mask = os.umask(0o022)
    try:
        done = subprocess.run(
            [*command, requirement], env=environment, capture_output=True, text=True, check=False
        )
    finally:
        os.umask(previous_mask)
    if done.returncode != 0:
        raise NotInstalled(
            f"pip could not install {requirement} for Python {python}:\n{done.stderr.strip()}"
        )
