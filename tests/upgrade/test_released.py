"""A released version never changes, and there is a way from it to every later one."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.upgrade.next_version import Release, copy_of_checkout, make_next_version
from tools.places import CHECKOUT

RELEASED = Path("sql", "updates", "RELEASED")


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """This checkout's version, as if it were released now."""
    release = copy_of_checkout(tmp_path / "tree")
    done = release.build("--release")
    assert (done.returncode, done.stderr) == (0, "")
    return release


def frozen(tree: Path) -> dict[Path, str]:
    """The released files with their hashes."""
    path = tree / RELEASED
    lines = path.read_text().splitlines() if path.exists() else []
    return {tree / line[66:]: line[:64] for line in lines}


def change_the_detector(release: Release) -> None:
    with (release.tree / "plpython" / "coord_detector" / "model.py").open("a") as module:
        module.write("\n# another line\n")


def test_what_was_released_is_what_it_was() -> None:
    for path, digest in frozen(CHECKOUT).items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path


def test_a_release_freezes_every_file_of_its_version(release: Release) -> None:
    names = {path.name for path in frozen(release.tree)}
    version = release.version
    assert {
        f"confiture_coord--{version}.sql",
        f"confiture_coord--unpackaged--{version}.sql",
        f"plain--{version}.sql",
    } <= names
    assert release.build("--check").returncode == 0
    assert release.build("--release").returncode == 0  # twice is harmless


def test_sources_of_a_released_version_cannot_change(release: Release) -> None:
    before = release.plain(release.version).read_bytes()
    change_the_detector(release)
    done = release.build()
    assert done.returncode == 2
    assert "was released, and the sources have changed since" in done.stderr
    assert release.plain(release.version).read_bytes() == before


def test_a_released_file_cannot_be_edited_or_removed(release: Release) -> None:
    plain = release.plain(release.version)
    plain.write_text(plain.read_text() + "-- more\n")
    assert "is not what it was then" in release.build("--check").stderr
    plain.unlink()
    done = release.build()
    assert (done.returncode, done.stderr.strip().endswith("was released and is missing")) == (
        2,
        True,
    )


def test_the_next_version_needs_a_way_to_it(release: Release) -> None:
    following = release.bump()
    change_the_detector(following)
    done = following.build()
    assert done.returncode == 2
    delta = f"sql/updates/{release.version}--{following.version}.sql"
    assert f"write {delta}" in done.stderr
    (following.tree / delta).write_text("-- no table changes\n")
    before = {path: path.read_bytes() for path in frozen(release.tree)}
    done = following.build("--release")
    assert (done.returncode, done.stderr) == (0, "")
    assert {path: path.read_bytes() for path in before} == before
    names = {path.name for path in frozen(release.tree)}
    assert f"confiture_coord--{release.version}--{following.version}.sql" in names
    assert f"plain--{release.version}--{following.version}.sql" in names
    assert len(names) > len(before)


def test_going_back_is_refused(release: Release) -> None:
    control = release.tree / "confiture_coord.control"
    control.write_text(control.read_text().replace(f"'{release.version}'", "'0.0.1'"))
    assert "is older than the released" in release.build().stderr


def test_building_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = (make_next_version(tmp_path / name) for name in ("one", "other"))
    built = {path.relative_to(one.tree): path.read_bytes() for path in one.tree.rglob("*--*.sql")}
    assert built == {
        path.relative_to(other.tree): path.read_bytes() for path in other.tree.rglob("*--*.sql")
    }
