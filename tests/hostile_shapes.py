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


def _in_block(
    name: str, unit: str, head: str = "", tail: str = "", middle: str = "", closing: str = ""
) -> Shape:
    return Shape(f"block: {name}", f"DO $$ BEGIN {head}", unit, f"{tail} END $$", middle, closing)


BODIES = (
    _in_block("assignments", "x=f;"),
    _in_block("assigned calls", "x=f();"),
    _in_block("assigned sums", "x:=y+1;"),
    _in_block("perform", "PERFORM f;"),
    _in_block("ifs", "IF a THEN END IF;"),
    _in_block("elsifs", " ELSIF a THEN NULL;", "IF a THEN NULL;", " END IF;"),
    _in_block("whens", " WHEN a THEN NULL;", "CASE b", " END CASE;"),
    _in_block("handlers", " WHEN a THEN NULL;", "NULL; EXCEPTION"),
    _in_block("nested cases", "CASE a WHEN 1 THEN ", "", "", "NULL;", " END CASE;"),
    _in_block("nested loops", "FOR x IN SELECT 1 LOOP ", "", "", "NULL;", " END LOOP;"),
    _in_block("nested ranges", "FOR i IN a..b LOOP ", "", "", "NULL;", " END LOOP;"),
    _in_block("nested labels", "<<a>> BEGIN ", "", "", "NULL;", " END;"),
    _in_block("labels", "<<a>>"),
    _in_block("targets of a loop", "a,", "FOR a", " IN SELECT 1 LOOP NULL; END LOOP;"),
    _in_block("open loops", "FOR a IN "),
    _in_block("open blocks", "BEGIN "),
    _in_block("ends", " END;"),
    _in_block("semicolons", ";"),
    _in_block("open parentheses", "(", "PERFORM f"),
    _in_block("subscripts", "a[f]:=1;"),
    _in_block("long subscript", "[a]", "x", ":=1;"),
    _in_block("nested subscripts", "a[", "x[", "]:=1;", "1", "]"),
    _in_block("open subscripts", "a[", "x["),
    _in_block("into", "SELECT a INTO b FROM c;"),
    _in_block("targets", ",a[1]", "SELECT a INTO b", " FROM c;"),
    _in_block("queries", "SELECT a FROM b;"),
    _in_block("updates", "UPDATE a SET b=c;"),
    _in_block("definitions", "ALTER TABLE a ADD b int;"),
    _in_block("temporary tables", "CREATE TEMP TABLE a (b int);"),
    _in_block("constant execute", "EXECUTE 'DROP TABLE a';"),
    _in_block("dynamic execute", "EXECUTE a;"),
    _in_block("long execute", "||'a'", "EXECUTE 'select 1'", ";"),
    _in_block("nested format", "format('%s%s',", "EXECUTE ", ";", "'a'", ",'b')"),
    _in_block("nested quotes", "quote_ident(", "EXECUTE ", ";", "'a\"'", ")"),
    _in_block("using", " USING a", "EXECUTE b", ";"),
    _in_block("raise", ",f", "RAISE NOTICE '%'", ";"),
    _in_block("open cursors", ",a", "OPEN c(a", ");"),
    _in_block("named arguments", ",a:=b", "OPEN c(a:=b", ");"),
    _in_block("loop over a cursor", ",f", "FOR x IN c(a", ") LOOP NULL; END LOOP;"),
    _in_block("calls", "CALL p(a);"),
    _in_block("blocks in blocks", "DO $x$BEGIN DROP TABLE a;END$x$;"),
    Shape("declarations", "DO $$ DECLARE ", "a s.t:=b;", " BEGIN END $$"),
    Shape("declarations like a column", "DO $$ DECLARE ", "a t.b%TYPE;", " BEGIN END $$"),
    Shape("aliases", "DO $$ DECLARE ", "a ALIAS FOR b;", " BEGIN END $$"),
    Shape("cursors", "DO $$ DECLARE ", "c CURSOR FOR SELECT a;", " BEGIN END $$"),
    Shape("cursor", "DO $$ DECLARE c CURSOR (a int", ",a int", ") FOR SELECT 1; BEGIN END $$"),
    Shape("nested declarations", "DO $$ ", "DECLARE a int; BEGIN ", " $$", "NULL;", " END;"),
    Shape("compiler options", "DO $$ ", "#a b ", " BEGIN END $$"),
    Shape(
        "queries in an sql body",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ ",
        "SELECT a FROM b;",
        " $$",
    ),
)

PARTS = (
    Shape("joins on", "SELECT 1 FROM t", " JOIN t ON a=b", ""),
    Shape("joins using", "SELECT 1 FROM t", " JOIN t USING (a)", ""),
    Shape("named joins", "SELECT 1 FROM ", "(", "", "a", " JOIN b USING (c)) AS d"),
    Shape("stars of stars", "SELECT 1 FROM ", "(SELECT *,1 FROM ", "", "a", ") s"),
    Shape("correlated", "SELECT 1 WHERE ", "EXISTS (SELECT 1 FROM t WHERE a AND ", "", "b", ")"),
    Shape("lateral", "SELECT 1 FROM a", ",LATERAL (SELECT b) c", ""),
    Shape("stars of ctes", "WITH a AS (SELECT 1)", ",b AS (SELECT * FROM a)", " SELECT 1"),
    Shape("group by", "SELECT 1 FROM t GROUP BY a", ",a", ""),
    Shape("order by columns", "SELECT a FROM t ORDER BY a", ",a", ""),
    Shape("returning", "DELETE FROM t RETURNING a", ",a", ""),
    Shape("set", "UPDATE t SET a=1", ",a=1", ""),
    Shape("inserted columns", "INSERT INTO t (a", ",a", ") SELECT 1"),
    Shape("rows from", "SELECT 1 FROM ROWS FROM (f()", ",f()", ")"),
    Shape("sequences", "SELECT nextval('a')", ",nextval('a')", ""),
    Shape("types in text", "SELECT 'a.b'::regtype", ",'a.b'::regtype", ""),
    Shape("like", "CREATE TABLE t (a int", ",LIKE b", ")"),
    Shape("inherits", "CREATE TABLE t (a int) INHERITS (a", ",a", ")"),
    Shape("checks", "CREATE TABLE t (a int", ",CHECK (a>0)", ")"),
    Shape("foreign keys", "CREATE TABLE t (a int", ",FOREIGN KEY (a) REFERENCES b", ")"),
    Shape("unique", "CREATE TABLE t (a int", ",UNIQUE (a)", ")"),
    Shape("serials", "CREATE TABLE t (a int", ",b serial", ")"),
    Shape("index columns", "CREATE INDEX ON t (a", ",a", ")"),
    Shape("included columns", "CREATE INDEX ON t (a) INCLUDE (a", ",a", ")"),
    Shape("partition values", "CREATE TABLE p PARTITION OF t FOR VALUES IN (1", ",1", ")"),
    Shape("added checks", "ALTER TABLE t ADD CHECK (a>0)", ",ADD CHECK (a>0)", ""),
    Shape("added keys", "ALTER TABLE t ADD UNIQUE (a)", ",ADD UNIQUE (a)", ""),
    Shape("dropped columns", "ALTER TABLE t DROP a", ",DROP a", ""),
    Shape("column privileges", "GRANT SELECT (a", ",a", ") ON t TO b"),
    Shape("granted tables", "GRANT SELECT ON a", ",a", " TO b"),
    Shape("granted functions", "GRANT EXECUTE ON FUNCTION f()", ",f()", " TO b"),
    Shape("truncated", "TRUNCATE a", ",a", ""),
    Shape("published", "CREATE PUBLICATION p FOR TABLE a", ",a", ""),
    Shape("attributes", "CREATE TYPE t AS (a int", ",a int", ")"),
    Shape("operators", "CREATE OPERATOR CLASS c FOR TYPE t USING btree AS OPERATOR 1 <",
          ",OPERATOR 1 <", ""),
    Shape("search path", "SET search_path = a", ",a", ""),
    Shape("row assignments", "UPDATE t SET (a,b) = (1,2)", ",(a,b) = (1,2)", ""),
)  # fmt: skip
"""Statements that have much to say: what they name is looked up, compared and remembered."""

SCRIPTS = (
    Shape("create and drop", "SELECT 1", ";CREATE TABLE a (b int PRIMARY KEY);DROP TABLE a", ""),
    Shape("back and forth", "SELECT 1", ";ALTER TABLE a RENAME TO b;ALTER TABLE b RENAME TO a", ""),
    Shape("unnamed indexes", "CREATE TABLE a (b int)", ";CREATE INDEX ON a (b)", ""),
    Shape("unnamed keys", "CREATE TABLE a (b int)", ";ALTER TABLE a ADD UNIQUE (b)", ""),
    Shape("heirs", "CREATE TABLE a (b int)", ";CREATE TABLE c () INHERITS (a)", ""),
    Shape("moved schemas", "SELECT 1", ";CREATE TABLE s.a (b int);ALTER SCHEMA s RENAME TO s", ""),
    Shape("dropped schemas", "SELECT 1", ";CREATE TABLE s.a (b int);DROP SCHEMA s CASCADE", ""),
    Shape("search paths", "SELECT 1", ";SET search_path = a,b,c;DROP TABLE t", ""),
    Shape("transactions", "SELECT 1", ";BEGIN;SET LOCAL search_path = a;ROLLBACK", ""),
    Shape("views", "SELECT 1", ";CREATE VIEW v AS SELECT * FROM a JOIN b USING (c)", ""),
    Shape("all tables", "SELECT 1", ";GRANT ALL ON ALL TABLES IN SCHEMA s TO r", ""),
    Shape("prepared", "PREPARE p AS SELECT a FROM b", ";EXECUTE p", ""),
)
"""Statements that change what the following ones mean."""


def _chains() -> Iterator[Shape]:
    for chain, (start, unit) in EXPRESSION_CHAINS.items():
        places = EXPRESSION_PLACES if chain == "plus" else {"select list": ("SELECT ", "")}
        for place, (head, tail) in places.items():
            yield Shape(f"{chain} in {place}", head + start, unit, tail)
    for chain, (start, unit) in QUERY_CHAINS.items():
        for place, (head, tail) in QUERY_PLACES.items():
            yield Shape(f"{chain} in {place}", head + start, unit, tail)


CHAINS = tuple(_chains())
ALL = CHAINS + NESTED + WIDE + FLAT + BODIES + PARTS + SCRIPTS
