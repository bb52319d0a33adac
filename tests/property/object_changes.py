"""Generated changes of everything beside tables: views, indexes, routines, types, privileges."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.property.makers import ROLES, a_column, a_table, change, one_of
from tests.property.schemas import Schema


@change
def create_view(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return one_of(
        draw,
        f"create view fresh_view as select id, {column} from {table}",
        f"create or replace view fresh_view as select id, {column} from {table}",
        f"create view fresh_view as select * from {table}",
        f"create materialized view fresh_view as select id, {column} from {table}",
    )


@change
def existing_view(draw: st.DrawFn, schema: Schema) -> str:
    if not schema.views:
        return "create view fresh_view as select 1 as one"
    view = draw(st.sampled_from(schema.views))
    table = f"t{view[1:]}"
    return one_of(
        draw,
        f"drop view {view}",
        f"drop view if exists {view} cascade",
        f"alter view {view} rename to fresh_view",
        f"drop view {view}; create view {view} as select id, feeling from {table}",
        f"create view over_view as select id from {view}",
        f"alter view {view} set (security_barrier = {one_of(draw, 'true', 'false')})",
    )


@change
def create_index(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return one_of(
        draw,
        f"create index on {table} ({column})",
        f"create index fresh_index on {table} ({column})",
        f"create index if not exists fresh_index on {table} (({column} is null))",
        f"create unique index on {table} (id, {column})",
    )


@change
def existing_index(draw: st.DrawFn, schema: Schema) -> str:
    if not schema.indexes:
        return "create index on part_b (id)"
    index = draw(st.sampled_from(schema.indexes))
    return one_of(
        draw,
        f"drop index {index}",
        f"drop index if exists {index}",
        f"alter index {index} rename to fresh_index",
        f"comment on index {index} is '{one_of(draw, 'one', 'two')}'",
    )


@change
def create_function(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    start = one_of(draw, "create", "create or replace")
    language = one_of(draw, "sql", "plpgsql")
    query = f"select count({column}) from {table}"
    body = query if language == "sql" else f"begin return ({query}); end"
    arguments = one_of(draw, "", "a integer")
    return (
        f"{start} function fresh_function({arguments}) returns bigint language {language}"
        f" as '{body}'"
    )


@change
def existing_function(draw: st.DrawFn, schema: Schema) -> str:
    function = draw(st.sampled_from(schema.functions))
    volatility = one_of(draw, "immutable", "stable")
    return one_of(
        draw,
        f"alter function {function} {volatility}",
        f"alter function {function} rename to fresh_function",
        f"drop function {function} cascade",
        f"grant execute on function {function} to {one_of(draw, *ROLES)}",
        f"revoke execute on function {function} from public",
        f"comment on function {function} is 'one'",
    )


@change
def trigger(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    of = one_of(draw, "", f" of {a_column(draw)}")
    return one_of(
        draw,
        f"create trigger fresh_trigger before update{of} on {table} for each row"
        " execute function touch()",
        f"drop trigger if exists {table}_touch on {table}",
        f"alter table {table} disable trigger all",
    )


@change
def policy(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"create policy fresh_policy on {table} using ({a_column(draw)} is not null)",
        f"alter table {table} enable row level security",
    )


@change
def enum(draw: st.DrawFn, schema: Schema) -> str:
    label = one_of(draw, "fine", "good")
    guard = one_of(draw, "", "", "if not exists ")
    place = one_of(draw, "", " after 'ok'", " before 'ok'", " before 'happy'")
    return one_of(
        draw,
        f"alter type mood add value {guard}'{label}'{place}",
        f"alter type mood add value {guard}'{label}'{place}",
        "alter type mood rename value 'ok' to 'so so'",
        "alter type mood rename to feeling",
        "drop type mood cascade",
        "create table fresh_moods (m mood)",
    )


@change
def sequence(draw: st.DrawFn, schema: Schema) -> str:
    return one_of(
        draw,
        f"alter sequence numbers increment by {one_of(draw, '2', '5')}",
        f"alter sequence numbers restart with {one_of(draw, '100', '200')}",
        "drop sequence numbers cascade",
        "alter sequence numbers rename to fresh_sequence",
        "create table fresh_numbers (n bigint default nextval('numbers'))",
    )


@change
def privileges(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    role = one_of(draw, *ROLES)
    right = one_of(draw, "select", "insert", "all")
    return one_of(
        draw,
        f"grant {right} on {table} to {role}",
        f"revoke {right} on {table} from {role}",
        f"grant select ({a_column(draw)}) on {table} to {role}",
        f"grant select on all tables in schema side to {role}",
        f"alter default privileges in schema side grant select on tables to {role}",
    )


@change
def schema_wide(draw: st.DrawFn, schema: Schema) -> str:
    return one_of(
        draw,
        "drop schema side cascade",
        "alter schema side rename to aside",
        "create schema if not exists fresh_schema",
        "create schema fresh_schema",
        "create table side.fresh_table (a integer)",
        "create view side.fresh_view as select 1 as one",
    )


@change
def steady_view(draw: st.DrawFn, schema: Schema) -> str:
    extra = one_of(draw, "", ", beta", ", beta, gamma", ", gamma")
    return one_of(
        draw,
        f"create or replace view steady as select id, alpha{extra} from t0",
        f"drop view steady; create view steady as select id{extra} from t0",
        "drop view if exists steady",
        "alter view steady rename column alpha to fresh",
        "grant select on steady to pg_monitor",
        "create or replace view fresh_view as select * from steady",
    )


@change
def publication(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"alter publication listed add table {table}",
        f"alter publication listed set table {table}",
        "alter publication listed drop table t0",
        f"alter publication listed set (publish = '{one_of(draw, 'insert', 'update')}')",
        "drop publication listed",
        f"create publication fresh_pub for table {table}",
    )


@change
def guarded_block(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"do $$ begin alter table {table} add column fresh integer;"
        " exception when duplicate_column then null; end $$",
        "do $$ begin if not exists (select 1 from pg_type where typname = 'fresh_type')"
        " then create type fresh_type as enum ('a'); end if; end $$",
        f"create type fresh_type as enum ('a'{one_of(draw, '', ', ' + repr('b'))})",
    )


@change
def domain(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"alter domain amount add constraint fresh_limit check (value < {one_of(draw, '9', '8')})",
        "alter domain amount drop constraint amount_known",
        "alter domain amount rename to quantity",
        f"alter domain amount set default {one_of(draw, '1', '2')}",
        f"alter table {table} add column fresh amount",
        "drop domain amount cascade",
    )
