"""A private PostgreSQL cluster: a folder, a Unix socket, no TCP port."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.installation import Installation
from tools.places import (
    as_server_user,
    clean_environment,
    give_to_server,
    new_socket_folder,
    remove_socket_folder,
)

if TYPE_CHECKING:
    import psycopg

PORT = 5432
SUPERUSER = "postgres"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "logging_collector": "off",
    "lc_messages": "C",
    # in the data folder, where nothing of a killed server outlives it
    "dynamic_shared_memory_type": "mmap",
    "timezone": "UTC",
}

# For data that nobody would miss: not for crash tests, not for benchmarks.
VOLATILE: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
}

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class ClusterError(Exception):
    """The cluster did not do what it was told; the message carries the end of its log."""


class Cluster:
    """``home`` holds the data, the log and (where its path is short enough) the socket."""

    port = PORT
    superuser = SUPERUSER

    def __init__(
        self, installation: Installation, home: Path, settings: Mapping[str, str] | None = None
    ) -> None:
        self.installation = installation
        self.bindir = installation.bindir
        self.major = installation.major
        self.home = home
        self.data = home / "data"
        self.log = home / "server.log"
        self.settings = {**SETTINGS, **(settings or {})}
        self._child: subprocess.Popen[bytes] | None = None

    # -- life ---------------------------------------------------------------------------------

    def create(self) -> None:
        """Initialise the data folder; nothing happens where it exists."""
        if self.data.exists():
            return
        self.home.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = self.home / "data.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        give_to_server(unfinished)
        self._run("initdb", "--no-sync", "--auth=trust", f"--username={SUPERUSER}",
                  "--encoding=UTF8", "--locale=C.UTF-8", f"--pgdata={unfinished}")  # fmt: skip
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write("include 'private.conf'\n")
        unfinished.rename(self.data)

    def start(self, *, tied: bool = True) -> None:
        """Start and wait until it answers; nothing happens where it runs.

        A ``tied`` server ends with this process, however that ends.
        """
        self.create()
        if self.pid() is not None:
            return
        (self.data / "postmaster.pid").unlink(missing_ok=True)  # of a server that is gone
        self._write_settings(new_socket_folder(self.home))
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [str(self.bindir / "postgres"), "-D", str(self.data)],
                cwd=self.home,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us; we stop the server ourselves
                preexec_fn=_die_with_parent if tied else None,
                **as_server_user(),
            )
        self._wait(self._answers, START_TIMEOUT_S, "start")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop (SIGINT is PostgreSQL's fast shutdown); nothing happens where none runs."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, how)
            self.wait_until_gone()
        self._reap()
        remove_socket_folder(self.home)

    def stop_if_started_here(self) -> None:
        if self._child is not None:
            self.stop()

    def wait_until_gone(self) -> None:
        self._wait(lambda: self.pid() is None, STOP_TIMEOUT_S, "stop")

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill9(self) -> None:
        """What a power cut leaves behind: every process gone at once, nothing flushed."""
        pid = self.pid()
        if pid is None:
            raise ClusterError("there is no server to kill")
        processes = [pid, *_children(pid)]
        for each in processes:
            _signal(each, signal.SIGKILL)
        self._reap()
        self._wait(lambda: not any(_lives(each) for each in processes), STOP_TIMEOUT_S, "die")

    def remove(self) -> None:
        """Stop, and delete everything."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    # -- questions ----------------------------------------------------------------------------

    def pid(self) -> int | None:
        """The postmaster's process id, if it runs.

        A pid file alone proves nothing: after a crash its number may belong to anybody. A
        postmaster's working directory is its data folder.
        """
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            working_directory = Path(f"/proc/{pid}/cwd").readlink()
        except (OSError, ValueError):
            return None
        return pid if working_directory == self.data.resolve() and _lives(pid) else None

    @property
    def socket_dir(self) -> Path:
        lines = (self.data / "postmaster.pid").read_text().splitlines()
        return Path(lines[4])

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def dsn(self, dbname: str = "postgres") -> str:
        """A libpq connection string; also what DATABASE_URL accepts."""
        return f"host={_quoted(self.socket_dir)} port={PORT} user={SUPERUSER} dbname={dbname}"

    # -- work ---------------------------------------------------------------------------------

    def connect(self, dbname: str = "postgres", **kwargs: Any) -> psycopg.Connection[Any]:
        """A connection as superuser, in autocommit unless told otherwise."""
        import psycopg  # the first commands run before anything is installed

        return psycopg.connect(self.dsn(dbname), **{"autocommit": True, **kwargs})

    def psql(
        self, *arguments: str, dbname: str = "postgres", text: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run psql, ignoring the caller's ~/.psqlrc, with ``text`` on its standard input."""
        done = subprocess.run(
            [str(self.bindir / "psql"), "-X", *arguments, self.dsn(dbname)],
            input=text,
            env={**clean_environment(), "PGCLIENTENCODING": "UTF8"},
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode != 0:
            raise ClusterError(f"psql ended with {done.returncode}:\n{done.stderr.strip()}")
        return done

    # -- how ----------------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        return clean_environment()

    def _write_settings(self, socket_dir: Path) -> None:
        settings = {
            **self.settings,
            "port": str(PORT),
            "unix_socket_directories": f'"{socket_dir}"',
        }
        lines = [f"{name} = '{_escaped(value)}'\n" for name, value in settings.items()]
        (self.data / "private.conf").write_text("".join(lines))
        (self.data / "private.conf").chmod(0o644)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self.bindir / program), *arguments],
            cwd=self.home,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **as_server_user(),
        )
        if done.returncode != 0:
            raise ClusterError(f"{program} failed:\n{done.stdout}{done.stderr}")

    def _answers(self) -> bool:
        if self._child is not None and self._child.poll() is not None:
            raise ClusterError(f"the server ended while starting:\n{self._log_end()}")
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _reap(self) -> None:
        if self._child is not None:
            self._child.wait(STOP_TIMEOUT_S)
            self._child = None

    def _wait(self, reached: Callable[[], bool], seconds: int, verb: str) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            if self._child is not None:
                self._child.poll()  # a dead child of ours would otherwise stay as a zombie
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"the server in {self.home} did not {verb} in {seconds} s:\n{self._log_end()}"
                )
            time.sleep(0.02)

    def _log_end(self) -> str:
        return "\n".join(self.log_text().splitlines()[-20:])


def _die_with_parent() -> None:
    # Runs in the child between fork and exec, after root is dropped (dropping clears it).
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _children(parent: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The command name is in parentheses and may itself contain some.
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _signal(pid: int, which: signal.Signals) -> None:
    try:
        os.kill(pid, which)
    except ProcessLookupError:
        return  # it was faster


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("'", "''")


def _quoted(path: Path) -> str:
    """A value in a libpq connection string."""
    text = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'" if " " in text or "'" in text or "\\" in text else text
