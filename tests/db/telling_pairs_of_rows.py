"""Pairs that once misled the rules, in which rows are changed; see test_telling_pairs.py."""

from __future__ import annotations

ROWS: dict[str, tuple[str, str]] = {
    "NULL for a column that is filled": (
        "update team set tier = 'free' where tier is null;"
        " alter table team alter column tier set not null",
        "insert into team (name, tier) values ('new', null)",
    ),
    "NULL for a column that must have a value": (
        "alter table team alter column tier set not null",
        "update team set tier = null where name = 'core'",
    ),
    "a check for the next rows": (
        "alter table member add constraint few check (points < 10) not valid",
        "update member set points = 50 where active",
    ),
    "a check for the next rows, and then for all": (
        "alter table member add constraint few check (points < 10) not valid;"
        " alter table member validate constraint few",
        "update member set points = 50 where active",
    ),
    "a row through the view in the place of the table": (
        "alter table note rename to note_1; create view note as select * from note_1",
        "insert into note values (7, 'x')",
    ),
    "refreshed, or made anew": (
        "drop materialized view totals; create materialized view totals as"
        " select team_id, sum(points) as points, count(*) from member group by team_id",
        "refresh materialized view totals",
    ),
    "a trigger that needs the column that is renamed": (
        "alter table note rename column body to text",
        "update note set id = 9 where id = 1",
    ),
    "a trigger made anew that fires as before": (
        "drop trigger member_touch on member; create trigger member_touch before insert or update"
        " on member for each row execute function touch()",
        "update member set points = 1 where active",
    ),
    "a label in rows of a new table": (
        "alter type mood rename value 'ok' to 'fine'",
        "create table day (on_day date, feeling mood); insert into day values (now(), 'ok')",
    ),
    "rows that go, of a table made anew": (
        "truncate note",
        "drop table note; create table note (id integer, body text)",
    ),
    "text that becomes an enum, and a value that it has not": (
        "create type tier as enum ('free', 'pro');"
        " alter table team alter column tier drop default,"
        " alter column tier type tier using tier::tier",
        "update team set tier = 'gold' where name = 'core'",
    ),
    "a trigger's function that is fired while it changes": (
        "create or replace function touch() returns trigger language plpgsql as"
        " 'begin new.points := new.points; return new; end'",
        "update member set email = 'b@x' where id = 1",
    ),
    "the same word as a new label": (
        "alter type mood add value 'fine'",
        "update note set body = 'fine' where id = 1",
    ),
    "a row that an old check refuses": (
        "alter table site drop constraint site_id_check;"
        " alter table site add check (id in (1, 2, 3))",
        "insert into site (id) values (3)",
    ),
    "a row that an old check lets pass": (
        "alter table site drop constraint site_id_check;"
        " alter table site add check (id in (1, 2, 3))",
        "insert into site (id) values (2)",
    ),
    "a check that wants a value, and a row without it": (
        "alter table note add constraint has_body check (body is not null) not valid",
        "insert into note (id) values (7)",
    ),
    "a check that wants a value, and a row with a default": (
        "alter table team add constraint has_tier check (tier is not null)",
        "insert into team (name) values ('new')",
    ),
    "a column that is only there in between": (
        "alter table note add column other text; update note set other = body;"
        " alter table note drop column body; alter table note rename column other to body",
        "alter table note add column other integer",
    ),
    "a schema that moves while a trigger writes to it": (
        "alter schema side rename to aside",
        "insert into site (id) values (1)",
    ),
    "a new column that is filled, and a row that comes": (
        "alter table team add column slug text; update team set slug = lower(name);"
        " alter table team alter column slug set not null",
        "insert into team (name) values ('new')",
    ),
    "a new column with a default, and a row that comes": (
        "alter table team add column slug text default 'x';"
        " alter table team alter column slug set not null",
        "insert into team (name) values ('new')",
    ),
    "the same default as before, and a row": (
        "create type tier as enum ('free', 'pro');"
        " alter table team alter column tier drop default,"
        " alter column tier type tier using tier::tier, alter column tier set default 'free'",
        "insert into team (name) values ('new')",
    ),
    "rows that a check refuses": (
        "alter table team add constraint tiers check (tier in ('free', 'pro'))",
        "insert into team (id, name, tier) values (5, 'five', 'gold')",
    ),
    "rows that a range refuses": (
        "alter table member add constraint few check (points between 0 and 10)",
        "update member set points = 50 where active",
    ),
    "rows that a check lets pass": (
        "alter table team add constraint tiers check (tier in ('free', 'pro'))",
        "insert into team (id, name, tier) values (5, 'five', 'free')",
    ),
    "a key given twice": (
        "insert into note values (7, 'x'), (8, 'y')",
        "insert into note (body, id) values ('z', 8)",
    ),
    "a key given twice, one of them ready for it": (
        "insert into team (name) values ('ops') on conflict (name) do nothing",
        "insert into team (name) values ('ops')",
    ),
    "the key that ON CONFLICT needs": (
        "insert into team (name) values ('ops') on conflict (name) do nothing",
        "alter table team drop constraint team_name_key",
    ),
    "identity dropped and needed": (
        "alter table team alter column id drop identity",
        "insert into team (name) values ('new')",
    ),
    "a value given to what becomes ALWAYS": (
        "alter table team alter column id set generated always",
        "insert into team (id, name) values (9, 'nine')",
    ),
    "a label in rows": (
        "alter type mood rename value 'ok' to 'fine'",
        "update team set feeling = 'ok' where feeling = 'sad'",
    ),
    "the same word where it is no label": (
        "alter type mood rename value 'ok' to 'fine'",
        "update note set body = 'ok' where id = 1",
    ),
    "a column with a default goes, rows come": (
        "alter table member drop column active",
        "insert into member (id, email) values (9, 'z@x')",
    ),
    "a row in a partition, and a check of the whole": (
        "insert into event_1 values (1, 'x')",
        "alter table event add constraint kinds check (kind in ('a', 'b'))",
    ),
    "a row of the whole, and a check of the whole": (
        "insert into event values (1, 'x')",
        "alter table event add constraint kinds check (kind in ('a', 'b'))",
    ),
    "a partition leaves, and rows of ONLY the whole": (
        "alter table event detach partition event_1",
        "delete from only event where id = 1",
    ),
    "a column computed from one that the other sets": (
        "update member set email = id || '@x', points = points + 1",
        "update member set id = 7 where id = 1",
    ),
    "a column computed from one that the other does not set": (
        "update member set email = id || '@x'",
        "update member set active = false",
    ),
    "a column computed from one that the other sets in other rows": (
        "update member set email = id || '@x' where active",
        "update member set id = 7 where active = false",
    ),
    "a column computed in some rows from one that the other sets in some": (
        "update member set email = id || '@x' where email is null",
        "update member set id = 7 where active = false",
    ),
    "a new column computed from one that the other sets": (
        "alter table member add column name text; update member set name = coalesce(email, 'none')",
        "update member set email = 'b@x' where email is not null",
    ),
    "the second of two rows, and a change that finds it": (
        "insert into note (id, body) values (20, 'x'), (21, 'y')",
        "update note set body = 'z' where body = 'y'",
    ),
    "two rows, and a change that finds neither": (
        "insert into note (id, body) values (20, 'x'), (21, 'y')",
        "update note set body = 'z' where body = 'w'",
    ),
    "rows found by a pattern, and a type without patterns": (
        "update note set body = null where body like 'a%'",
        "alter table note alter column body type integer using length(body)",
    ),
}
