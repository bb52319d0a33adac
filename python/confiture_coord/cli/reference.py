"""Write the reference of the command line: ``python -m confiture_coord.cli.reference``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from confiture_coord.cli.app import app

INTRODUCTION = """\
# Command-line reference

`confiture-coord` comes with `pip install confiture-coord`; `python -m confiture_coord` is the same
command. This page is generated from the command itself.

- **Which database**: `--database-url` (or `--db-url`), else the environment variable
  `DATABASE_URL`, else libpq's own (`PGHOST`, `PGDATABASE`, `PGSERVICE`, …). A password is best
  kept out of the URL: libpq reads `PGPASSWORD` and `~/.pgpass`.
- **Output**: `--format json` prints one JSON document on standard output and nothing else, errors
  included: `{"error": {"code", "message", "detail", "hint"}}`, where the code is an SQLSTATE.
  Text has colours on a terminal only (never with `NO_COLOR` set), and when piped nothing is cut
  off.
- **Exit status**: 0 done, 1 `check` found conflicts at or above `--fail-on`, 2 anything went wrong.
- **Intent ids** may be shortened to their first 8 characters or more, as long as only one begins
  so. **Conflict ids** are the numbers that `status` and `conflicts` print.
- **DDL** (`--schema-changes`): text, the path of a `.sql` file, or `-` for standard input; given
  several times, the pieces follow each other. One word that ends in `.sql` is always a path, and
  must exist. Statements are told apart by PostgreSQL's own parser, never by semicolons.
- **Shell completion**: `confiture-coord --install-completion`.
"""


def markdown() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for command in app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        parts.append(_section(name, command.callback))
    return "\n".join(parts)


def _section(name: str, command: Callable[..., Any]) -> str:
    text, _, examples = inspect.cleandoc(command.__doc__ or "").partition("\b")
    lines = [f"## {name}", "", text.strip(), "", "| option | | |", "| --- | --- | --- |"]
    hints = get_type_hints(command, include_extras=True)
    for parameter in inspect.signature(command).parameters.values():
        kind, option = get_args(hints[parameter.name])
        # Within Annotated, Typer keeps the first spelling where it otherwise keeps the default.
        spelled = [each for each in (option.default, *option.param_decls) if isinstance(each, str)]
        options = spelled or ["--" + parameter.name.replace("_", "-")]
        cells = (
            ", ".join(f"`{each}`" for each in options),
            _value(kind, option),
            _meaning(option, parameter.default),
        )
        lines.append("| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |")
    return "\n".join([*lines, "", "```sh", inspect.cleandoc(examples), "```", ""])


def _value(kind: Any, option: Any) -> str:
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return f"`{'|'.join(kind)}`"
    return f"`{option.metavar}`"


def _meaning(option: Any, default: Any) -> str:
    if default is inspect.Parameter.empty:
        return f"{option.help} *Required.*".strip()
    if default in (None, False):
        return option.help or ""
    return f"{option.help or ''} Default `{default}`.".strip()


if __name__ == "__main__":
    print(markdown(), end="")
