"""Pairs that once misled the rules, of definitions alone; see test_telling_pairs.py."""

from __future__ import annotations

DEFINITIONS: dict[str, tuple[str, str]] = {
    "a view in the place of the table": (
        "alter table member rename to member_1; create view member as select * from member_1",
        "alter table member add constraint known check (points >= 0)",
    ),
    "a reference to what becomes a view": (
        "alter table team rename to team_1; create view team as select * from team_1",
        "create table badge (team_id integer references team (id))",
    ),
    "a column renamed before its table's name is given away": (
        "alter table note rename column body to text; alter table note rename to note_1;"
        " create view note as select * from note_1",
        "create view bodies as select id, body from note",
    ),
    "a column dropped before its table's name is given away": (
        "alter table note rename to note_1; alter table note_1 drop column body;"
        " create view note as select * from note_1",
        "create view bodies as select id, body from note",
    ),
    "a view in the place of the table, or a new table": (
        "alter table member rename to member_1; create view member as select * from member_1",
        "drop table member cascade; create table member (id bigint)",
    ),
    "a view in the place of the table, or nothing": (
        "alter table member rename to member_1; create view member as select * from member_1",
        "drop table if exists member cascade",
    ),
    "a view in the place of the table, twice": (
        "drop table note; create view note as select 1 as id",
        "drop table note; create view note as select 2 as id",
    ),
    "an order beside a reference that both add": (
        "alter index event_kind rename to event_by_kind;"
        " alter table member add foreign key (team_id) references team",
        "drop index if exists event_kind;"
        " alter table member add foreign key (team_id) references team",
    ),
    "an order beside what both drop if it is there": (
        "alter index event_kind rename to event_by_kind;"
        " alter table member drop constraint if exists member_pkey",
        "drop index if exists event_kind; alter table member drop constraint if exists member_pkey",
    ),
    "a view made anew without the column that is renamed": (
        "alter view members rename column email to mail",
        "drop view members; create view members as select id, points from member",
    ),
    "a field of a row that a function is given": (
        "create function mail_of(m member) returns text language sql as 'select m.email'",
        "alter table member rename column email to mail",
    ),
    "a key made anew": (
        "alter table member drop constraint member_team_id_fkey;"
        " alter table team drop constraint team_pkey, add constraint team_key primary key (id);"
        " alter table member add foreign key (team_id) references team",
        "create table badge (team_id integer references team)",
    ),
    "a function made anew with another parameter": (
        "drop function pick(integer);"
        " create function pick(b integer) returns integer language sql as 'select b'",
        "create or replace function pick(a integer) returns integer language sql as 'select a + 1'",
    ),
    "a function made anew, and anew": (
        "drop function pick(integer);"
        " create function pick(a integer) returns integer language sql as 'select a + 2'",
        "create or replace function pick(a integer) returns integer language sql as 'select a + 1'",
    ),
    "text that becomes an enum, and a check": (
        "create type tier as enum ('free', 'pro');"
        " alter table team alter column tier drop default,"
        " alter column tier type tier using tier::tier",
        "alter table team add constraint known check (tier <> 'free')",
    ),
    "text that becomes an enum, and a part of the rows": (
        "create type tier as enum ('free', 'pro');"
        " alter table team alter column tier drop default,"
        " alter column tier type tier using tier::tier",
        "create index on team (name) where tier = 'pro'",
    ),
    "text that becomes longer text, and a check": (
        "alter table team alter column tier type varchar(40) using trim(tier)",
        "alter table team add constraint known check (tier <> 'gold')",
    ),
    "text that becomes a number, and an operator class": (
        "alter table note alter column body type integer using length(body)",
        "create index on note (body text_pattern_ops)",
    ),
    "a reference made anew, and validated": (
        "alter table member drop constraint member_team_id_fkey; alter table member add"
        " constraint member_team_id_fkey foreign key (team_id) references team on delete cascade",
        "alter table member validate constraint member_team_id_fkey",
    ),
    "granted on all there are and will be": (
        "grant select on all tables in schema public to telling_reader;"
        " alter default privileges in schema public grant select on tables to telling_reader",
        "create table extra (id integer)",
    ),
    "a view that both take away before the column changes": (
        "drop view members; alter table member alter column email type varchar(80);"
        " create view members as select id, email from member",
        "drop view members; create view members as select id, email, points from member",
    ),
    "a view that one takes away before the column changes": (
        "drop view members; alter table member alter column email type varchar(80)",
        "drop view members; create view members as select id, email from member",
    ),
    "a default that one changes and the other takes away with its sequence": (
        "alter table note alter column no drop default; drop sequence numbers",
        "alter table note alter column no set default 10 * nextval('numbers')",
    ),
    "like, while nothing changes": (
        "alter table member alter column email drop not null, alter column email drop default",
        "create table copy (like member including defaults)",
    ),
    "a new label in a view": (
        "alter type mood rename value 'ok' to 'fine'",
        "create view pleased as select id from team where feeling = 'fine'",
    ),
    "a field of a column": (
        "alter type place rename attribute city to town",
        "create view cities as select id, (at).city, (s.at).street from site s",
    ),
    "another field of a column": (
        "alter type place rename attribute city to town",
        "create view streets as select id, (at).street from site",
    ),
    "renamed and back, and made anew": (
        "alter table note rename to note_1; alter table note_1 rename to note",
        "drop table note; create table note (id integer)",
    ),
    "a name taken by a rename, or found taken": (
        "alter table note rename column body to text",
        "alter table note add column if not exists text text",
    ),
    "a trigger that is not there": (
        "drop trigger if exists nothing on note",
        "alter table note rename to note_1; create view note as select * from note_1",
    ),
    "a policy that is not there, and then is": (
        "drop policy if exists mine on note",
        "create policy mine on note using (true)",
    ),
    "a name that is kept, or given back": (
        "alter table note rename to spare; create table note (id integer)",
        "alter table team rename to spare; alter table spare rename to team",
    ),
    "a name that both give back": (
        "alter table note rename to spare; alter table spare rename to note",
        "create table spare (id integer); drop table spare",
    ),
    "an enum that becomes text, and a part of the rows": (
        "alter table team alter column feeling drop default, alter column feeling type text",
        "create index on team (name) where feeling = 'ok'",
    ),
    "text that becomes bytes, and a check that fits both": (
        "alter table team alter column tier drop default,"
        " alter column tier type bytea using convert_to(tier, 'utf8')",
        "alter table team add check (length(tier) < 100)",
    ),
    "a reference to a table that is made anew without a key": (
        "alter table team rename to team_1; create table team (id integer)",
        "create table badge (team_id integer references team (id))",
    ),
    "a reference to a table that is made anew with a key": (
        "alter table team rename to team_1; create table team (id integer primary key)",
        "create table badge (team_id integer references team (id))",
    ),
    "both rename it alike, and change it before": (
        "alter table note add constraint one unique (id); alter table if exists note rename to n",
        "create index on note (body); alter table if exists note rename to n",
    ),
    "both rename it alike, and one changes it before": (
        "alter table note add constraint one unique (id); alter table if exists note rename to n",
        "alter table if exists note rename to n",
    ),
    "an identity of a table that is made anew without": (
        "alter table team alter column id set generated always",
        "alter table team rename to team_1; create table team (id integer)",
    ),
    "renamed and renamed back": (
        "alter table note rename to note_1; alter table note_1 rename to note",
        "alter table note add column extra text",
    ),
    "renamed and back, and moved": (
        "alter table note rename to note_1; alter table note_1 rename to note",
        "create schema corner; alter table note set schema corner",
    ),
    "identity dropped and changed": (
        "alter table team alter column id drop identity",
        "alter table team alter column id set generated always",
    ),
    "identity dropped and restarted": (
        "alter table team alter column id drop identity",
        "alter table team alter column id restart with 500",
    ),
    "a label in a view": (
        "alter type mood rename value 'ok' to 'fine'",
        "create view pleased as select id from team where feeling = 'ok'",
    ),
    "a label in a default": (
        "alter type mood rename value 'ok' to 'fine'",
        "create table day (feeling mood default 'ok')",
    ),
    "a label in a body that is read at once": (
        "alter type mood rename value 'ok' to 'fine'",
        "create function pleased() returns bigint language sql as"
        " $$ select count(*) from team where feeling = 'ok' $$",
    ),
    "a label in a body that is read when it runs": (
        "alter type mood rename value 'ok' to 'fine'",
        "create function pleased() returns bigint language plpgsql as"
        " $$ begin return (select count(*) from team where feeling = 'ok'); end $$",
    ),
    "a block that looks first": (
        "do $$ begin if not exists (select from pg_type where typname = 'level') then"
        " create type level as enum ('low'); end if; end $$",
        "create type level as enum ('low', 'high')",
    ),
    "a block that catches the error": (
        "do $$ begin alter table note add column extra text;"
        " exception when duplicate_column then null; end $$",
        "alter table note add column extra text",
    ),
    "two that look first": (
        "do $$ begin alter table note add column extra text;"
        " exception when duplicate_column then null; end $$",
        "alter table note add column if not exists extra text",
    ),
    "a list that is set, and a table taken out": (
        "alter publication listed set table team",
        "alter publication listed drop table note",
    ),
    "two lists": (
        "alter publication listed set table team",
        "alter publication listed set table note",
    ),
    "a list and a table in it that goes": (
        "alter publication listed set table team, note",
        "drop table note",
    ),
    "added though it is listed": (
        "alter publication listed add table note",
        "alter publication listed drop table note",
    ),
    "an index of the parent alone": (
        "create index on only event (id)",
        "create table event_3 partition of event for values from (20) to (30)",
    ),
    "an index of the parent goes": (
        "drop index event_kind",
        "alter table event detach partition event_1",
    ),
    "partitions that overlap": (
        "create table event_3 partition of event for values from (20) to (30)",
        "create table event_4 partition of event for values from (25) to (35)",
    ),
    "a partition that loses what it must have": (
        "alter table event attach partition event_2 for values from (10) to (20)",
        "alter table event_2 alter column kind drop not null",
    ),
    "like, with its indexes": (
        "create table copy (like member including all)",
        "create index on member (email)",
    ),
    "like, with its checks": (
        "create table copy (like member including constraints)",
        "alter table member add constraint known check (points >= 0)",
    ),
    "like, without its indexes": (
        "create table copy (like member including defaults)",
        "create index on member (email)",
    ),
    "a trigger defined anew is on again": (
        "create or replace trigger member_touch before insert on member"
        " for each row execute function touch()",
        "alter table member disable trigger member_touch",
    ),
    "a view that OR REPLACE cannot follow": (
        "create or replace view members as select id, email, points, active from member",
        "drop view members; create view members as select id, active from member",
    ),
    "a view replaced without the column that goes": (
        "drop view members; create view members as select id, points from member",
        "alter table member drop column email",
    ),
    "two views with other columns at the end": (
        "create or replace view members as select id, email, points, active from member",
        "create or replace view members as select id, email, points, team_id from member",
    ),
    "one view with more columns at the end": (
        "create or replace view members as select id, email, points, active from member",
        "create or replace view members as select id, email, points, active, team_id from member",
    ),
    "indexes of constraints of two tables": (
        "alter table note add constraint uniq unique (body)",
        "alter table member add constraint uniq unique (email)",
    ),
    "a policy made anew without what goes": (
        "drop policy if exists seen on note; create policy seen on note using (id > 0)",
        "drop function may_see() cascade",
    ),
    "DROP COLUMN IF EXISTS and DROP TABLE": (
        "alter table note drop column if exists body",
        "drop table note",
    ),
    "dropped, or renamed and made anew": (
        "drop table note",
        "alter table note rename to note_1; create table note (id bigint)",
    ),
    "the same setting beside an order": (
        "alter type mood add value 'fine'; alter table note alter column body set not null",
        "alter type mood rename to feeling; alter table note alter column body set not null",
    ),
    "a name that is given back, and then kept": (
        "alter table note rename to spare; alter table spare rename to note",
        "alter table team rename to spare; alter table spare rename to team;"
        " alter table member rename to spare",
    ),
    "made, dropped and made": (
        "create table spare (id integer); drop table spare; create table spare (name text)",
        "create table badge (of text); create view spares as select name from spare",
    ),
    "made anew, and dropped after all": (
        "alter table note add constraint small check (id < 10);"
        " alter table note alter column id set not null",
        "alter table note drop constraint if exists small;"
        " alter table note add constraint small check (id < 10);"
        " alter table note drop constraint small",
    ),
    "a function renamed to a name, or defined under it": (
        "alter function pick(integer) rename to choose",
        "create or replace function choose(a integer) returns integer language sql as 'select a'",
    ),
}
