"""Array literals are read exactly as the server reads them."""

from __future__ import annotations

from typing import Any

import psycopg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from coord_detector.array_literal import parse_array_literal
from coord_detector.script_error import ScriptError

Connection = psycopg.Connection[Any]
shared = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


def server_reads(conn: Connection, literal: str) -> list[str | None] | str:
    try:
        row = conn.execute(
            "select array(select x from unnest(%s::text::text[]) with ordinality u (x, n)"
            " order by n)",
            (literal,),
        ).fetchone()
    except psycopg.Error as error:
        return error.sqlstate or repr(error)
    assert row is not None
    return list(row[0])


def we_read(literal: str) -> list[str | None] | str:
    try:
        return parse_array_literal(literal)
    except ScriptError as error:
        return error.sqlstate


@shared
@given(elements=st.lists(st.one_of(st.none(), texts, st.sampled_from(["NULL", "null", ""]))))
def test_what_the_server_writes_is_read_back(conn: Connection, elements: list[str | None]) -> None:
    row = conn.execute("select %s::text[]::text", (elements,)).fetchone()
    assert row is not None
    assert parse_array_literal(row[0]) == elements


@shared
@given(text=st.text('{}",\\ aNUL\n\t', max_size=14))
@example(text="}")
@example(text="{a},")
@example(text="}x")
@example(text='"a" ,b}')
@example(text="{},{}}")
@example(text="{a},{}}")
@example(text='"a"b}')
@example(text="a b , null , \\null, NU\\LL}")
@example(text=" a\\ , \\ b}")
@example(text="{{{{{{a}}}}}}}")
def test_any_literal_is_read_as_the_server_reads_it(conn: Connection, text: str) -> None:
    literal = "{" + text
    found, expected = we_read(literal), server_reads(conn, literal)
    if expected == "54000":  # too many dimensions
        assert found == "22P02"
    elif found == []:  # empty arrays inside of arrays: servers before 17 refuse them
        assert expected in ([], "22P02")
    else:
        assert found == expected
