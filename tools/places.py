"""Who runs the private server, and in which folders it may live."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parent.parent

# A socket's whole path must fit into 107 bytes; "/.s.PGSQL.5432.lock" is added to the folder.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432.lock")

ROOM_IN_MEMORY = 1 << 30


@dataclass(frozen=True)
class ServerUser:
    """The unprivileged user that root's server runs as; PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


def server_user() -> ServerUser | None:
    """None when we are unprivileged ourselves: then the server is simply ours."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(name, entry.pw_uid, entry.pw_gid)
    raise RuntimeError(
        "root cannot run PostgreSQL, and there is neither a user postgres nor nobody"
    )


def as_server_user() -> dict[str, Any]:
    """Arguments for subprocess that drop root, with every group that root is in."""
    user = server_user()
    if user is None:
        return {}
    return {"user": user.uid, "group": user.gid, "extra_groups": []}


def give_to_server(path: Path) -> None:
    user = server_user()
    if user is not None:
        os.chown(path, user.uid, user.gid)


def clean_environment() -> dict[str, str]:
    """The server's environment, without what would lead it astray.

    PL/Python finds its standard library through the first python3 on PATH: a virtual
    environment there would lend the server modules that a real one does not have. PG… and
    PYTHON… variables of the caller's shell are meant for other servers and programs.
    """
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def state_folder() -> Path:
    """Where clusters, their private server and the parser live.

    That is ``.state`` in the checkout, unless root started us and either the server's user
    cannot get there (a clone that only root can read) or the checkout is somebody else's
    (who could then neither use nor remove what root left behind).
    """
    override = os.environ.get("COORD_STATE")
    if override:
        return _made(Path(override).resolve())
    inside = CHECKOUT / ".state"
    if os.geteuid() != 0:
        return _made(inside)
    if CHECKOUT.stat().st_uid == 0 and _server_can_enter(CHECKOUT):
        return _made(inside)
    return _made(Path("/var/lib/confiture_coord") / checkout_hash())


def folder_for_volatile_data() -> Path:
    """In memory where there is room, since some file systems take 1 ms to create a file.

    A database is 300 files, and each test has its own. Programs stay out of here: such file
    systems are often mounted without the right to execute.
    """
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < ROOM_IN_MEMORY:
        return state_folder()
    # Anybody may create files there: take only a folder that is ours and nobody else can change.
    folder = memory / f"confiture_coord-{os.geteuid()}-{checkout_hash()}"
    try:
        folder.mkdir(mode=0o755, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return state_folder()
    ours = found.st_uid == os.geteuid() and stat.S_ISDIR(found.st_mode)
    return folder if ours and not found.st_mode & 0o022 else state_folder()


def checkout_hash() -> str:
    return hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:12]


def new_socket_folder(home: Path) -> Path:
    """A folder for the socket that only the server's user (and root) may enter.

    Beside the data when its path is short enough, else one in /tmp with an unguessable name,
    which is noted beside the data.
    """
    beside = home / "socket"
    if len(os.fsencode(beside)) <= LONGEST_SOCKET_FOLDER:
        beside.mkdir(mode=0o700, exist_ok=True)
        folder = beside
    else:
        remove_socket_folder(home)
        folder = Path(tempfile.mkdtemp(prefix="coord-", dir="/tmp"))
        (home / "socket").symlink_to(folder)
    give_to_server(folder)
    return folder


def remove_socket_folder(home: Path) -> None:
    """What is beside the data goes with the data; what is in /tmp is to go by itself."""
    note = home / "socket"
    if note.is_symlink():
        shutil.rmtree(note.readlink(), ignore_errors=True)
        note.unlink()


def _made(folder: Path) -> Path:
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    return folder


def _server_can_enter(folder: Path) -> bool:
    # Asked of the kernel, as that user: modes, ACLs and mounts all count.
    return (
        subprocess.run(["test", "-x", f"{folder}/."], cwd="/", **as_server_user()).returncode == 0
    )
