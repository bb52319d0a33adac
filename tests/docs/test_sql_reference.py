"""docs/sql.md describes every public function, with the signature that the catalog has.

``UPDATE_TRANSCRIPTS=1 pytest tests/docs`` rewrites the signatures; the prose is by hand.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import psycopg

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "sql.md"
SECTION = re.compile(r"^### `coord\.(\w+)`\n+```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)

FUNCTIONS = """
SELECT p.proname,
       (SELECT json_agg(json_build_array(
                   p.proargnames[n], format_type(p.types[n], NULL), coalesce(p.proargmodes[n], 'i'),
                   pg_get_function_arg_default(p.oid, n::int)) ORDER BY n)
        FROM generate_subscripts(p.types, 1) n),
       format_type(p.prorettype, NULL), p.proretset
FROM (SELECT *, coalesce(proallargtypes, string_to_array(proargtypes::text, ' ')::oid[]) AS types
      FROM pg_proc) p
WHERE p.pronamespace = 'coord'::regnamespace AND p.proname !~ '^_'
  AND p.prorettype <> 'trigger'::regtype
ORDER BY p.proname, p.oid::regprocedure::text
"""


def signatures(conn: psycopg.Connection[Any]) -> dict[str, str]:
    """One signature a name; an argument that differs between overloads shows its types."""
    overloads = defaultdict(list)
    for name, arguments, result, is_set in conn.execute(FUNCTIONS):
        overloads[name].append((arguments or [], result, is_set))
    written = {}
    for name, variants in overloads.items():
        given, returned = [], []
        for position, (argument, _, mode, default) in enumerate(variants[0][0]):
            types = sorted({variant[0][position][1] for variant in variants}, key=len)
            text = f"{argument} {' | '.join(types)}"
            if mode == "i":
                given.append(text + (f" DEFAULT {default.split('::')[0]}" if default else ""))
            else:
                returned.append(text)
        _, result, is_set = variants[0]
        call = f"coord.{name}({', '.join(given)})"
        if len(call) > 100:
            call = f"coord.{name}(\n    " + ",\n    ".join(given) + "\n)"
        answer = f"({', '.join(returned)})" if returned else result
        written[name] = f"{call}\n→ {'set of ' if is_set else ''}{answer}\n"
    return written


def test_every_public_function_is_described(conn: psycopg.Connection[Any]) -> None:
    expected = signatures(conn)
    text = REFERENCE.read_text()
    if os.environ.get("UPDATE_TRANSCRIPTS"):
        text = SECTION.sub(
            lambda found: (
                f"### `coord.{found[1]}`\n\n```sql\n{expected.get(found[1], found[2])}```"
            ),
            text,
        )
        REFERENCE.write_text(text)
    described = dict(SECTION.findall(text))
    assert described == expected


def test_every_error_is_described(conn: psycopg.Connection[Any]) -> None:
    text = REFERENCE.read_text()
    sources = conn.execute(
        "SELECT string_agg(p.prosrc, ' ') FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang"
        " WHERE p.pronamespace = 'coord'::regnamespace AND l.lanname = 'plpgsql'"
    ).fetchone()
    assert sources is not None
    raised = set(re.findall(r"'(IC\d{3}|22023|22004|42501|54000|55P03)'", sources[0]))
    assert raised, "no SQLSTATE found in the functions: has the way to raise changed?"
    assert {code for code in raised if f"`{code}`" not in text} == set()
