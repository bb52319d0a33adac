"""``import``: an installation of Confiture's registry becomes one of ours."""

from __future__ import annotations

from typing import Any

from psycopg.errors import InsufficientPrivilege

from confiture_coord.cli.answer import print_json
from confiture_coord.cli.database import connected
from confiture_coord.cli.problem import Problem
from confiture_coord.cli.text import say
from confiture_coord.importing import import_registry


def take_over(
    from_schema: str, dry_run: bool, search_path: str | None, database_url: str | None, format: str
) -> None:
    """Import, and print what was imported and what was not."""
    with connected(database_url) as connection:
        try:
            report = import_registry(
                connection, from_schema, dry_run=dry_run, search_path=search_path
            )
        except InsufficientPrivilege as error:
            raise Problem(
                "42501",
                error.diag.message_primary or str(error),
                hint="Only the owner of the extension or a superuser imports: connect as one.",
            ) from error
    if format == "json":
        print_json(report)
    else:
        for line in _lines(report):
            say(line)


def _lines(report: dict[str, Any]) -> list[str]:
    done = "Would import" if report["dry_run"] else "Imported"
    counts = ", ".join(
        f"{report['imported'][what]} of {report['found'][what]} {name}"
        for what, name in {
            "intents": "intents",
            "conflicts": "conflicts",
            "history": "rows of history",
        }.items()
    )
    lines = [f"✓ {done} {counts} from schema {report['from_schema']}"]
    if report["already_there"]:
        lines.append(f"  {report['already_there']} intents were there already")
    for each in report["unparsed"]:
        where = f"statement {each['statement']}" + (
            f", line {each['line']}" if each.get("line") else ""
        )
        lines.append(f"! {each['feature_name']} ({each['intent_id']}), {where}: {each['reason']}")
        lines += [f"    {line}" for line in (each.get("detail") or "").splitlines()[1:]]
    if report["unparsed"]:
        lines.append("  What does not parse is stored as it was: amend these intents.")
    for each in report["changed"]:
        lines.append(f"! {each['table']} {each['id']}: {each['what']} {each['was']} → {each['is']}")
    for each in report["left"]:
        lines.append(f"! left where it is: {each['table']} {each['id']}: {each['reason']}")
    for each in report["moot"]:
        lines.append(f"- conflict {each['conflict_id']} no longer matters: {each['reason']}")
    for each in report["found_now"]:
        lines.append(
            f"- new conflict: {each['conflict_type']} {', '.join(each['affected_objects'])} "
            f"[{each['severity']}] of {each['intent_a']} with {each['intent_b']}"
        )
    return lines
