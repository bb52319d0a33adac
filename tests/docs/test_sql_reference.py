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
import pytest

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


# -- examples and errors --------------------------------------------------------------------------


def sections() -> dict[str, str]:
    """What the page says of each function, behind its signature."""
    text = REFERENCE.read_text(encoding="utf-8")
    heads = [*SECTION.finditer(text)]
    ends = [re.compile(r"^##", re.MULTILINE).search(text, head.end()) for head in heads]
    return {
        head[1]: text[head.end() : end.start() if end else len(text)]
        for head, end in zip(heads, ends, strict=True)
    }


@pytest.mark.parametrize("name", sections())
def test_a_function_has_words_an_example_and_its_errors(name: str) -> None:
    text = sections()[name]
    examples = "".join(re.findall(r"^```psql\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    # that psql answers so is tested with the other transcripts
    assert any(f"coord.{name}(" in line for line in examples.splitlines() if line[:3] == "=> ")
    prose = re.sub(r"^```psql\n(.*?)^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert len(prose.split()) > 5
    assert "aise" in prose


def errors_of(name: str) -> set[str]:
    """The SQLSTATEs that its section names, and those of the functions that it refers to."""
    text = sections()[name]
    raised = set(re.findall(r"`(IC\d{3}|\d[0-9A-Z]{4})`", text))
    for other in re.findall(r"what `coord\.(\w+)` does", text):
        raised |= errors_of(other)
    return raised | (errors_of("register_intent") if "what registering does" in text else set())


UNKNOWN = "'00000000-0000-4000-8000-000000000000'"


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("footprint('ALTER TABEL t')", "42601"),
        ("footprint('')", "22023"),
        ("footprint(NULL::text)", "22004"),
        ("compare_changes('CREATE TABLE t ()', NULL)", "22004"),
        ("check_intent('a', 'f', 'ALTER TABEL t')", "42601"),
        ("register_intent('a', 'f', repeat('SELECT 1;', 200000))", "54000"),
        ("register_intent('', 'f', 'CREATE TABLE t ()')", "22023"),
        ("register_intent('b', 'f', 'DROP TABLE t', refuse_on => 'error')", "IC004"),
        (f"amend_intent({UNKNOWN}, 'CREATE TABLE t ()')", "IC001"),
        ("allocate_branch(NULL)", "22004"),
        ("allocate_branch('')", "22023"),
        (f"mark_in_progress({UNKNOWN})", "IC001"),
        ("mark_in_progress(blocked)", "IC004"),
        ("mark_completed(open)", "IC002"),
        ("mark_merged(open)", "IC002"),
        ("mark_abandoned(ended)", "IC002"),
        ("move_intent(open, 'completed')", "IC002"),
        (f"recheck({UNKNOWN})", "IC001"),
        ("recheck(ended)", "IC002"),
        (f"heartbeat({UNKNOWN})", "IC001"),
        ("heartbeat(ended)", "IC002"),
        ("amend_intent(ended, 'CREATE TABLE t ()')", "IC002"),
        ("stale_intents(NULL)", "22004"),
        ("stale_intents('-1 day')", "22023"),
        ("abandon_stale('1 day', NULL)", "22004"),
        ("abandon_stale('1 day', '')", "22023"),
        (f"merge_order(ARRAY[{UNKNOWN}]::uuid[])", "IC001"),
        (f"conflicts_of({UNKNOWN})", "IC001"),
        ("conflicts_of(NULL)", "22004"),
        ("resolve_conflict(404, 'x')", "IC005"),
        ("resolve_conflict(1, '')", "22023"),
        ("resolve_conflict(1, NULL)", "22004"),
        ("ignore('why')", "22004"),
        ("ignore('', 'table')", "22023"),
        ("unignore(404)", "22023"),
        ("verify_history('x')", "22023"),
        ("bind_agent('a', 'no_such_role')", "42704"),
        ("import_registry('nowhere')", "42P01"),
    ],
)
def test_errors_are_those_that_the_page_names(
    conn: psycopg.Connection[Any], call: str, code: str
) -> None:
    add = "SELECT intent_id FROM coord.register_intent(%s::text, %s::text, %s::text)"
    ids = {}
    for name, plan in (
        ("open", "CREATE TABLE t ()"),
        ("blocked", "DROP TABLE t CASCADE"),
        ("ended", "CREATE TABLE u ()"),
    ):
        [[ids[name]]] = conn.execute(add, (name, name, plan)).fetchall()
    conn.execute("SELECT coord.mark_abandoned(%s)", (ids["ended"],))
    for name, value in ids.items():
        call = call.replace(f"({name}", f"('{value}'")
    with pytest.raises(psycopg.Error) as caught:
        conn.execute(f"SELECT * FROM coord.{call}".encode())
    assert caught.value.sqlstate == code, caught.value
    assert caught.value.diag.message_hint
    assert code in errors_of(call.partition("(")[0])
