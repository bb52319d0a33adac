"""Pairs whose verdict is known to be wrong, each as one of its kind, and why it is so.

The tests execute them: what is found out in the meantime has to leave the list.
"""

from __future__ import annotations

from typing import NamedTuple

from .book_rule import TABLE


class Miss(NamedTuple):
    """A pair that the rules do not see, see as less than it is, or see though it commutes."""

    says: str
    reason: str
    setup: str
    a: str
    b: str
    since: int = 14
    """The first version of PostgreSQL that knows the statements."""


MISSES: tuple[Miss, ...] = (
    Miss(
        "a row that repeats one which is there, and a unique constraint",
        "only the rows of the table tell; the catalog does not",
        TABLE + " insert into t values (1, 'x');",
        "insert into t values (2, 'x')",
        "alter table t add unique (c)",
    ),
    Miss(
        "a row that refers to nothing, and a foreign key",
        "only the rows of the other table tell",
        TABLE + " create table u (id integer primary key);",
        "insert into t values (7)",
        "alter table t add foreign key (id) references u",
    ),
    Miss(
        "a row of a partitioned table, and a check of the partition that it comes to",
        "which partition a row comes to is not worked out",
        "create table p (id integer, c text) partition by range (id);"
        " create table p1 partition of p for values from (0) to (10);",
        "insert into p values (1, 'x')",
        "alter table p1 add check (c <> 'x')",
    ),
    Miss(
        "a row that a domain refuses, and a column that gets this domain",
        "constants are compared with the checks of tables, not with those of domains",
        "create table t (id integer); create domain few as integer check (value < 10);",
        "insert into t values (50)",
        "alter table t alter column id type few",
    ),
    Miss(
        "a change of rows that computes with a column, and a new type of this column",
        "which operators and functions a type has is not looked up",
        "create table t (id integer, due date, paid date);",
        "update t set paid = due + 30",
        "alter table t alter column due type timestamp",
    ),
    Miss(
        "a materialized view that is refreshed, and gets an owner who may not read its tables",
        "what an owner may do is not looked up",
        TABLE + " create materialized view v as select c from t; create role poor nologin;",
        "refresh materialized view v",
        "alter materialized view v owner to poor",
    ),
    Miss(
        "rows that are changed in a table without a key, and a publication of the table",
        "whether a table has a replica identity is not looked up",
        "create table t (id integer);",
        "update t set id = 1",
        "create publication p for table t",
    ),
    Miss(
        "DROP OWNED, and a table that gets privileges by default",
        "which default privileges go with a role is not looked up",
        "create role example_of_a_rule nologin;"
        " alter default privileges in schema public grant select on tables to example_of_a_rule;",
        "create table t (id integer)",
        "drop owned by example_of_a_rule",
    ),
    Miss(
        "the owner of a table, and a sequence that is taken away from it",
        "a sequence follows the owner of its table only while it belongs to it",
        "create table t (id serial); create role example_of_a_rule nologin;",
        "alter table t owner to example_of_a_rule",
        "alter sequence t_id_seq owned by none",
    ),
    Miss(
        "a call, and its function dropped for another one with a default that takes the call, too",
        "what a call would mean instead is not looked up",
        "create function f(a integer) returns integer language sql as 'select 1';",
        "create view v as select f(1) as one",
        "drop function f(integer); create function f(a integer, b integer default 0)"
        " returns integer language sql as 'select 2'",
    ),
    Miss(
        "an index of a table that becomes a partition of one with such an index",
        "ATTACH takes the index that is there, or makes one, of another name",
        "create table p (id integer) partition by range (id); create index on p (id);"
        " create table p1 (id integer);",
        "create index mine on p1 (id)",
        "alter table p attach partition p1 for values from (0) to (10)",
    ),
    Miss(
        "a name that is computed at run time",
        "dynamic SQL is searched for names that are written out, or put together from such",
        TABLE,
        "do $$ begin execute pg_catalog.format('create index %I on t (c)',"
        " pg_catalog.replace('t_by_x', 'x', 'c')); end $$",
        "create index t_by_c on t (id)",
    ),
    Miss(
        "a trigger for changed rows that does nothing to them",
        "what the body of a trigger comes to is not worked out: it is said to clash",
        TABLE
        + " create function quiet() returns trigger language plpgsql as 'begin return new; end';",
        "create trigger quietly before insert on t for each row execute function quiet()",
        "insert into t values (1, 'x')",
    ),
    Miss(
        "a default that comes to the same in another way",
        "expressions are compared as they are written: the two are said to clash",
        "create table t (id integer, c integer default 1 + 1);",
        "alter table t alter column c set default 2",
        "insert into t (id) values (1)",
    ),
    Miss(
        "rows that go, and a check that they do not satisfy",
        "only the rows of the table tell",
        TABLE + " insert into t values (1, 'x');",
        "truncate t",
        "alter table t add check (c <> 'x')",
    ),
    Miss(
        "rows that are deleted, and a new table under the name of theirs",
        "whether there are such rows, only the table tells: the first is said to go first",
        TABLE,
        "delete from t where id = 60",
        "alter table t rename to old_t; create table t (id integer)",
    ),
    Miss(
        "an index of ONLY the partitioned table, and its last partition that leaves",
        "without partitions the index is valid at once; how many are left is not counted",
        "create table p (id integer) partition by range (id);"
        " create table p1 partition of p for values from (0) to (10);",
        "alter table p detach partition p1",
        "create index on only p (id)",
    ),
    Miss(
        "a table that leaves a publication and comes back, and the whole list of the publication",
        "what leaves and comes back counts as made anew: the two are said to clash",
        TABLE + " create publication listed for table t;",
        "alter publication listed drop table t; alter publication listed add table t",
        "alter publication listed set table t",
    ),
    Miss(
        "a view of all columns that both make after CASCADE took a column, each another one",
        "the second CASCADE takes the first view along; the two are said to clash",
        TABLE,
        "alter table t drop column if exists c cascade; create view v as select * from t",
        "alter table t drop column if exists d cascade; create view v as select * from t",
    ),
    Miss(
        "a plan that works only after the other one took its table away",
        "that a statement finds gone what an earlier one of the same plan took along is not seen",
        TABLE + " create index by_c on t (c);",
        "alter table t rename to old_t; create table t (id integer)",
        "drop table t cascade; create table t (id bigint); drop index by_c",
    ),
    Miss(
        "OR REPLACE of a function with other names for its parameters, and the function renamed",
        "what the parameters of a function that is there are called is not looked up",
        "create function f(a integer) returns integer language sql as 'select a';",
        "create or replace function f(b integer) returns integer language sql as 'select b'",
        "alter function f(integer) rename to g",
    ),
    Miss(
        "a constraint on a column, and one of the same name after CASCADE took the column",
        "that CASCADE takes the other side's constraint along is not seen: the two are said to"
        " clash",
        TABLE,
        "alter table t add constraint known check (c is not null)",
        "alter table t drop column c cascade; alter table t add constraint known check (id > 0)",
    ),
    Miss(
        "DROP OWNED, and a table that is given to the role and that others depend on",
        "without CASCADE it fails then, so that one order is left; the two are said to clash",
        TABLE + " create view v as select id from t; create role example_of_a_rule nologin;",
        "drop owned by example_of_a_rule",
        "alter table t owner to example_of_a_rule",
    ),
    Miss(
        "DROP OWNED and REASSIGN OWNED of a role that owns nothing",
        "whether a role owns anything is not looked up: the two are said to clash",
        "create role example_of_a_rule nologin;",
        "drop owned by example_of_a_rule",
        "reassign owned by example_of_a_rule to pg_monitor",
    ),
    Miss(
        "a table that is rebuilt as a copy of itself, and a change that the copy takes over",
        "what LIKE copies of a change that came before is not worked out: the two are said to"
        " clash",
        "create table t (id integer primary key, c text constraint known check (c <> ''));",
        "create table new_t (like t including all); drop table t; alter table new_t rename to t",
        "alter table t drop constraint known",
    ),
    Miss(
        "a row, and the partition that it needs",
        "which partition a row comes to is not worked out",
        "create table p (id integer, c text) partition by range (id);",
        "insert into p values (1, 'x')",
        "create table p1 partition of p for values from (0) to (10)",
    ),
    Miss(
        "an index that is attached to the one of the parent, and the partition detached",
        "which table an attached index is on is not looked up",
        "create table p (id integer) partition by range (id);"
        " create table p1 partition of p for values from (0) to (10);"
        " create index i on only p (id); create index i1 on p1 (id);",
        "alter index i attach partition i1",
        "alter table p detach partition p1",
    ),
    Miss(
        "a column that comes back as a generated one, and rows that set it, and a change of it",
        "that the rows come first is outweighed by the change: the two are said to clash",
        TABLE,
        "update t set c = 'x' where c is null; alter table t alter column c set not null",
        "alter table t drop column c;"
        " alter table t add column c text generated always as (d) stored",
    ),
    Miss(
        "a rule that goes, and MERGE into its table",
        "that MERGE is refused on tables with rules is not known here",
        TABLE + " create rule kept as on delete to t do instead nothing;",
        "drop rule kept on t",
        "merge into t using (values (1)) as s (id) on t.id = s.id"
        " when not matched then insert (id) values (s.id)",
        since=15,
    ),
    Miss(
        "a text that becomes an enum, and a new check with a text that is none of its labels",
        "labels are looked for in plans only, not in types: the two are said to clash",
        "create type mood as enum ('sad', 'ok');"
        " create table t (m text constraint known check (m in ('sad', 'ok')));",
        "alter table t drop constraint known; alter table t alter column m type mood using m::mood",
        "alter table t drop constraint if exists known;"
        " alter table t add constraint known check (m in ('sad', 'ok', 'fine'))",
    ),
    Miss(
        "a new type that a view stands in the way of, and another column of the name",
        "that the view goes with the renamed column is not followed: the two are said to clash",
        TABLE + " create view v as select c from t;",
        "alter table t alter column c type varchar(20)",
        "alter table t rename column c to old_c; alter table t add column c text",
    ),
    Miss(
        "row security that is switched off where it is off, and a new table under the name",
        "whether a switch of a table is on is not looked up: the two are said to clash",
        TABLE,
        "alter table t no force row level security",
        "alter table t rename to old_t; create table t (id integer)",
    ),
)
