"""Pairs that once misled the rules: heirs, fields, lists, privileges; see test_telling_pairs.py."""

from __future__ import annotations

LONG = ", ".join(f"id + {number} as plus_{number}" for number in range(40))

BELONGINGS: dict[str, tuple[str, str]] = {
    "a partition that leaves and is renamed": (
        "alter table event detach partition event_1; alter table event_1 rename to event_old",
        "alter table event add column note text",
    ),
    "a new partition, and statistics": (
        "create table event_3 partition of event default",
        "alter table event alter column kind set statistics 100",
    ),
    "a new child, and compression": (
        "create table kid () inherits (note)",
        "alter table note alter column body set compression pglz",
    ),
    "a child that leaves, and compression": (
        "alter table kin no inherit memo",
        "alter table memo alter column line set compression pglz",
    ),
    "a child that leaves, and NOT NULL that was none": (
        "alter table kin no inherit memo",
        "alter table memo alter column line drop not null",
    ),
    "a new child, and a default for ONLY its parent": (
        "create table kid () inherits (note)",
        "alter table only note alter column body set default 'x'",
    ),
    "a partition that joins, and storage": (
        "alter table event attach partition event_2 for values from (10) to (20)",
        "alter table event alter column kind set storage external",
    ),
    "statistics of a parent and of a child": (
        "alter table memo alter column line set statistics 100",
        "alter table kin alter column line set statistics 200",
    ),
    "a table that comes back as a partition, and a column for it": (
        "drop table event_2; create table event_2 partition of event default",
        "alter table event_2 add column note text",
    ),
    "a table that comes back as a partition, and NULLs allowed in it": (
        "drop table event_2; create table event_2 partition of event default",
        "alter table event_2 alter column kind drop not null",
    ),
    "a new child, and a publication of its parent with all its heirs": (
        "create table kid () inherits (note)",
        "create publication heard for table note",
    ),
    "a new child, and a publication of ONLY its parent": (
        "create table kid () inherits (note)",
        "create publication heard for table only note",
    ),
    "a copy with indexes, and the name of an index": (
        "create table copy (like event including all)",
        "alter index event_kind rename to event_by_kind",
    ),
    "a whole row in a view, and a new column": (
        "create function body_of(n note) returns text language sql as 'select n.body';"
        " create view bodies as select id, body_of(note) as body from note",
        "alter table note add column seen boolean",
    ),
    "two partitions of one name, if it is free": (
        "create table if not exists event_9 partition of event for values from (90) to (99)",
        "create table if not exists event_9 partition of event for values from (90) to (99)",
    ),
    "two partitions of one name, one of them if it is free": (
        "create table if not exists event_9 partition of event for values from (90) to (99)",
        "create table event_9 partition of event for values from (90) to (99)",
    ),
    "a field of another type, and a column": (
        "alter type price alter attribute currency type varchar(3)",
        "alter table note add column costs price",
    ),
    "a column of a row type, and a new column with a default": (
        "create table trail (old note)",
        "alter table note add column seen_at timestamptz default now()",
    ),
    "a table of a type, and a new field": (
        "create table tag of price",
        "alter type price add attribute on_sale boolean",
    ),
    "a table of a type, and a new field of it and of all its tables": (
        "create table tag of price",
        "alter type price add attribute on_sale boolean cascade",
    ),
    "an operator, and a view with it": (
        "create operator public.=== (leftarg = text, rightarg = text, function = texteq)",
        "create view same as select id from note where body === 'x'",
    ),
    "a type that goes, and a copy of the table": (
        "drop type mood cascade",
        "create table copy as select * from team",
    ),
    "a column that is copied, and its type": (
        "create table copy as select id, body from note",
        "alter table note alter column body type varchar(80)",
    ),
    "a string body over a column of a domain, and the domain's name": (
        "create function lines() returns bigint language sql as 'select count(line) from memo'",
        "alter domain short rename to brief",
    ),
    "a label in a long view": (
        f"create view pleased as select {LONG} from team where feeling = 'ok'",
        "alter type mood rename value 'ok' to 'fine'",
    ),
    "a policy for a role that loses what it has": (
        "create policy theirs on note to telling_reader using (true)",
        "drop owned by telling_reader",
    ),
    "privileges on a column, and taken away on the table": (
        "grant select (body) on note to telling_reader",
        "revoke select on note from telling_reader",
    ),
    "privileges on a column, and taken away on all tables": (
        "grant select (body) on note to telling_reader",
        "revoke select on all tables in schema public from telling_reader",
    ),
    "privileges by default of the role that registers": (
        "alter default privileges for role postgres in schema side"
        " grant select on tables to telling_reader",
        "create table side.extra (id integer)",
    ),
    "privileges by default of a role that makes nothing": (
        "alter default privileges for role telling_reader in schema side"
        " grant select on tables to public",
        "create table side.extra (id integer)",
    ),
    "privileges on everything of two kinds": (
        "grant select on all tables in schema public to telling_reader",
        "grant execute on all functions in schema public to telling_reader",
    ),
    "privileges on all functions, and an extension that brings some": (
        "create extension pg_trgm schema public",
        "grant execute on all functions in schema public to telling_reader",
    ),
    "privileges on all functions, and an extension that brings some elsewhere": (
        "create extension pg_trgm schema public",
        "grant execute on all functions in schema side to telling_reader",
    ),
    "an extension that both need, and make sure of": (
        "create extension if not exists citext; create table a (mail citext)",
        "create extension if not exists citext; create table b (mail citext)",
    ),
    "an extension that both need, and one makes sure of": (
        "create extension citext; create table a (mail citext)",
        "create extension if not exists citext; create table b (mail citext)",
    ),
    "a key that both need, and make sure of": (
        "create table if not exists label (id integer primary key);"
        " alter table note add column label integer references label",
        "create table if not exists label (id integer primary key);"
        " alter table team add column label integer references label",
    ),
    "a key that one needs of its own table, and the same table": (
        "create table label (id integer primary key, name text);"
        " create table labelled (label integer references label (id))",
        "create table if not exists label (id integer primary key, color text)",
    ),
    "a key for ON CONFLICT that both make sure of": (
        "create table if not exists flag (name text primary key);"
        " insert into flag values ('x') on conflict (name) do nothing",
        "create table if not exists flag (name text primary key);"
        " insert into flag values ('y') on conflict (name) do nothing",
    ),
    "taken from all and given again, by both": (
        "revoke all on note from public; grant select on note to public",
        "revoke all on note from public; grant select on note to public",
    ),
    "a list that is set and added to, and the same addition": (
        "alter publication listed set table team; alter publication listed add table member",
        "alter publication listed add table member",
    ),
    "an option that is set twice, and the last value": (
        "alter function pick(integer) immutable; alter function pick(integer) stable",
        "alter function pick(integer) stable",
    ),
    "an identity that starts again, and a view in the place of its table": (
        "alter table team alter column id restart with 200",
        "alter table team rename to team_1; create view team as select * from team_1",
    ),
    "a view that takes the place of a table, and does not stay": (
        "alter table note rename to note_1; create view note as select * from note_1;"
        " alter view note set schema side",
        "insert into note (id) values (50)",
    ),
    "dropped if it is there, by one who changes it before": (
        "drop table if exists note cascade",
        "alter table note drop column body; drop table if exists note cascade",
    ),
    "a column that is there in the new table as well": (
        "drop table note cascade; create table note (id integer primary key, body text)",
        "alter table note add column if not exists body text",
    ),
    "a trigger that goes if it is there, and a new table": (
        "drop table note cascade; create table note (id integer primary key, body text)",
        "drop trigger if exists note_shout on note",
    ),
    "no default that goes, and a view in the place of the table": (
        "alter table note alter column body drop default",
        "alter table note rename to note_1; create view note as select * from note_1",
    ),
    "a column that is there for a moment only": (
        "alter table note drop column if exists fresh",
        "alter table note add column fresh integer; alter table note drop column fresh",
    ),
    "a column that goes if it is there, and its schema's name": (
        "alter table side.log drop column if exists id",
        "alter schema side rename to aside",
    ),
    "a view that whoever makes its column anew takes away first": (
        "drop view members; alter table member drop column email;"
        " alter table member add column email text;"
        " create view members as select id, email, points from member",
        "drop view members; create view members as select id, email, points from member",
    ),
    "a reference with its key written and not": (
        "alter table member drop constraint member_team_id_fkey;"
        " alter table member add constraint member_team_id_fkey"
        " foreign key (team_id) references team (id) on delete cascade",
        "alter table member drop constraint member_team_id_fkey,"
        " add constraint member_team_id_fkey"
        " foreign key (team_id) references team on delete cascade",
    ),
    "a function made anew if it is there, and the same one defined": (
        "drop function if exists pick(integer); create or replace function pick(a integer)"
        " returns integer language sql as 'select a * 3'",
        "create or replace function pick(a integer) returns integer language sql as 'select a * 3'",
    ),
    "renamed to and fro, and away": (
        "alter table note force row level security",
        "alter table note rename to spare; alter table spare rename to note;"
        " alter table note rename to spare; create table note (id integer)",
    ),
    "a constraint made anew and dropped if it is there": (
        "alter table site drop constraint if exists site_id_check",
        "alter table site drop constraint site_id_check;"
        " alter table site add constraint site_id_check check (id > 0);"
        " alter table site drop constraint if exists site_id_check",
    ),
}
