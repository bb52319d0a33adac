"""``make dist``: the same commit gives the same bytes, and they hold what they should."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.dist import build
from tools.places import CHECKOUT

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (CHECKOUT / ".git").exists(),
    reason="a release is built from a commit, and this is no git checkout",
)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return build(target=tmp_path_factory.mktemp("dist"))


def version() -> str:
    shown = subprocess.run(
        ["git", "-C", str(CHECKOUT), "show", "HEAD:META.json"], capture_output=True, check=True
    )
    return str(json.loads(shown.stdout)["version"])


def digests(files: list[Path]) -> dict[str, str]:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_two_builds_from_clean_copies_are_identical(
    released: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, (zone, umask) in enumerate((("Asia/Tokyo", 0o077), ("America/Lima", 0o002))):
        copy = tmp_path / ("x" * 10 * number + "copy")
        subprocess.run(["git", "clone", "-q", "--no-local", str(CHECKOUT), str(copy)], check=True)
        (copy / "left-over.txt").write_text("not committed")
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
        previous = os.umask(umask)
        try:
            again = build(copy)
        finally:
            os.umask(previous)
        assert {file.parent for file in again} == {copy / "dist"}
        assert digests(again) == digests(released)


def test_the_names_and_the_contents(released: list[Path]) -> None:
    now = version()
    wheel, sdist, pgxn = (
        next(file for file in released if file.name.endswith(end))
        for end in (".whl", ".tar.gz", ".zip")
    )
    assert wheel.name == f"confiture_coord-{now}-py3-none-any.whl"
    assert sdist.name == f"confiture_coord-{now}.tar.gz"
    assert pgxn.name == f"confiture_coord-{now}.zip"

    in_wheel = zipfile.ZipFile(wheel).namelist()
    assert f"confiture_coord/sql/plain--{now}.sql" in in_wheel
    assert "confiture_coord/py.typed" in in_wheel
    assert all(name.split("/")[0].startswith("confiture_coord") for name in in_wheel)

    top = f"confiture_coord-{now}"
    with tarfile.open(sdist) as archive:
        in_sdist = archive.getnames()
    in_pgxn = zipfile.ZipFile(pgxn).namelist()
    for name in (
        *("META.json", "Makefile", "confiture_coord.control", "README.md", "LICENSE"),
        *(f"sql/confiture_coord--{now}.sql", f"sql/confiture_coord--0.1.0--{now}.sql"),
        "plpython/coord_detector/__init__.py",
    ):
        assert f"{top}/{name}" in in_sdist
        assert f"{top}/{name}" in in_pgxn
    for names in (in_wheel, in_sdist, in_pgxn):
        assert not [name for name in names if ".ci/" in name or "__pycache__" in name]


def test_every_file_has_the_time_of_the_commit(released: list[Path]) -> None:
    shown = subprocess.run(
        ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%ct"], capture_output=True, check=True
    )
    [sdist] = [file for file in released if file.name.endswith(".tar.gz")]
    with tarfile.open(sdist) as archive:
        assert {member.mtime for member in archive} == {int(shown.stdout)}
