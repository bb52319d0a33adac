"""What went wrong, as one message that says what to do, on the terminal or as JSON."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any

from confiture_coord.cli.answer import print_json
from confiture_coord.cli.printable import printable


class Problem(Exception):
    """Something that ends the command. The code is an SQLSTATE, also where no server spoke."""

    def __init__(
        self, code: str, message: str, detail: str | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.detail, self.hint = code, message, detail, hint
        self.conflicts: list[dict[str, Any]] = []
        #: The file and the line that are to blame, where it is known.
        self.place: tuple[str, int] | None = None

    @classmethod
    def of(cls, error: BaseException) -> Problem:
        """Any exception as a problem."""
        if isinstance(error, Problem):
            return error
        if hasattr(error, "format_message"):  # of the option parser, wherever its classes live
            return cls._of_the_command_line(error)
        if type(error).__name__ == "Abort":
            return cls("57014", "interrupted")
        psycopg = sys.modules.get("psycopg")
        if psycopg is not None and isinstance(error, psycopg.Error):
            from confiture_coord.cli.server_problem import from_server

            return from_server(error)
        if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
            byte = ord(error.object[error.start]) - 0xDC00
            return cls(
                "22021",
                f"an argument is not UTF-8 text: byte {byte:#04x}",
                hint="Use a terminal or a script in UTF-8, or pass DDL in a file.",
            )
        if isinstance(error, ImportError) and "psycopg" in str(error):
            return cls(
                "58P01",
                "PostgreSQL's client library, libpq, is not found",
                hint="Bring one along: pip install 'psycopg[binary]'.",
            )
        if isinstance(error, OSError):
            place = f" ({error.filename})" if error.filename else ""
            return cls("58030", f"{error.strerror or error}{place}", hint="Check disk and file.")
        if os.environ.get("CONFITURE_COORD_TRACEBACK"):
            traceback.print_exception(error)
        return cls(
            "XX000",
            f"unexpected {type(error).__name__}: {error}",
            hint="This is a defect of confiture-coord: please report it, with what it prints when "
            "the environment has CONFITURE_COORD_TRACEBACK=1.",
        )

    @classmethod
    def _of_the_command_line(cls, error: Any) -> Problem:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "confiture-coord"
        message, hint = error.format_message(), f"See `{command} --help`."
        if message.startswith("Got unexpected extra argument") and "--schema-changes" in str(
            [parameter.opts for parameter in context.command.params] if context else ""
        ):
            hint = f"Quote DDL; give each file its own --schema-changes. {hint}"
        return cls("22023", message, hint=hint)

    def to_dict(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "detail": self.detail,
            "hint": self.hint,
        }
        if self.conflicts:
            said["conflicts"] = self.conflicts
        return {"error": said}


def report(problem: Problem, *, as_json: bool) -> None:
    """JSON goes to standard output, where its reader looks; text to standard error."""
    if as_json:
        print_json(problem.to_dict())
        return
    lines = f"Error: {_sentence(problem.message)}".split("\n")
    if problem.detail:
        lines += [f"  {line}" for line in problem.detail.split("\n")]
    if problem.hint:
        lines += ["", *f"Hint: {_sentence(problem.hint)}".split("\n")]
    sys.stderr.write("\n".join(map(printable, lines)) + "\n")


def _sentence(text: str) -> str:
    """With a capital, unless it begins with a name such as ``agent_id`` or ``0042.sql``."""
    return text[:1].upper() + text[1:] if text.split(" ", 1)[0].isalpha() else text
