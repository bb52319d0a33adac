"""Hostile shapes of statements, to be grown to any length, and checks of the generator itself.

A shape is a text with one part that repeats. Chains grow the parse tree to the left, as deep as
they are long, and are what overflows an ordinary stack; nested shapes grow to the right, and the
grammar itself stops them; wide shapes cost time and memory. The same chains are put into every
place of the grammar that takes an expression or a query, since each takes another way through
the parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Shape(NamedTuple):
    name: str
    head: str
    unit: str
    tail: str
    middle: str = ""
    closing: str = ""

    def of_length(self, length: int) -> str:
        """Return the text with as many repetitions as make it about ``length`` long."""
        fixed = len(self.head) + len(self.middle) + len(self.tail)
        count = max(1, (length - fixed) // max(1, len(self.unit) + len(self.closing)))
        return "".join((self.head, self.unit * count, self.middle, self.closing * count, self.tail))


EXPRESSION_CHAINS = {
    "plus": ("1", "+1"),
    "minus": ("1", " - 1"),
    "custom operator": ("1", " <-> 1"),
    "json arrow": ("a", "->'b'"),
    "concatenation": ("'a'", "||'a'"),
    "and": ("a", " AND a"),
    "or": ("a", " OR a"),
    "type cast": ("1", "::int"),
    "at time zone": ("a", " AT TIME ZONE 'UTC'"),
    "collate": ("a", ' COLLATE "C"'),
    "like escape": ("a", " OR a LIKE 'a' ESCAPE 'b'"),
    "is null": ("a", " IS NULL"),
    "subscript": ("a", "[1]"),
    "field": ("(a)", ".b"),
    "between": ("a", " AND a BETWEEN 1 AND 2"),
    "in list": ("a", " OR a IN (1)"),
    "operator any": ("a", " = ANY (b) + a"),
    "qualified operator": ("1", " OPERATOR(pg_catalog.+) 1"),
}

EXPRESSION_PLACES = {
    "select list": ("SELECT ", ""),
    "where": ("SELECT 1 FROM t WHERE ", ""),
    "check": ("CREATE TABLE t (a int, CHECK (", "))"),
    "default": ("CREATE TABLE t (a int DEFAULT (", "))"),
    "generated": ("CREATE TABLE t (a int GENERATED ALWAYS AS (", ") STORED)"),
    "index expression": ("CREATE INDEX ON t ((", "))"),
    "index predicate": ("CREATE INDEX ON t (a) WHERE ", ""),
    "partition bound": ("CREATE TABLE p PARTITION OF t FOR VALUES FROM (", ") TO (9)"),
    "partition key": ("CREATE TABLE t (a int) PARTITION BY RANGE ((", "))"),
    "function default": ("CREATE FUNCTION f(a int DEFAULT ", ") RETURNS int LANGUAGE sql AS ''"),
    "function return": ("CREATE FUNCTION f(a int) RETURNS int RETURN ", ""),
    "function body": (
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT ",
        "; END",
    ),
    "alter type using": ("ALTER TABLE t ALTER a TYPE text USING ", ""),
    "domain check": ("CREATE DOMAIN d AS int CHECK (", ")"),
    "policy": ("CREATE POLICY p ON t USING (", ")"),
    "trigger when": ("CREATE TRIGGER g BEFORE UPDATE ON t WHEN (", ") EXECUTE FUNCTION f()"),
    "rule": ("CREATE RULE r AS ON INSERT TO t WHERE ", " DO INSTEAD NOTHING"),
    "statistics": ("CREATE STATISTICS s ON (", "), b FROM t"),
    "view": ("CREATE VIEW v AS SELECT ", ""),
    "create table as": ("CREATE TABLE c AS SELECT ", ""),
    "update": ("UPDATE t SET a = ", ""),
}

QUERY_CHAINS = {
    "union": ("SELECT 1", " UNION SELECT 1"),
    "union all": ("SELECT 1", " UNION ALL SELECT 1"),
    "intersect": ("SELECT 1", " INTERSECT SELECT 1"),
    "except": ("SELECT 1", " EXCEPT SELECT 1"),
    "join": ("SELECT 1 FROM a", " JOIN b ON true"),
    "cross join": ("SELECT 1 FROM a", " CROSS JOIN b"),
    "natural join": ("SELECT 1 FROM a", " NATURAL JOIN b"),
}

QUERY_PLACES = {
    "query": ("", ""),
    "view": ("CREATE VIEW v AS ", ""),
    "create table as": ("CREATE TABLE c AS ", ""),
    "rule": ("CREATE RULE r AS ON SELECT TO t DO INSTEAD ", ""),
    "insert": ("INSERT INTO t ", ""),
    "cte": ("WITH w AS (", ") SELECT 1 FROM w"),
    "function body": (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC ",
        "; END",
    ),
}

NESTED = (
    Shape("parentheses", "SELECT ", "(", "", "1", ")"),
    Shape("not", "SELECT ", "NOT ", "", "true"),
    Shape("unary minus", "SELECT ", "- ", "", "1"),
    Shape("case", "SELECT ", "CASE WHEN true THEN ", "", "1", " END"),
    Shape("subselect", "SELECT ", "(SELECT ", "", "1", ")"),
    Shape("subselect in from", "", "SELECT 1 FROM (", "", "SELECT 1", ") s"),
    Shape("exists", "SELECT 1 WHERE ", "EXISTS (SELECT 1 WHERE ", "", "true", ")"),
    Shape("function calls", "SELECT ", "f(", "", "1", ")"),
    Shape("coalesce", "SELECT ", "coalesce(", "", "1", ")"),
    Shape("arrays", "SELECT ARRAY", "[", "", "1", "]"),
    Shape("rows", "SELECT ", "ROW(", "", "1", ")"),
    Shape("right power", "SELECT 1", " + (1", "", "", ")"),
    Shape("casts", "SELECT ", "CAST(", "", "1", " AS int)"),
    Shape("joins to the right", "SELECT 1 FROM ", "a JOIN (", "", "a JOIN b ON true", ") ON true"),
    Shape("nested ctes", "", "WITH w AS (", "", "SELECT 1", ") SELECT 1"),
    Shape("nested unions", "", "(", "", "SELECT 1", " UNION SELECT 1)"),
    Shape(
        "atomic bodies",
        "",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC ",
        "",
        "SELECT 1;",
        " END;",
    ),
    Shape("nested comments", "", "/*", "SELECT 1", "", "*/"),
    Shape("open parentheses", "SELECT ", "(", ""),
    Shape("open brackets", "SELECT a", "[a", ""),
    Shape("open cases", "SELECT ", "CASE WHEN ", ""),
    Shape("open comments", "", "/*", ""),
    Shape("open bodies", "", "CREATE FUNCTION f() BEGIN ATOMIC ", ""),
)

WIDE = (
    Shape("select list", "SELECT 1", ",1", ""),
    Shape("named select list", "SELECT a", ",a AS b", ""),
    Shape("values", "INSERT INTO t VALUES (1)", ",(1)", ""),
    Shape("in values", "SELECT 1 WHERE a IN (1", ",1", ")"),
    Shape("from list", "SELECT 1 FROM a", ",a", ""),
    Shape("columns", "CREATE TABLE t (a int", ",a int", ")"),
    Shape("columns of types", "CREATE TABLE t (a int", ",a s.t(1)[] NOT NULL", ")"),
    Shape("subcommands", "ALTER TABLE t ADD a int", ",ADD a int", ""),
    Shape("enum labels", "CREATE TYPE e AS ENUM ('a'", ",'a'", ")"),
    Shape("grantees", "GRANT SELECT ON t TO a", ",a", ""),
    Shape("dropped", "DROP TABLE a", ",a", ""),
    Shape("qualified name", "SELECT a", ".a", ""),
    Shape("name of a table", "DROP TABLE a", ".a", ""),
    Shape("arguments", "SELECT f(1", ",1", ")"),
    Shape("parameters", "CREATE FUNCTION f(int", ",int", ") RETURNS int LANGUAGE sql AS ''"),
    Shape("array elements", "SELECT ARRAY[1", ",1", "]"),
    Shape("array bounds", "SELECT 1::int", "[]", ""),
    Shape("ctes", "WITH a AS (SELECT 1)", ",a AS (SELECT 1)", " SELECT 1"),
    Shape("case arms", "SELECT CASE", " WHEN true THEN 1", " END"),
    Shape("order by", "SELECT 1 ORDER BY 1", ",1", ""),
    Shape("grouping sets", "SELECT 1 GROUP BY GROUPING SETS ((a)", ",(a)", ")"),
    Shape("window", "SELECT 1 FROM t WINDOW w AS ()", ",w AS ()", ""),
    Shape("xml attributes", "SELECT xmlforest(1 AS a", ",1 AS a", ")"),
    Shape("options", "CREATE FOREIGN TABLE t (a int) SERVER s OPTIONS (a '1'", ",a '1'", ")"),
    Shape("role options", "CREATE ROLE r", " LOGIN", ""),
    Shape("sequence options", "CREATE SEQUENCE s", " CACHE 1", ""),
    Shape("copy options", "COPY t FROM 'f' (a 1", ",a 1", ")"),
    Shape("constraint marks", "CREATE TABLE t (a int", " NOT NULL", ")"),
    Shape("schema elements", "CREATE SCHEMA s", " CREATE TABLE t (a int)", ""),
    Shape("rule actions", "CREATE RULE r AS ON INSERT TO t DO (SELECT 1", ";SELECT 1", ")"),
    Shape(
        "atomic statements",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC ",
        "SELECT 1;",
        " END",
    ),
    Shape("merge arms", "MERGE INTO t USING s ON true", " WHEN MATCHED THEN DELETE", ""),
)

FLAT = (
    Shape("semicolons", "SELECT 1", ";", ""),
    Shape("statements", "SELECT 1", ";SELECT 1", ""),
    Shape("shortest statements", "END", ";END", ""),
    Shape("ordinary migration", "SELECT 1", ";\nALTER TABLE s.t ADD COLUMN a int DEFAULT 1", ""),
    Shape("white space", "SELECT 1", " ", ""),
    Shape("lines", "SELECT 1", "\n", ";"),
    Shape("comments", "SELECT 1", "--\n", ""),
    Shape("block comments", "SELECT 1", "/**/", ""),
    Shape("string", "SELECT '", "a", "'"),
    Shape("doubled quotes", "SELECT '", "''", "'"),
    Shape("escapes", "SELECT E'", "\\n", "'"),
    Shape("unicode escapes", "SELECT U&'", "\\00e9", "'"),
    Shape("continued strings", "SELECT 'a'", "\n'a'", ""),
    Shape("dollar quotes", "SELECT $$", "$a$", "$$"),
    Shape("dollar tag", "SELECT $", "a", "$$"),
    Shape("identifier", "SELECT ", "a", ""),
    Shape("quoted identifier", 'SELECT "', "a", '"'),
    Shape("number", "SELECT ", "1", ""),
    Shape("operator", "SELECT 1 ", "+", " 1"),
    Shape("bit string", "SELECT B'", "1", "'"),
    Shape("open string", "SELECT '", "a", ""),
    Shape("open dollar", "SELECT $$", "a", ""),
    Shape("open identifier", 'SELECT "', "a", ""),
    Shape("letters outside ascii", "SELECT '", "\u00e9", "'"),
    Shape("nodes and letters outside ascii", "SELECT 'a'", ",'\u00e9'", ""),
    Shape("pictures", "SELECT '", "\U0001f600", "'"),
    Shape("combining marks", "SELECT 'a", "\u0301", "'"),
    Shape("array literal", "{", "a,", "a}"),
    Shape("quoted array literal", "{", '"SELECT 1",', '"SELECT 1"}'),
    Shape("open array literals", "", "{", ""),
    Shape("closed array literals", "{", "},{", "}"),
    Shape("backslashes", "", "\\", ""),
    Shape("garbage", "", "\u00e9\x01$'(", ""),
    Shape("copy data", "COPY t FROM stdin;\n", "1\t2\n", "\\.\n"),
    Shape(
        "body",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ",
        "PERFORM 1;",
        " END $$",
    ),
    Shape(
        "nested body",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN ",
        "IF true THEN ",
        " END $$",
        "PERFORM 1;",
        " END IF;",
    ),
    Shape(
        "nested blocks",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ ",
        "BEGIN ",
        " $$",
        "PERFORM 1;",
        " END;",
    ),
    Shape(
        "chain in a body",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM 1",
        "+1",
        "; END $$",
    ),
    Shape("do block", "DO $$ BEGIN PERFORM 1", "+1", "; END $$"),
    Shape("sql body", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1", "+1", " $$"),
)


def _chains() -> Iterator[Shape]:
    for chain, (start, unit) in EXPRESSION_CHAINS.items():
        places = EXPRESSION_PLACES if chain == "plus" else {"select list": ("SELECT ", "")}
        for place, (head, tail) in places.items():
            yield Shape(f"{chain} in {place}", head + start, unit, tail)
    for chain, (start, unit) in QUERY_CHAINS.items():
        for place, (head, tail) in QUERY_PLACES.items():
            yield Shape(f"{chain} in {place}", head + start, unit, tail)


CHAINS = tuple(_chains())
ALL = CHAINS + NESTED + WIDE + FLAT
