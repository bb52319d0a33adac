#!/usr/bin/env python3
"""Let pgspot look at the built SQL; fail on anything that is not explained below.

pgspot is no dependency of the product. In an environment of its own::

    python3 -m venv /tmp/pgspot && /tmp/pgspot/bin/pip install pgspot
    /tmp/pgspot/bin/python tests/security/pgspot_check.py
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pglast import ast, parse_sql

SQL = Path(__file__).resolve().parents[2] / "sql"

# CREATE EXTENSION runs the script with this path, since the control file says schema = pg_catalog;
# the plain variant sets it itself, by a function call that pgspot does not understand.
PATH = "set search_path to pg_catalog, pg_temp;\n"
# An update replaces functions in the schema that the extension itself made at first.
OUR_SCHEMA = "create schema coord;\n"

CALLERS_PATH = (
    "has to see the caller's search_path, which it passes on; runs with the caller's rights, and "
    "spells out every schema"
)
FROM_PINNED = (
    "the owner's only, and called by functions that pin the path; a SET costs more than the call"
)
WITHOUT_SET = (
    "runs with the caller's rights and spells out every schema: a SET would cost more than the call"
)

EXPLAINED = {
    f"PS005: Function without explicit search_path: coord.{function}(": why
    for function, why in {
        "footprint": CALLERS_PATH,
        "compare_changes": CALLERS_PATH,
        "check_intent": CALLERS_PATH,
        "register_intent": CALLERS_PATH,
        "amend_intent": CALLERS_PATH,
        "import_registry": CALLERS_PATH,
        "_declare": CALLERS_PATH,
        "_call_branch_hook": "the site's own function is to run with the caller's rights and path",
        "_footprint_rows": WITHOUT_SET + "; unnest with several arguments is syntax",
        "_history_hash": WITHOUT_SET + ", and the planner could not inline it; the owner's only",
        "mark_in_progress": WITHOUT_SET,
        "mark_completed": WITHOUT_SET,
        "mark_merged": WITHOUT_SET,
        "mark_abandoned": WITHOUT_SET,
        "move_intent": WITHOUT_SET,
        "recheck": WITHOUT_SET,
        "_found_conflicts": FROM_PINNED,
    }.items()
} | {
    f"PS001: Unqualified operator: {operator}": f"in _found_conflicts: {FROM_PINNED}"
    for operator in (
        "'>' in r.expires_at > pg_catalog.statement_timestamp()",
        "'=' in r.conflict_type = f.conflict_type",
        "'=' in r.rule = f.rule",
        "'=' in r.agent_id IN ($2, f.agent)",
    )
}
"""What pgspot finds, by its beginning, and why that is as it should be."""


def statements(script: str) -> list[str]:
    """The statements that pgspot can read, of a script that begins with a line for psql."""
    script = script.partition("\n")[2]
    # pgspot's parser of PL/pgSQL does not know which fields a table's row has.
    script = re.sub(r"^(    v_\w+) coord\.\w+;$", r"\1 record;", script, flags=re.MULTILINE)
    encoded = script.encode()
    found = []
    for raw in parse_sql(script):
        end = raw.stmt_location + (raw.stmt_len or len(encoded))
        # Functions with an SQL-standard body (BEGIN ATOMIC, RETURN) have their names resolved for
        # good when they are created; pgspot 0.9 looks for the text of a body and fails.
        if not (isinstance(raw.stmt, ast.CreateFunctionStmt) and raw.stmt.sql_body is not None):
            found.append(encoded[raw.stmt_location : end].decode().strip() + ";\n")
    return found


def findings(path: Path) -> list[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        is_update = path.stem.count("--") == 2
        schema = OUR_SCHEMA if is_update else ""
        file.write(PATH + schema + "".join(statements(path.read_text(encoding="utf-8"))))
        file.flush()
        answer = subprocess.run(
            [Path(sys.executable).with_name("pgspot"), "--ignore-lang", "plpython3u", file.name],
            capture_output=True,
            text=True,
            check=False,
        )
    lines = [line.strip() for line in (answer.stdout + answer.stderr).splitlines() if line.strip()]
    if not lines or not lines[-1].startswith("Errors:"):
        raise SystemExit(f"pgspot failed at {path.name}: {answer.stdout}{answer.stderr}")
    return [line.rpartition(" at line ")[0] for line in lines[:-1]]


def main() -> None:
    unexplained = 0
    used = set()
    for path in sorted(SQL.glob("confiture_coord--*.sql")):
        for finding in findings(path):
            reasons = [prefix for prefix in EXPLAINED if finding.startswith(prefix)]
            used.update(reasons)
            if not reasons:
                unexplained += 1
                print(f"{path.name}: {finding}")
    for stale in EXPLAINED.keys() - used:
        unexplained += 1
        print(f"explained, and no longer found: {stale}")
    print(f"{unexplained} findings to explain or mend, {len(used)} explained")
    sys.exit(1 if unexplained else 0)


if __name__ == "__main__":
    main()
