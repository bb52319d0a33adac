"""``install``, ``upgrade``, ``uninstall``, ``doctor``: the database's objects themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from confiture_coord.cli.problem import Problem

if TYPE_CHECKING:
    from confiture_coord.doctor import Finding
    from confiture_coord.install import Outcome


def install(plain: bool, database_url: str | None, format: str) -> None:
    """Create or update the objects, and print what was done."""
    from confiture_coord.cli.database import connected
    from confiture_coord.doctor import detector
    from confiture_coord.install import install as run

    with connected(database_url) as connection:
        outcome = run(connection, plain=plain)
        _print_outcome(outcome, format, detector(connection))


def upgrade(as_extension: bool, database_url: str | None, format: str) -> None:
    """Update the objects, and print what was done."""
    from confiture_coord.cli.database import connected
    from confiture_coord.doctor import detector
    from confiture_coord.install import adopt
    from confiture_coord.install import upgrade as run

    with connected(database_url) as connection:
        outcome = adopt(connection) if as_extension else run(connection)
        _print_outcome(outcome, format, detector(connection))


def uninstall(yes: bool, force: bool, database_url: str | None, format: str) -> None:
    """Remove the objects, and print what was done."""
    if not yes:
        raise Problem(
            "22023",
            "uninstalling removes all intents, conflicts and history of the database",
            hint="If that is what you want, say --yes.",
        )
    from confiture_coord.cli.database import connected
    from confiture_coord.install import uninstall as run

    with connected(database_url) as connection:
        _print_outcome(run(connection, force=force), format, None)


def doctor(database_url: str | None, format: str) -> int:
    """Print all findings; 2 if anything is wrong."""
    from confiture_coord.cli.database import connected
    from confiture_coord.doctor import examine

    with connected(database_url) as connection:
        findings = list(examine(connection))
    well = all(each.ok for each in findings)
    if format == "json":
        from confiture_coord.cli.answer import print_json

        print_json({"ok": well, "findings": [each.to_dict() for each in findings]})
    else:
        for finding in findings:
            _print_finding(finding)
    return 0 if well else 2


def _print_finding(finding: Finding) -> None:
    from confiture_coord.cli.text import say

    say(f"{'✓' if finding.ok else '✗'} {finding.subject}: {finding.finding}")
    if finding.mend and not finding.ok:
        say(f"  → {finding.mend}")


def _print_outcome(outcome: Outcome, format: str, detector: Finding | None) -> None:
    if format == "json":
        from confiture_coord.cli.answer import print_json

        found = {} if detector is None else {"detector": detector.to_dict()}
        print_json({**outcome.to_dict(), **found})
        return
    from confiture_coord.cli.text import say

    how = {"extension": "as an extension", "plain": "as plain SQL in schema coord"}[outcome.how]
    done = {
        "created": f"✓ Installed version {outcome.version} {how}",
        "updated": f"✓ Updated to version {outcome.version}, installed {how}",
        "unchanged": f"✓ Version {outcome.version} is installed already, {how}",
        "removed": f"✓ Removed version {outcome.version} and all that it held",
    }
    say(done[outcome.action])
    for note in outcome.notes:
        say(f"  {note}")
    if detector is not None and not detector.ok:
        _print_finding(detector)
