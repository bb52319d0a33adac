"""The commands as Typer sees them: options, help, examples."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated, Literal

import typer

from confiture_coord.cli import declare, look, manage, move
from confiture_coord.cli.options import (
    AgentId,
    ChangedBy,
    CheckFormat,
    DatabaseUrl,
    FailOn,
    FeatureName,
    Format,
    IntentId,
    OutputFormat,
    Reason,
    SchemaChanges,
    TablesAffected,
)

#: Rich's help has columns, and cuts words off where they do not fit.
_WIDE_ENOUGH = 80


def _help_style() -> Literal["rich"] | None:
    """Columns on a terminal that has room for them; else plain lines, with nothing cut off."""
    wide = shutil.get_terminal_size().columns >= _WIDE_ENOUGH
    return "rich" if wide and sys.stdout.isatty() else None


app = typer.Typer(
    name="confiture-coord",
    pretty_exceptions_enable=False,
    rich_markup_mode=_help_style(),
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from confiture_coord.version import wrapper_version

        print(f"confiture-coord {wrapper_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Agents declare schema changes; PostgreSQL says which of them conflict.

    Exit status: 0 done, 1 check found conflicts, 2 anything went wrong.
    """


@app.command()
def register(
    agent_id: AgentId,
    feature_name: FeatureName,
    schema_changes: SchemaChanges,
    tables_affected: TablesAffected = None,
    risk_level: Annotated[
        str, typer.Option(metavar="low|medium|high", help="Your own assessment.")
    ] = "low",
    estimated_hours: Annotated[
        float, typer.Option(metavar="HOURS", help="How long it will take.")
    ] = 0,
    metadata: Annotated[
        str,
        typer.Option(metavar="JSON", help='A JSON object, e.g. {"depends_on": "other_feature"}.'),
    ] = "{}",
    refuse_on: Annotated[
        str | None,
        typer.Option(
            metavar="error|warning",
            help="Store nothing if there is a conflict of that severity or above.",
        ),
    ] = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Declare a plan to change the schema, and learn at once what it conflicts with.

    \b
    confiture-coord register --agent-id claude-payments \\
        --feature-name stripe_integration --tables-affected users \\
        --schema-changes "ALTER TABLE users ADD COLUMN stripe_id TEXT"
    confiture-coord register --agent-id claude-data \\
        --feature-name analytics --schema-changes ./migrations/0042.sql
    """
    declare.register(
        agent_id,
        feature_name,
        schema_changes,
        tables_affected,
        risk_level,
        estimated_hours,
        metadata,
        refuse_on,
        database_url,
        format.value,
    )


@app.command()
def check(
    agent_id: AgentId,
    feature_name: FeatureName,
    schema_changes: SchemaChanges,
    tables_affected: TablesAffected = None,
    fail_on: Annotated[
        FailOn, typer.Option(help="From which severity on the exit status is 1.")
    ] = FailOn.error,
    database_url: DatabaseUrl = None,
    format: Annotated[
        CheckFormat,
        typer.Option(
            "--format",
            help="json: one JSON document; github: workflow annotations on the .sql files.",
        ),
    ] = CheckFormat.text,
) -> None:
    """Find out what registering would conflict with, and store nothing.

    \b
    confiture-coord check --agent-id claude-auth --feature-name oauth2 \\
        --schema-changes ./proposed_changes.sql && echo "nothing in the way"
    confiture-coord check --agent-id ci --feature-name pull-request-7 \\
        --schema-changes migrations/0042.sql --format github
    """
    found = declare.check(
        agent_id,
        feature_name,
        schema_changes,
        tables_affected,
        fail_on.value,
        database_url,
        format.value,
    )
    raise typer.Exit(found)


@app.command("list-intents")
def list_intents(
    status_filter: Annotated[
        str | None, typer.Option(metavar="STATUS", help="Only those of this status.")
    ] = None,
    agent_filter: Annotated[
        str | None, typer.Option(metavar="AGENT", help="Only those of this agent.")
    ] = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """List the intents in the order of their registration.

    \b
    confiture-coord list-intents --status-filter in_progress
    confiture-coord list-intents --agent-filter claude-payments \\
        --format json | jq .total
    """
    from confiture_coord.cli.database import registry

    look.list_intents(registry, status_filter, agent_filter, database_url, format.value)


@app.command()
def status(
    intent_id: IntentId, database_url: DatabaseUrl = None, format: OutputFormat = Format.text
) -> None:
    """Show one intent with its conflicts, and what to do about them.

    \b
    confiture-coord status --intent-id 550e8400
    """
    from confiture_coord.cli.database import registry

    look.status(registry, intent_id, database_url, format.value)


@app.command()
def conflicts(
    intent_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Only those of this intent.")
    ] = None,
    closed: Annotated[
        bool, typer.Option("--all", help="Also those that are reviewed or no longer matter.")
    ] = False,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """List the open conflicts.

    \b
    confiture-coord conflicts
    confiture-coord conflicts --intent-id 550e8400 --all --format json
    """
    from confiture_coord.cli.database import registry

    look.conflicts(registry, intent_id, closed, database_url, format.value)


@app.command()
def history(
    intent_id: IntentId, database_url: DatabaseUrl = None, format: OutputFormat = Format.text
) -> None:
    """Show everything that happened to an intent: when, what, by whom and why.

    \b
    confiture-coord history --intent-id 550e8400
    """
    look.history(intent_id, database_url, format.value)


@app.command("merge-order")
def merge_order(database_url: DatabaseUrl = None, format: OutputFormat = Format.text) -> None:
    """List the active intents in an order in which they can be merged.

    It respects conflicts that work in one order only, and what metadata.depends_on names; cycles
    are reported as problems.

    \b
    confiture-coord merge-order
    """
    look.merge_order(database_url, format.value)


@app.command()
def watch(
    interval: Annotated[
        float, typer.Option(min=0.2, metavar="SECONDS", help="How often to look.")
    ] = 2,
    database_url: DatabaseUrl = None,
    format: Annotated[
        Format, typer.Option("--format", help="json: one JSON document on a line for each event.")
    ] = Format.text,
) -> None:
    """Show live who works on what, until Ctrl-C; piped, one line for each event.

    \b
    confiture-coord watch --interval 10
    confiture-coord watch --format json | jq --unbuffered .feature_name
    """
    look.watch(interval, database_url, format.value)


@app.command()
def resolve(
    conflict_id: Annotated[
        int, typer.Option(metavar="NUMBER", help="The conflict, from status or conflicts.")
    ],
    notes: Annotated[str, typer.Option(metavar="TEXT", help="How it was settled.")],
    severity: Annotated[
        str | None, typer.Option(metavar="error|warning", help="How severe it really is.")
    ] = None,
    reviewed_by: Annotated[
        str | None, typer.Option(metavar="AGENT", help="Who settled it; else the database role.")
    ] = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Mark a conflict reviewed, which closes it, and note how it was settled.

    \b
    confiture-coord resolve --conflict-id 42 \\
        --notes "Payments applies first, then Auth"
    """
    move.resolve(conflict_id, notes, severity, reviewed_by, database_url, format.value)


@app.command()
def start(
    intent_id: IntentId,
    reason: Reason = None,
    changed_by: ChangedBy = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Begin to work on an intent; refused while a conflict of severity error is open.

    \b
    confiture-coord start --intent-id 550e8400
    """
    move.move("mark_in_progress", intent_id, reason, changed_by, database_url, format.value)


@app.command()
def complete(
    intent_id: IntentId,
    reason: Reason = None,
    changed_by: ChangedBy = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Say that the work is done and waits to be merged.

    \b
    confiture-coord complete --intent-id 550e8400
    """
    move.move("mark_completed", intent_id, reason, changed_by, database_url, format.value)


@app.command("mark-merged")
def mark_merged(
    intent_id: IntentId,
    reason: Reason = None,
    changed_by: ChangedBy = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Say that the intent's branch is merged: the end.

    \b
    confiture-coord mark-merged --intent-id 550e8400
    """
    move.move("mark_merged", intent_id, reason, changed_by, database_url, format.value)


@app.command()
def abandon(
    intent_id: IntentId,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, for the history.")],
    changed_by: ChangedBy = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Give an intent up: the end, and its open conflicts no longer matter.

    \b
    confiture-coord abandon --intent-id 550e8400 \\
        --reason "Feature cancelled by product team"
    """
    move.move("mark_abandoned", intent_id, reason, changed_by, database_url, format.value)


@app.command()
def install(
    plain: Annotated[
        bool, typer.Option("--plain", help="As plain SQL, even if the server has our files.")
    ] = False,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Create the objects in a database, or bring them up to date. Needs a superuser.

    \b
    confiture-coord install --database-url postgresql://postgres@HOST/DATABASE
    """
    manage.install(plain, database_url, format.value)


@app.command()
def upgrade(
    as_extension: Annotated[
        bool,
        typer.Option(
            "--as-extension",
            help="Also turn a plain-SQL installation into an extension, with all its rows.",
        ),
    ] = False,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Bring what is installed up to this wrapper's version. Needs a superuser.

    \b
    confiture-coord upgrade --database-url postgresql://postgres@HOST/DATABASE
    """
    manage.upgrade(as_extension, database_url, format.value)


@app.command()
def uninstall(
    yes: Annotated[bool, typer.Option("--yes", help="Yes, remove it all.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even while intents are active or objects depend on it.")
    ] = False,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Remove the objects with all intents, conflicts and history. Needs a superuser.

    \b
    confiture-coord uninstall --yes --database-url postgresql://postgres@HOST/DATABASE
    """
    manage.uninstall(yes, force, database_url, format.value)


@app.command()
def doctor(database_url: DatabaseUrl = None, format: OutputFormat = Format.text) -> None:
    """Look for what is wrong with an installation, and say what mends it.

    Exit status 2 if anything is wrong.

    \b
    confiture-coord doctor
    """
    raise typer.Exit(manage.doctor(database_url, format.value))


@app.command("import")
def import_(
    from_schema: Annotated[
        str, typer.Option(metavar="SCHEMA", help="Where the tables tb_pggit_… are.")
    ] = "public",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Store nothing, and say what would be.")
    ] = False,
    search_path: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Which schemas the DDL means; else the session's."),
    ] = None,
    database_url: DatabaseUrl = None,
    format: OutputFormat = Format.text,
) -> None:
    """Take over the intents, conflicts and history of Confiture's registry. Needs the owner.

    Its tables stay as they are; what was imported before is not imported again. What could not be
    kept, DDL that does not parse above all, is listed.

    \b
    confiture-coord import --from-schema public --dry-run
    confiture-coord import --from-schema public --format json > import.json
    """
    from confiture_coord.cli.take_over import take_over

    take_over(from_schema, dry_run, search_path, database_url, format.value)


# The list of commands shows first sentences, and cuts off only what it has to derive itself.
for _each in app.registered_commands:
    _each.short_help = (_each.callback.__doc__ or "").split("\n\n")[0]
