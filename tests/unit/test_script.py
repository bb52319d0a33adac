"""Changes -> statements: splitting, texts, numbers, errors and limits."""

from __future__ import annotations

import pytest

from coord_detector import script
from coord_detector.script import Limits, ScriptError, Statement, parse_changes
from tests import hostile_shapes

LONG = "SELECT 'padding';\n" * 300
"""Makes a script longer than what is parsed directly."""


def texts(changes: str | list[str]) -> list[str]:
    return [statement.text for statement in parse_changes(changes)]


def kinds(statements: list[Statement]) -> list[str]:
    return [type(statement.node).__name__ for statement in statements]


def failure(changes: object, limits: Limits = script.DEFAULT) -> ScriptError:
    with pytest.raises(ScriptError) as caught:
        parse_changes(changes, limits)  # type: ignore[arg-type]
    assert caught.value.hint, "every error says what to do next"
    assert "\N{HORIZONTAL ELLIPSIS}" not in "".join(map(str, caught.value.args))
    return caught.value


# -- statements -------------------------------------------------------------------------------


def test_a_script_is_split_by_the_parser() -> None:
    statements = parse_changes(
        """
        CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; END; $$;
        COMMENT ON TABLE t IS 'a; b -- c'; -- DROP TABLE x;
        /* DROP TABLE y; */ CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2);;
        DROP TABLE "z;z"
        """
    )
    assert kinds(statements) == ["CreateFunctionStmt", "CommentStmt", "RuleStmt", "DropStmt"]
    assert [statement.no for statement in statements] == [1, 2, 3, 4]


@pytest.mark.parametrize("padding", ["", LONG])
def test_the_text_of_a_statement_is_its_slice_without_surroundings(padding: str) -> None:
    given = (
        "  -- before\n/* too */ SELECT 1 -- inside\n + 2 /* after */ -- and more\n;\n"
        "SELECT '--' /* /* nested */ */;SELECT 'é', \"à;\" -- ü\n ; DROP TABLE \"--\" ;"
        "SELECT 3 --last"
    )
    assert texts(padding + given)[padding.count(";") :] == [
        "SELECT 1 -- inside\n + 2",
        "SELECT '--'",
        "SELECT 'é', \"à;\"",
        'DROP TABLE "--"',
        "SELECT 3",
    ]


def test_numbers_count_through_all_elements() -> None:
    statements = parse_changes(["SELECT 1; SELECT 2", "-- nothing", "", "SELECT 3"])
    assert [(one.no, one.text) for one in statements] == [
        (1, "SELECT 1"),
        (2, "SELECT 2"),
        (3, "SELECT 3"),
    ]


def test_elements_of_nested_lists_are_taken_in_order() -> None:
    assert texts([["SELECT 1", "SELECT 2"], ["SELECT 3", "SELECT 4"]]) == [  # type: ignore[list-item]
        "SELECT 1",
        "SELECT 2",
        "SELECT 3",
        "SELECT 4",
    ]


ATOMIC = (
    "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC "
    "SELECT CASE WHEN true THEN 1 END AS end; SELECT t.end, 2 FROM t; END"
)
NESTED_ATOMIC = (
    "CREATE PROCEDURE p() BEGIN ATOMIC CREATE FUNCTION g() RETURNS int BEGIN ATOMIC "
    "SELECT 1; END; SELECT 2; END"
)


@pytest.mark.parametrize("padding", ["", LONG])
def test_a_body_of_statements_is_one_statement(padding: str) -> None:
    given = [ATOMIC, NESTED_ATOMIC, "BEGIN", "SELECT 'atomic'", "END", "DROP TABLE atomic"]
    before = padding.count(";")
    assert texts(padding + ";\n".join(given))[before:] == given
    error = failure(padding + ";\n".join([*given, "DROP TABL x"]))
    assert error.detail.startswith(f"statement {before + 7}, line {padding.count(chr(10)) + 7}, ")


def test_long_statements_among_short_ones() -> None:
    given = ["SELECT 1", "SELECT 1" + "+1" * 50_000, "SELECT 2", "CREATE TABLE é (a int)"]
    assert texts(";".join(given)) == given
    assert texts(given) == given


def test_every_byte_of_a_long_script_is_seen() -> None:
    # The scanner leaves out what contains no keyword.
    for garbage in ("x", "1", "x y", "'a'", "é"):
        assert failure(LONG + garbage).message.startswith("syntax error at or near")
        assert failure(LONG + garbage + ";" + LONG).sqlstate == "42601"
        assert failure(garbage + ";" + LONG).detail.startswith("statement 1, line 1, column 1:")


# -- array literals ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("literal", "elements"),
    [
        ("{SELECT 1}", ["SELECT 1"]),
        (' { "SELECT 1; SELECT 2" , SELECT 3 } ', ["SELECT 1", "SELECT 2", "SELECT 3"]),
        (r'{"SELECT \"a\\b\"", SELECT \"c\" }', [r'SELECT "a\b"', 'SELECT "c"']),
        ("{{SELECT 1,SELECT 2},{SELECT 3,SELECT 4}}", [f"SELECT {n}" for n in (1, 2, 3, 4)]),
        ("{\"SELECT '{a,b}'\"}", ["SELECT '{a,b}'"]),
    ],
)
def test_an_array_literal_is_a_list(literal: str, elements: list[str]) -> None:
    assert texts(literal) == elements


@pytest.mark.parametrize(
    "literal",
    [
        "{",
        "{SELECT 1",
        '{"SELECT 1',
        "{SELECT 1}}",
        "{SELECT 1} x",
        "{SELECT 1,}",
        "{,SELECT 1}",
        '{SELECT "a"}',
        '{"SELECT 1"x}',
        "{{SELECT 1},{SELECT 2,SELECT 3}}",
        "{{SELECT 1},SELECT 2}",
        "{SELECT 1,{SELECT 2}}",
        "{{{{{{{SELECT 1}}}}}}}",
        "{SELECT 1\\",
    ],
)
def test_a_malformed_array_literal_is_refused(literal: str) -> None:
    assert failure(literal).sqlstate == "22P02"


@pytest.mark.parametrize(
    "changes", [None, [None], ["SELECT 1", None], "{NULL}", "{SELECT 1,null}", [["SELECT 1", None]]]
)
def test_null_is_refused(changes: object) -> None:
    assert failure(changes).sqlstate == "22004"


def test_null_that_is_quoted_or_escaped_is_a_text() -> None:
    for literal in ('{"NULL"}', r"{\NULL}"):
        assert failure(literal).message == 'syntax error at or near "NULL"'


# -- errors -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes", ["", " \n", "-- only", "/* only */;;", [], ["", "--"], "{}", "{{},{}}", '{""}']
)
def test_changes_without_a_statement_are_refused(changes: object) -> None:
    error = failure(changes)
    assert error.sqlstate == "22023"
    assert error.message == "schema changes contain no statement"


@pytest.mark.parametrize("padding", ["", LONG])
def test_a_syntax_error_says_where(padding: str) -> None:
    error = failure(padding + "SELECT 'é\n1';\nALTER TABLE ü\tADD COLUMN ;\nSELECT 2")
    assert error.sqlstate == "42601"
    assert error.message == 'syntax error at or near ";"'
    lines = padding.count("\n")
    assert error.detail == (
        f"statement {lines + 2}, line {lines + 3}, column 26:\n"
        "ALTER TABLE ü\tADD COLUMN ;\n"
        "             \t           ^"
    )


def test_an_error_names_the_element() -> None:
    error = failure(["SELECT 1; SELECT 2", "SELECT 3;\n SELEC 4"])
    assert error.detail == "statement 4 (element 2), line 2, column 2:\n SELEC 4\n ^"


@pytest.mark.parametrize("padding", ["", LONG])
def test_an_error_at_the_end_points_behind_the_last_word(padding: str) -> None:
    error = failure(padding + "ALTER TABLE t  \n\n")
    assert error.message == "syntax error at end of input"
    assert error.detail.endswith(", column 14:\nALTER TABLE t\n             ^")


def test_wide_and_combining_characters_keep_the_caret_in_place() -> None:
    error = failure("SELECT '\u8868', 'e\u0301' FRM t x")
    assert error.detail.split("\n")[1:] == [
        "SELECT '\u8868', 'e\u0301' FRM t x",
        " " * len("SELECT 'xx', 'e' FRM ") + "^",
    ]


def test_control_characters_do_not_reach_a_terminal() -> None:
    assert "\x1b" not in failure("SELECT '\x1b[31m' FROM FROM").detail
    assert failure("SELECT 1\r\n FRM x y\r\n").detail.split("\n")[1] == " FRM x y"


def test_long_lines_are_cut_around_the_caret() -> None:
    error = failure("SELECT " + "a, " * 5000 + "FROM FROM " + "b " * 5000)
    excerpt, caret = error.detail.split("\n")[1:]
    assert len(excerpt) < 120
    assert excerpt.startswith("...")
    assert excerpt.endswith("...")
    assert excerpt[caret.index("^") :].startswith("FROM")
    assert len(failure("SELECT '" + "x" * 100_000).message) < 300


@pytest.mark.parametrize("padding", ["", LONG])
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("\\i other.sql", 'psql meta-command "\\i" is not SQL'),
        ("SELECT 1;\n\\set x 1\nSELECT 2", 'psql meta-command "\\set" is not SQL'),
        ("\\copy t FROM 'f'", 'psql meta-command "\\copy" is not SQL'),
        ("SELECT 1 \\gexec", 'psql meta-command "\\gexec" is not SQL'),
        ("ALTER TABLE :name ADD a int", "psql variables are not SQL"),
        ("SELECT :'name'", "psql variables are not SQL"),
        ('DROP TABLE :"name"', "psql variables are not SQL"),
        ("COPY t FROM stdin;\n1\tx\n\\.\n", "data of COPY"),
        ("COPY t (a) FROM STDIN WITH (FORMAT csv);\nx,y\n\\.\nSELECT 1;", "data of COPY"),
        ("COPY t FROM stdin;\n\\.\n", 'psql meta-command "\\." is not SQL'),
    ],
)
def test_what_only_psql_understands_is_named(padding: str, given: str, message: str) -> None:
    error = failure(padding + given)
    assert error.sqlstate == "42601"
    assert message in error.message


def test_other_errors_are_not_blamed_on_psql() -> None:
    for given in ("SELECT a[1:] b c d", "SELECT U&'\\zzzz'", "SELECT 1::", "COPY t TO stdout; x"):
        assert "psql" not in failure(given).message
        assert "COPY" not in failure(given).message


@pytest.mark.parametrize("padding", ["", LONG])
def test_the_scanners_errors_say_where(padding: str) -> None:
    lines = padding.count("\n")
    error = failure(padding + "SELECT 1;\nSELECT 'é', 'à")
    assert error.message == 'unterminated quoted string at or near "\'à"'
    assert error.detail.startswith(f"statement {lines + 2}, line {lines + 2}, column 13:")
    error = failure(padding + "SELECT 'é';\nSELECT U&'é\\zzz'")
    assert error.message.startswith("invalid Unicode escape")
    assert error.detail.startswith(f"statement {lines + 2}, line {lines + 2}, column ")


def test_the_first_of_two_errors_is_reported() -> None:
    error = failure(LONG + "SELEC 1;\n" + LONG + "SELECT 'open")
    assert error.message == 'syntax error at or near "SELEC"'


@pytest.mark.parametrize("text", ["SELECT 1\0", "\0", LONG + "\0", "SELECT '\ud800'", "\udcff"])
def test_invalid_text_is_refused(text: str) -> None:
    assert failure(text).sqlstate == "22021"
    assert failure([text]).sqlstate == "22021"


# -- limits -----------------------------------------------------------------------------------


def test_the_length_of_all_changes_is_limited() -> None:
    for changes in ("SELECT 1;" * 20, ["SELECT 1;"] * 20, ["SELECT 'é';"] * 10):
        error = failure(changes, Limits(script_bytes=101))
        assert error.sqlstate == "54000"
        assert "101" in error.hint
        assert "max_script_bytes" in error.hint
    assert len(parse_changes("SELECT 1; " * 10, Limits(script_bytes=100))) == 10


def test_the_length_of_one_statement_is_limited() -> None:
    limits = Limits(statement_bytes=50)
    assert len(parse_changes("SELECT 1; " * 20, limits)) == 20
    for long in ("SELECT 1" + "+1" * 30, "SELECT '" + "é" * 30 + "'", ATOMIC):
        error = failure("SELECT 1;\n" * 3 + long + "; SELECT 2", limits)
        assert error.sqlstate == "54000"
        assert error.message == "statement 4 is too long"
        assert "begins in line 4" in error.detail
        assert "max_statement_bytes" in error.hint


def test_a_statement_that_never_ends_is_a_syntax_error() -> None:
    error = failure("CREATE TABLE t (a int;\n" + "ALTER TABLE t ADD b int;\n" * 20_000)
    assert (error.sqlstate, error.message) == ("42601", 'syntax error at or near ";"')
    assert error.detail.startswith("statement 1, line 1, column 22:")


def test_the_number_of_statements_is_limited() -> None:
    limits = Limits(statements=10)
    assert len(parse_changes(["SELECT 1"] * 10, limits)) == 10
    for changes in ("SELECT 1;" * 11, ["SELECT 1"] * 11, "SELECT 1;" * 2000):
        error = failure(changes, limits)
        assert error.sqlstate == "54000"
        assert "max_statements" in error.hint


def test_rows_of_operator_characters_are_limited() -> None:
    # The scanner takes quadratic time for them, 18 seconds for 200 kB.
    for shape in hostile_shapes.FLAT:
        if shape.name in ("block comments", "operator"):
            assert failure(shape.of_length(100_000)).sqlstate == "54000"
    assert texts("/*" + "*" * 900 + "*/ " + LONG)[0] == "SELECT 'padding'"


def test_interrupts_are_looked_for_between_statements() -> None:
    class Cancelled(Exception):
        pass

    calls = 0

    def interrupt() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Cancelled

    for changes in (LONG, ["SELECT 1"] * 10):
        calls = 0
        with pytest.raises(Cancelled):
            parse_changes(changes, interrupts=interrupt)
        assert calls == 3


def test_too_deep_a_walk_is_an_error_about_the_statement() -> None:
    error = script.too_deep()
    assert (error.sqlstate, bool(error.detail), bool(error.hint)) == ("54000", True, True)
