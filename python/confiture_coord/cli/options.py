"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Format(StrEnum):
    """How to print the answer."""

    text = "text"
    json = "json"


class CheckFormat(StrEnum):
    """How ``check`` prints its answer."""

    text = "text"
    json = "json"
    github = "github"


class FailOn(StrEnum):
    """From which severity on ``check`` exits with 1."""

    error = "error"
    warning = "warning"
    none = "none"


DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        "--db-url",
        envvar="DATABASE_URL",
        show_envvar=True,
        metavar="URL",
        help="Which database; without it and DATABASE_URL, libpq's own PGHOST, PGDATABASE … count.",
    ),
]
OutputFormat = Annotated[
    Format, typer.Option("--format", help="json: one JSON document on stdout, errors included.")
]
AgentId = Annotated[str, typer.Option(metavar="AGENT", help="Who plans it, e.g. claude-payments.")]
FeatureName = Annotated[str, typer.Option(metavar="NAME", help="What it is for.")]
SchemaChanges = Annotated[
    list[str],
    typer.Option(
        metavar="DDL|FILE|-",
        help="DDL statements, the path of a .sql file, or - for standard input; "
        "may be given several times.",
    ),
]
TablesAffected = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,…", help="Tables beside those that the DDL names, separated by commas."
    ),
]
IntentId = Annotated[
    str,
    typer.Option(metavar="ID", help="The intent; its first 8 characters do if no other has them."),
]
ChangedBy = Annotated[
    str | None,
    typer.Option(metavar="AGENT", help="Who does it, for the history; else the database role."),
]
Reason = Annotated[str | None, typer.Option(metavar="TEXT", help="Why, for the history.")]
