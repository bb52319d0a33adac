"""Properties of splitting, positions, ASCII forms and array literals, over generated changes."""

from __future__ import annotations

from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from coord_detector import loader, safe_parser, script
from coord_detector.array_literal import parse_array_literal
from coord_detector.ascii_text import mask
from coord_detector.script import ScriptError, parse_changes

STATEMENTS = [
    "SELECT 1",
    "ALTER TABLE t ADD COLUMN c int DEFAULT 1",
    'ALTER TABLE "é;" ADD COLUMN "--" text DEFAULT \';\'',
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; SELECT 'ü' $$",
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END",
    "CREATE FUNCTION g() RETURNS int LANGUAGE sql BEGIN ATOMIC "
    "SELECT CASE WHEN a THEN 1 ELSE 2 END; END",
    "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
    "COMMENT ON TABLE t IS E'it\\'s; a\\\\'",
    "DO $x$ BEGIN PERFORM 1; END $x$",
    "BEGIN",
    "END",
    "SELECT begin, atomic FROM atomic",
    "SELECT 1 /* ; -- */ + 2",
    "SELECT 1 -- ;\n + 2",
    "DROP TABLE \u8868, \U0001f600",
    "SELECT U&'\\00e9', $é$;$é$",
    "VALUES (1), (2)",
]
SEPARATORS = [";", " ; ", ";\n", ";;", ";-- ; é\n", "; /* ; /* ' */ ü */ ", "\n;\t"]
EDGES = ["", " ", "\n\n", "-- ' first\n", "/* $$ */", ";", "\t;"]

scripts = st.tuples(
    st.sampled_from(EDGES),
    st.lists(st.tuples(st.sampled_from(STATEMENTS), st.sampled_from(SEPARATORS)), min_size=1),
    st.sampled_from(EDGES),
)


def longwards() -> mock._patch[int]:
    """Take the way of long scripts: cut by the scanner before anything is parsed."""
    return mock.patch.object(script, "DIRECT_BYTES", 0)


def outcome(changes: str) -> object:
    try:
        return [(one.no, one.text, one.node) for one in parse_changes(changes)]
    except ScriptError as error:
        return (error.sqlstate, error.message, error.detail, error.hint)


@given(scripts)
def test_joined_statements_come_apart_again(
    given_script: tuple[str, list[tuple[str, str]], str],
) -> None:
    before, parts, after = given_script
    text = before + "".join(statement + separator for statement, separator in parts) + after
    expected = [statement for statement, _ in parts]
    assert [one.text for one in parse_changes(text)] == expected
    with longwards():
        statements = parse_changes(text)
    assert [one.text for one in statements] == expected
    assert [one.no for one in statements] == list(range(1, len(expected) + 1))
    for statement in statements:
        (alone,) = parse_changes(statement.text)
        assert alone.node == statement.node
        assert alone.text == statement.text


FRAGMENTS = st.sampled_from(
    [
        *STATEMENTS,
        *SEPARATORS,
        *EDGES,
        *"'\"$();:\\.,é",
        "$$",
        "$a$",
        "$é$",
        "E'",
        "U&'",
        "/*",
        "*/",
        "--",
        "BEGIN ATOMIC ",
        "END",
        "CASE ",
        "SELECT ",
        "FROM ",
        "COPY t FROM stdin;\n",
        "\\i x\n",
        ":x",
        "AS end ",
        "\u0301",
        "CREATE FUNCTION f() RETURNS int ",
    ]
)


@given(st.lists(FRAGMENTS, max_size=12).map(" ".join))
@example("SELECT begin atomic FROM t; SELECT 1; SELECT 2")
@example("SELECT 1; 'a' ; é ; SELECT")
def test_long_and_short_scripts_are_treated_alike(text: str) -> None:
    short = outcome(text)
    with longwards():
        long = outcome(text)
    assert long == short


@given(scripts, st.integers(0, 400))
def test_an_error_points_at_the_offending_word(
    given_script: tuple[str, list[tuple[str, str]], str], at: int
) -> None:
    before, parts, _ = given_script
    at %= len(parts)
    head = before + "".join(statement + separator for statement, separator in parts[:at])
    tail = "".join(separator + statement for statement, separator in parts[at:])
    for changes in (f"{head}SELEKT 1{tail}", f"{head}DROP TABLE 'é' SELEKT{tail}"):
        index = len(head) + (0 if changes[len(head) :].startswith("SELEKT") else 11)
        line = changes.count("\n", 0, index) + 1
        column = index - (changes.rfind("\n", 0, index) + 1) + 1
        with pytest.raises(ScriptError) as caught:
            parse_changes(changes)
        assert caught.value.sqlstate == "42601"
        first, excerpt, caret = caught.value.detail.split("\n")
        assert first == f"statement {at + 1}, line {line}, column {column}:"
        assert caret.strip() == "^"
        assert excerpt.strip()


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(
    st.lists(
        st.one_of(
            words.map(lambda word: "'" + word.replace("'", "''") + "'"),
            words.map(lambda word: 'SELECT "' + word.replace('"', '""') + '"'),
            words.map(lambda word: "E'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"),
            words.filter(lambda word: "$" not in word).map(lambda word: f"$a$ {word} $a$"),
            words.map(lambda word: "-- " + word.replace("\n", "").replace("\r", "") + "\n"),
            st.sampled_from(["é", "Éa", ",", "a", "+", "SELECT ", ";", " ", "\n", "'é'\n'ü'", "N"]),
        ),
        max_size=8,
    ).map("".join)
)
@example("SELECT 'é',é\"é\"")
def test_the_ascii_form_is_equivalent(text: str) -> None:
    def parsed() -> object:
        try:
            return safe_parser.parse_sql(text)
        except safe_parser.Unparsable as error:
            return (error.message, error.index)

    expected = parsed()
    with mock.patch.object(safe_parser, "_SLOW_PRODUCT", -1):
        assert parsed() == expected


@given(words, words, words)
def test_the_mask_has_the_same_tokens(one: str, two: str, three: str) -> None:
    text = f"{one} '{two.replace(chr(39), '')}' {three}"

    def tokens(found: list[object]) -> list[tuple[str, str]]:
        return [(token.name, token.kind) for token in found]  # type: ignore[attr-defined]

    parser = loader.pglast().parser
    masked = mask(text.encode())
    if masked is None:
        return
    try:
        expected = tokens(parser.scan(text))
    except parser.ParseError:
        with pytest.raises(parser.ParseError):
            parser.scan(masked)
        return
    assert tokens(parser.scan(masked)) == expected


def as_literal(elements: list[str | None]) -> str:
    def quoted(element: str | None) -> str:
        if element is None:
            return "NULL"
        return '"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"'

    return "{" + ",".join(map(quoted, elements)) + "}"


@given(st.lists(st.one_of(st.none(), words)))
def test_array_literals_give_their_elements_back(elements: list[str | None]) -> None:
    assert parse_array_literal(as_literal(elements)) == elements


@given(st.text('{}",\\ abNUL\n', max_size=30).map(lambda text: "{" + text))
def test_any_array_literal_is_read_or_refused(text: str) -> None:
    try:
        elements = parse_array_literal(text)
    except ScriptError as error:
        assert error.sqlstate == "22P02"  # noqa: PT017
    else:
        assert parse_array_literal(as_literal(elements)) == elements


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    short = outcome(text)
    with longwards():
        assert outcome(text) == short
