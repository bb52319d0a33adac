"""The command ``confiture-coord``.

This module only makes sure that whatever happens ends in one readable message and an exit status:
0 done, 1 ``check`` found conflicts, 2 anything went wrong. Everything heavy is imported late.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

FAILED = 2


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit."""
    gc.disable()  # imports leave no garbage, and a command is over before it would pay
    given = sys.argv[1:] if arguments is None else arguments
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without ✓ is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        status = run(given)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head -1`). What is left in the buffer goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except OSError as error:  # the output cannot be written: a full disk
        from confiture_coord.cli.problem import Problem, report

        report(Problem.of(error), as_json=False)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    sys.exit(status)


def _open_closed_streams() -> None:
    """What our caller closed (``>&-``) leads nowhere; a connection must not take its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def run(arguments: list[str]) -> int:
    """Run the command line; the exit status."""
    from confiture_coord.cli.problem import Problem, report

    try:
        shortcut = directly(arguments)
        if shortcut is not None and shortcut():
            return 0
        from confiture_coord.cli.app import app

        wanted = arguments or ["--help"]
        status = int(app(wanted, prog_name="confiture-coord", standalone_mode=False) or 0)
        return status if arguments else FAILED  # help was not asked for: a command is missing
    except (BrokenPipeError, SystemExit):
        raise
    except KeyboardInterrupt:
        problem = Problem("57014", "interrupted")
    except Exception as error:
        problem = Problem.of(error)
    report(problem, as_json=_wants_json(arguments))
    return FAILED


# The commands that scripts poll, with what they take. Typer knows all this too; importing it, and
# psycopg, takes many times as long as the rest of such a command.
POLLED: dict[str, dict[str, str]] = {
    "list-intents": {"--status-filter": "status_filter", "--agent-filter": "agent_filter"},
    "status": {"--intent-id": "intent_id"},
    "conflicts": {"--intent-id": "intent_id"},
}
SHARED = {"--database-url": "database_url", "--db-url": "database_url", "--format": "format"}


def directly(arguments: list[str]) -> Callable[[], bool] | None:
    """What to call if the line is a plain use of a polled command; anything else is for Typer."""
    if not arguments or arguments[0] not in POLLED or "_CONFITURE_COORD_COMPLETE" in os.environ:
        return None
    names = POLLED[arguments[0]] | SHARED
    words = [part for word in arguments[1:] for part in _apart(word)]
    if len(words) % 2 or any(
        option not in names or value.startswith("-")
        for option, value in zip(words[::2], words[1::2], strict=True)
    ):
        return None
    given: dict[str, Any] = dict.fromkeys(names.values())
    given |= {"format": "text", "database_url": os.environ.get("DATABASE_URL") or None}
    given |= {names[option]: value for option, value in zip(words[::2], words[1::2], strict=True)}
    if given["format"] not in ("text", "json") or (
        arguments[0] == "status" and given["intent_id"] is None
    ):
        return None
    if arguments[0] == "conflicts":
        given["closed"] = False
    return partial(_look, arguments[0].replace("-", "_"), given)


def _look(command: str, given: dict[str, Any]) -> bool:
    """Run the command the quick way; false, and nothing printed, if it needs the ordinary one."""
    from confiture_coord.cli import look, quick

    try:
        getattr(look, command)(quick.registry, **given)
    except quick.Unusual:
        return False
    return True


def _apart(word: str) -> list[str]:
    """``--option=value`` as two words."""
    option, equals, value = word.partition("=")
    return [option, value] if equals and option.startswith("--") else [word]


def _wants_json(arguments: list[str]) -> bool:
    """Is the output JSON? Asked when the command line itself may be what is wrong."""
    return "--format=json" in arguments or "--format json" in " ".join(arguments)
