"""Generated changes of tables: columns, constraints, partitions, heirs and rows."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.property.makers import NEW_NAMES, a_column, a_table, change, one_of
from tests.property.schemas import DEFAULTS, TYPES, Schema


@change
def add_column(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    guard = one_of(draw, "", "", "if not exists ")
    name = one_of(draw, *NEW_NAMES, "alpha")
    type_ = draw(st.sampled_from(TYPES[:3]))
    default = one_of(draw, "", f" default {DEFAULTS[type_]}")
    return f"alter table {table} add column {guard}{name} {type_}{default}"


@change
def drop_column(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    guard = one_of(draw, "", "", "if exists ")
    cascade = one_of(draw, "", " cascade")
    return f"alter table {table} drop column {guard}{a_column(draw)}{cascade}"


@change
def rename_column(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return f"alter table {table} rename column {a_column(draw)} to {one_of(draw, *NEW_NAMES)}"


@change
def retype_column(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return f"alter table {table} alter column {column} type text using {column}::text"


@change
def set_default(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema)
    column = a_column(draw)
    value = f"set default {DEFAULTS[dict(table.columns)[column]]}"
    return f"alter table {table.name} alter column {column} {one_of(draw, value, 'drop default')}"


@change
def not_null(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return (
        f"alter table {table} alter column {a_column(draw)} {one_of(draw, 'set', 'drop')} not null"
    )


@change
def statistics_target(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    target = one_of(draw, "100", "200")
    return f"alter table {table} alter column {a_column(draw)} set statistics {target}"


@change
def comment(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    what = one_of(draw, f"table {table}", f"column {table}.{a_column(draw)}", "type mood")
    return f"comment on {what} is '{one_of(draw, 'one', 'two')}'"


@change
def rename_table(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    guard = one_of(draw, "", "", "if exists ")
    return f"alter table {guard}{table} rename to {one_of(draw, 'fresh_table', 'other_table')}"


@change
def move_table(draw: st.DrawFn, schema: Schema) -> str:
    return f"alter table {a_table(draw, schema).name} set schema side"


@change
def drop_table(draw: st.DrawFn, schema: Schema) -> str:
    guard = one_of(draw, "", "if exists ")
    return f"drop table {guard}{a_table(draw, schema).name} cascade"


@change
def create_table(draw: st.DrawFn, schema: Schema) -> str:
    guard = one_of(draw, "", "", "if not exists ")
    name = one_of(draw, "fresh_table", "side.fresh_table")
    column = one_of(draw, "a integer", "a integer primary key", "a bigint")
    return f"create table {guard}{name} ({column})"


@change
def create_reference(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return f"create table fresh_ref (r integer references {table} (id))"


@change
def copy_table(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"create table fresh_copy as select * from {table}",
        f"create table fresh_copy as select id, {a_column(draw)} from {table}",
        f"create table fresh_copy (like {table})",
    )


@change
def add_constraint(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return one_of(
        draw,
        f"alter table {table} add constraint fresh_check check ({column} is not null)",
        f"alter table {table} add check ({column} is not null)",
        f"alter table {table} add constraint fresh_check unique ({column}, id)",
        f"alter table {table} add unique (id, {column})",
    )


@change
def existing_constraint(draw: st.DrawFn, schema: Schema) -> str:
    if not schema.checks:
        table = a_table(draw, schema).name
        return f"alter table {table} drop constraint {table}_pkey cascade"
    table, check = draw(st.sampled_from(schema.checks))
    return one_of(
        draw,
        f"alter table {table} drop constraint {check}",
        f"alter table {table} drop constraint if exists {check}",
        f"alter table {table} rename constraint {check} to fresh_check",
        f"alter table {table} drop constraint {check};"
        f" alter table {table} add constraint {check} check (id > {one_of(draw, '0', '1')})",
    )


@change
def partitions(draw: st.DrawFn, schema: Schema) -> str:
    return one_of(
        draw,
        "alter table parted attach partition part_b for values from (10) to (20)",
        "create table part_c partition of parted for values from (15) to (30)",
        "alter table parted detach partition part_a",
        "alter table parted add column fresh text",
        "alter table parted rename column note to remark",
        "alter table part_b add column fresh text",
        "drop table part_a",
        "create index on parted (id)",
        "alter table parted drop column note",
    )


@change
def rows(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    column = a_column(draw)
    return one_of(
        draw,
        f"update {table} set {column} = null where id = 1",
        f"delete from {table} where {column} is null",
        f"insert into {table} default values",
        f"truncate {table} cascade",
    )


@change
def identity(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"alter table {table} alter column id set generated always",
        f"alter table {table} alter column id drop identity",
        f"alter table {table} alter column id drop identity if exists",
        f"alter table {table} alter column id restart with {one_of(draw, '100', '200')}",
        f"alter table {table} add column fresh integer generated always as (id + 1) stored",
    )


@change
def keyed_rows(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    key = one_of(draw, "50", "60")
    return one_of(
        draw,
        f"insert into {table} (id) values ({key})",
        f"insert into {table} (id) values ({key}) on conflict (id) do nothing",
        f"insert into {table} (id) values ({key}) on conflict do nothing",
        f"alter table {table} add constraint fresh_check check (id < {one_of(draw, '55', '90')})",
        f"update {table} set id = id + 1",
        f"delete from {table} where id = {key}",
    )


@change
def replaced_table(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"alter table {table} rename to old_table; create view {table} as select * from old_table",
        f"alter table {table} rename to old_table; alter table old_table rename to {table}",
        f"alter table {table} rename to old_table; create table {table} (id integer)",
        f"drop table {table} cascade; create table {table} (id bigint primary key, alpha text)",
    )


@change
def heirs(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"create table fresh_child () inherits ({table})",
        f"create table fresh_child (like {table} including all)",
        f"create table fresh_child (like {table} including defaults including constraints)",
        "create index on only parted (id)",
        "alter table part_b add constraint fresh_check check (id > 0)",
        "create table part_d partition of parted default",
    )


@change
def table_settings(draw: st.DrawFn, schema: Schema) -> str:
    table = a_table(draw, schema).name
    return one_of(
        draw,
        f"alter table {table} replica identity {one_of(draw, 'full', 'nothing')}",
        f"alter table {table} cluster on {table}_pkey",
        f"alter table {table} set (fillfactor = {one_of(draw, '70', '80')})",
        f"alter table {table} reset (fillfactor)",
        f"alter table {table} owner to pg_monitor",
        f"alter table {table} force row level security",
        f"create statistics fresh_stats on alpha, beta from {table}",
        f"create rule fresh_rule as on delete to {table} do instead nothing",
    )


@change
def foreign_key(draw: st.DrawFn, schema: Schema) -> str:
    action = one_of(draw, "", " on delete cascade", " on update restrict not valid")
    return one_of(
        draw,
        f"alter table t1 add constraint fresh_fk foreign key (id) references t0 (id){action}",
        f"alter table t1 add foreign key (id) references t0{action}",
        "alter table t0 drop constraint t0_pkey cascade",
        "alter table t0 drop constraint t0_pkey",
        "alter table t0 rename constraint t0_pkey to t0_key",
    )
