"""A private copy of an installed PostgreSQL, so that this checkout's extension can be tried.

``CREATE EXTENSION`` reads files from the server's own share folder. Installing there needs
root, disturbs whoever uses the same server, and lets two checkouts overwrite each other. But
PostgreSQL finds its folders relative to where its program really lies: a copied ``postgres``
with links to everything else is a complete server with folders of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.installation import Installation, NotInstalled
from tools.parser import parser_folder, parser_in_state
from tools.places import CHECKOUT

# These look for folders or for each other relative to themselves, after resolving links.
COPIED_PROGRAMS = ("postgres", "initdb", "pg_ctl", "pg_config")

# What an outer make hands down to makes of its own.
MADE_BY_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "WITHIN_PGXS", "DESTDIR")


def build_private_server(
    source: Installation, root: Path, *, with_extension: bool = True
) -> Installation:
    """Copy and link ``source`` below ``root``, with this checkout's extension installed in it."""
    if root.exists():
        shutil.rmtree(root)
    common = os.path.commonpath([source.bindir, source.sharedir, source.pkglibdir])
    bindir, sharedir, pkglibdir = (
        root / folder.relative_to(common)
        for folder in (source.bindir, source.sharedir, source.pkglibdir)
    )
    _link_entries(source.bindir, bindir, but=COPIED_PROGRAMS)
    for program in COPIED_PROGRAMS:
        shutil.copy2(source.bindir / program, bindir / program)
    _link_entries(source.sharedir, sharedir, but=("extension",))
    _link_entries(source.sharedir / "extension", sharedir / "extension")
    for installed in (sharedir / "extension").glob("confiture_coord*"):
        installed.unlink()  # what the system has is not what is to be tried
    _link_entries(source.pkglibdir, pkglibdir, but=("confiture_coord",))
    private = Installation.of(bindir / "pg_config")
    if private.sharedir.resolve() != sharedir.resolve():
        raise NotInstalled(
            f"{source.bindir} cannot be relocated: its copy still reports {private.sharedir}"
        )
    if with_extension:
        install_extension_files(private)
    return private


def install_extension_files(private: Installation) -> None:
    """Put this checkout's extension and parser where ``private`` looks for them."""
    made = subprocess.run(
        ["make", "--no-print-directory", "-s", "install-files", f"PG_CONFIG={private.pg_config}"],
        cwd=CHECKOUT,
        env={key: value for key, value in os.environ.items() if key not in MADE_BY_MAKE},
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise NotInstalled(f"the extension's files cannot be installed:\n{made.stderr.strip()}")
    parser = parser_folder(private)
    parser.parent.mkdir(exist_ok=True)
    if not parser.is_symlink():
        parser.symlink_to(parser_in_state(private.plpython_version()))


def _link_entries(source: Path, target: Path, but: tuple[str, ...] = ()) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for entry in source.iterdir():
        if entry.name not in but:
            (target / entry.name).symlink_to(entry.resolve())
