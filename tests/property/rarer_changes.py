"""Generated changes that are rarer: fields, heirs, whole expand-and-contract plans, loops."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.property.makers import a_column, a_table, change, one_of
from tests.property.schemas import Schema


@change
def fields(draw: st.DrawFn, schema: Schema) -> str:
    cascade = one_of(draw, "", " cascade")
    return one_of(
        draw,
        f"alter type pair add attribute three text{cascade}",
        f"alter type pair rename attribute one to fresh{cascade}",
        f"alter type pair alter attribute one type bigint{cascade}",
        f"alter type pair drop attribute two{cascade}",
        "create table fresh_pairs (p pair)",
        "create table fresh_typed of pair",
        "alter table t0 add column fresh pair",
        "drop type pair cascade",
        "alter type pair rename to fresh_type",
        "create function fresh_function(p pair) returns integer language sql as 'select p.one'",
    )


@change
def materialized(draw: st.DrawFn, schema: Schema) -> str:
    column = a_column(draw)
    return one_of(
        draw,
        "refresh materialized view summed",
        "drop materialized view summed",
        "drop materialized view if exists summed cascade",
        "create unique index on summed (id)",
        "create index fresh_index on summed (beta)",
        "alter materialized view summed rename to fresh_view",
        "alter materialized view summed rename column beta to fresh",
        "drop materialized view summed;"
        f" create materialized view summed as select id, {column} from t0",
        "create view over_summed as select id from summed",
        "create view over_summed as select * from summed",
        "grant select on summed to pg_monitor",
    )


@change
def kin(draw: st.DrawFn, schema: Schema) -> str:
    return one_of(
        draw,
        "alter table kin no inherit t1",
        "alter table kin no inherit t1; alter table kin rename to old_kin",
        "alter table kin inherit t0",
        "alter table kin add column fresh integer",
        "alter table t1 add column fresh integer",
        "alter table only t1 alter column beta set default null",
        "alter table kin alter column alpha set not null",
        "alter table kin drop constraint if exists fresh_check",
        "alter table t1 add constraint fresh_check check (id > 0)",
        "alter table t1 add constraint fresh_check check (id > 0) no inherit",
        "drop table kin",
        "alter table t1 rename column alpha to fresh",
        "update only t1 set alpha = null",
        "create table fresh_child () inherits (kin)",
        "alter table t1 alter column beta set statistics 300",
    )


@change
def doubled(draw: st.DrawFn, schema: Schema) -> str:
    start = "create or replace function doubled"
    return one_of(
        draw,
        f"{start}(a integer) returns integer language sql as 'select a * 3'",
        f"{start}(b integer) returns integer language sql as 'select b * 2'",
        f"{start}(a integer) returns integer language sql immutable as 'select a * 2'",
        "drop function doubled(integer) cascade",
        "drop function doubled",
        "drop function if exists doubled(integer)",
        "create function doubled(a bigint) returns bigint language sql as 'select a * 2'",
        "create view fresh_view as select doubled(1) as one",
        "alter table t0 add constraint fresh_check check (doubled(id) > 0)",
        "alter function doubled(integer) rename to fresh_function",
        "alter function doubled(integer) set schema side",
        "alter function doubled(integer) owner to fuzzed",
        "alter function doubled(integer) set search_path = public",
        "create index fresh_index on t1 (doubled(id))",
    )


@change
def seen(draw: st.DrawFn, schema: Schema) -> str:
    return one_of(
        draw,
        f"alter policy seen on t0 using (id > {one_of(draw, '1', '2')})",
        f"alter policy seen on t0 to {one_of(draw, 'fuzzed', 'pg_monitor')}",
        "drop policy seen on t0",
        "drop policy if exists seen on t0; create policy seen on t0 using (id > 5)",
        "alter policy seen on t0 rename to fresh_policy",
        "alter table t0 disable row level security",
        "alter table t0 no force row level security",
        "comment on policy seen on t0 is 'one'",
    )


@change
def steps_of_constraints(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return one_of(
        draw,
        f"alter table {table} add constraint fresh_check check (id > 0) not valid",
        f"alter table {table} add constraint fresh_check check (id > 0) not valid;"
        f" alter table {table} validate constraint fresh_check",
        f"create unique index fresh_index on {table} (id, {column});"
        f" alter table {table} add constraint fresh_key unique using index fresh_index",
        f"alter table {table} add constraint fresh_key unique (id, {column}) deferrable",
        f"alter table {table} alter column id drop identity, add column fresh serial",
        f"alter table {table} alter column {column} drop default,"
        f" alter column {column} set not null",
        f"alter table {table} drop constraint {table}_pkey cascade,"
        f" add constraint fresh_key primary key (id)",
    )


@change
def expand_and_contract(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return one_of(
        draw,
        f"alter table {table} add column fresh text;"
        f" update {table} set fresh = {column}::text;"
        f" alter table {table} drop column {column} cascade",
        f"alter table {table} rename column {column} to old_one;"
        f" alter table {table} add column {column} text",
        f"alter table {table} add column fresh text;"
        f" alter table {table} rename column {column} to old_one;"
        f" alter table {table} rename column fresh to {column}",
        f"create table fresh_table (like {table} including all);"
        f" insert into fresh_table select * from {table};"
        f" drop table {table} cascade; alter table fresh_table rename to {table}",
        "create table if not exists fresh_table (a integer);"
        " alter table fresh_table add column if not exists b text",
        f"alter table {table} alter column {column} type mood using 'ok'::mood",
        f"alter table {table} drop column if exists fresh;"
        f" alter table {table} add column fresh integer",
        f"drop table if exists fresh_table; create table fresh_table (id integer, {column} text)",
        f"alter table {table} set schema side; create view {table} as select * from side.{table}",
    )


@change
def sequences(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"alter sequence numbers owned by {table}.id",
        "alter sequence numbers set schema side",
        "alter sequence numbers owner to fuzzed",
        f"alter table {table} add column fresh bigint default nextval('numbers')",
        f"alter table {table} add column fresh serial",
        f"alter sequence {table}_id_seq restart with 300",
        "drop sequence if exists numbers cascade; create sequence numbers start 5",
        "create sequence if not exists numbers increment 2",
    )


@change
def roles(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        "drop owned by fuzzed",
        "reassign owned by fuzzed to pg_monitor",
        f"alter table {table} owner to fuzzed",
        f"grant select, insert on {table} to fuzzed",
        f"revoke all on {table} from fuzzed",
        f"revoke all on {table} from public; grant select on {table} to public",
        f"grant update ({a_column(draw)}) on {table} to fuzzed",
        "grant usage on schema side to fuzzed",
        "grant execute on all functions in schema public to fuzzed",
        "grant select on all tables in schema public to fuzzed",
        "alter default privileges in schema public grant select on tables to fuzzed",
        "alter default privileges for role postgres in schema side grant select on tables"
        " to fuzzed",
        f"create policy fresh_policy on {table} to fuzzed using (true)",
    )


@change
def loops(draw: st.DrawFn, schema: Schema) -> str:
    name = one_of(draw, "fresh", "extra")
    return one_of(
        draw,
        "do $$ declare t text; begin foreach t in array array['t0', 't1'] loop"
        f" execute format('alter table %I add column {name} integer', t); end loop; end $$",
        "do $$ declare t text; begin foreach t in array array['t0', 't1'] loop"
        " execute format('create index on %I (alpha)', t); end loop; end $$",
        "do $$ begin for n in 0..1 loop"
        f" execute 'alter table t' || n || ' drop column if exists {name}'; end loop; end $$",
        "do $$ begin for n in 3..4 loop execute format('create table part_%s partition of parted"
        " for values from (%s) to (%s)', n, n * 10, n * 10 + 10); end loop; end $$",
        "do $$ begin execute 'create table fresh_table (a integer)'; end $$",
    )
