"""Folders for one run each, and the removal of those whose run is gone."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.places import remove_socket_folder


@contextmanager
def scratch_folder(base: Path) -> Iterator[Path]:
    """A new folder below ``base``, removed at the end.

    Whoever uses it holds a lock on it, so that the next run can tell what an interrupted one
    left behind (its servers have ended with it) from what a parallel one still needs.
    """
    runs = base / "runs"
    runs.mkdir(exist_ok=True)
    _remove_abandoned(runs)
    run = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
    run.chmod(0o755)  # mkdtemp hides it from the server's user
    with (run / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield run
        finally:
            shutil.rmtree(run, ignore_errors=True)


def _remove_abandoned(runs: Path) -> None:
    for lock_path in runs.glob("run-*/lock"):
        try:
            with lock_path.open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for home in lock_path.parent.iterdir():
                    remove_socket_folder(home)
                shutil.rmtree(lock_path.parent, ignore_errors=True)
        except OSError:
            continue  # still in use, or just removed by another run
