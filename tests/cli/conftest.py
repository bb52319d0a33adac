"""Running the command: within the test's own process, or as a newcomer who installed it."""

from __future__ import annotations

import json
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path
from typing import Any

import pytest

from confiture_coord import cli

CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


Run = Callable[..., Result]


@pytest.fixture
def anywhere(capsys: pytest.CaptureFixture[str]) -> Run:
    """``run("list-intents", …)``, with the environment as it is."""

    def run(*arguments: str) -> Result:
        capsys.readouterr()
        status = cli.run(list(arguments))
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


@pytest.fixture
def run(anywhere: Run, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run("list-intents", …)`` with DATABASE_URL naming a fresh database."""
    monkeypatch.setenv("DATABASE_URL", dsn)
    return anywhere


@pytest.fixture(scope="session")
def fresh_venv(run_folder: Path) -> Path:
    """A virtual environment with what ``pip install .`` puts there, and nothing else."""
    venv = run_folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, str(CHECKOUT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return venv


class Newcomer:
    """Somebody with the installed command, a database, and an environment of their own."""

    def __init__(self, venv: Path, home: Path) -> None:
        self.venv, self.home = venv, home
        path = f"{venv / 'bin'}:/usr/local/bin:/usr/bin:/bin"
        self.environment = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8"}

    def __call__(self, *arguments: str, **options: Any) -> Result:
        """Run the command to its end; its output is piped."""
        done = self.start(*arguments, **options)
        out, err = done.communicate()
        return Result(done.returncode, out, err)

    def start(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """Start the command."""
        environment = self.environment | options.pop("env", {})
        defaults = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen(
            [self.venv / "bin" / "confiture-coord", *arguments],
            env=environment,
            **{"cwd": self.home, "stderr": subprocess.PIPE, **defaults, **options},
        )

    def shell(self, line: str) -> Result:
        """Run a line of shell."""
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=self.home,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def on_terminal(
        self, *arguments: str, columns: int = 80, keys: Sequence[bytes] = (), **environment: str
    ) -> Result:
        """Run the command on a terminal of that width; after its first words press the keys."""
        ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        given = {"TERM": "xterm-256color", **environment}
        running = self.start(
            *arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_take_terminal,
            env={name: value for name, value in given.items() if value},
        )
        os.close(theirs)
        shown = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # how Linux says that nobody is left at the other end
                break
            if not piece:
                break
            shown += piece
            for key in keys:
                os.write(ours, key)
            keys = ()
        os.close(ours)
        return Result(running.wait(), shown.decode().replace("\r\n", "\n"), "")


def _take_terminal() -> None:
    ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def newcomer(fresh_venv: Path, tmp_path: Path) -> Newcomer:
    """Has no database yet."""
    return Newcomer(fresh_venv, tmp_path)


@pytest.fixture
def settled(newcomer: Newcomer, dsn: str) -> Newcomer:
    """Has a database with the extension."""
    newcomer.environment["DATABASE_URL"] = dsn
    return newcomer
