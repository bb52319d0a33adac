"""What somebody left in a database before CREATE EXTENSION has no say in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from tests.db.intents import Connection, add_column, problems, rows, value
from tests.upgrade.snapshot import catalog, difference

TRAP = "begin insert into public.sprung values (current_user); {ret}; end"


def trap(signature: str) -> str:
    """A function that leaves a trace."""
    ret = "return" if " setof " in signature or " void" in signature else "return null"
    return f"create function {{place}}.{signature} language plpgsql as '{TRAP.format(ret=ret)}'"


FUNCTIONS = [
    "lower(text) returns text",
    "format(text, text) returns text",
    "format(text, name) returns text",
    "btrim(text) returns text",
    "cardinality(text[]) returns integer",
    "jsonb_typeof(jsonb) returns text",
    "octet_length(bytea) returns integer",
    "num_nonnulls(text, text, text, text) returns integer",
    "generate_series(integer, integer) returns setof integer",
    "nextval(text) returns bigint",
    "set_config(text, text, boolean) returns text",
    "pg_extension_config_dump(text, text) returns void",
    "to_regnamespace(text) returns text",
    "aclexplode(aclitem[]) returns setof text",
    "text_trap(text, text) returns boolean",
    "name_trap(name, text) returns boolean",
    "evil_of(text) returns {place}.evil",
]

OBJECTS = [
    "create type {place}.evil as (a int)",
    *map(trap, FUNCTIONS),
    "create operator {place}.= (leftarg = text, rightarg = text, function = {place}.text_trap)",
    "create operator {place}.~ (leftarg = text, rightarg = text, function = {place}.text_trap)",
    "create operator {place}.<> (leftarg = text, rightarg = text, function = {place}.text_trap)",
    "create operator {place}.= (leftarg = name, rightarg = text, function = {place}.name_trap)",
    "create cast (text as {place}.evil) with function {place}.evil_of(text) as implicit",
    "create table {place}.pg_roles (rolname name, rolcanlogin boolean)",
    "create table {place}.intent (id uuid primary key)",
    "create table {place}.status (status text primary key)",
    "create table {place}.setting_default (name text)",
]


@pytest.fixture
def site(plain_dsn: str) -> Iterator[Connection]:
    """A database in which somebody was before us."""
    with closing(psycopg.connect(plain_dsn, autocommit=True)) as connection:
        connection.execute("create table public.sprung (by_whom text)")
        yield connection


@pytest.mark.parametrize("place", ["public", "attacker", "pg_temp"])
def test_planted_objects_do_not_act_when_the_extension_is_created(
    site: Connection, conn: Connection, place: str
) -> None:
    site.execute("create schema attacker")
    for statement in OBJECTS:
        site.execute(statement.format(place=place))
    site.execute(f"set search_path = {place}, pg_catalog")
    site.execute("create extension confiture_coord cascade")
    assert rows(site, "select * from public.sprung") == []
    site.execute("reset search_path")
    mine, usual = catalog(site), catalog(conn)
    assert difference(mine, usual) == {}
    # the traps work: the same calls on that path do spring them
    site.execute(f"select {place}.btrim('x')")
    assert rows(site, "select * from public.sprung") != []


@pytest.mark.parametrize(
    "before",
    [
        "create schema coord",
        "create schema coord; " + trap("version() returns text").format(place="coord"),
        "create schema coord; create table coord.plain_install (version text);"
        " alter schema coord owner to security_squatter",
        "create schema coord; create view coord.plain_install as select 1 as version",
        "create schema coord; create table coord.intent (id int)",
    ],
)
def test_a_schema_that_is_there_is_never_taken_over(site: Connection, before: str) -> None:
    site.execute(
        "do $$ begin create role security_squatter;"
        " exception when duplicate_object then null; end $$"
    )
    site.execute(before)
    for statement in (
        "create extension confiture_coord cascade",
        "create extension if not exists confiture_coord schema coord cascade",
    ):
        with pytest.raises(psycopg.Error) as refused:
            site.execute(statement)
        assert refused.value.diag.sqlstate in ("42P06", "0A000")
    assert rows(site, "select * from pg_extension where extname = 'confiture_coord'") == []
    assert rows(site, "select * from public.sprung") == []
    site.execute("drop schema coord cascade; drop role security_squatter")


def test_function_of_ours_that_exists_in_no_schema_of_ours_is_not_replaced(
    site: Connection,
) -> None:
    """Only coord is ours: objects of the same names elsewhere stay what they were."""
    site.execute("create table public.intent (id int); create function public.version()"
                 " returns text language sql return 'theirs'")  # fmt: skip
    site.execute("create extension confiture_coord cascade")
    assert value(site, "select public.version()") == "theirs"
    add_column(site, "ada", "public.intent", "a")
    assert problems(site) == []


def test_a_group_that_somebody_made_a_login_is_told(site: Connection) -> None:
    told: list[tuple[str | None, str | None]] = []
    site.add_notice_handler(lambda n: told.append((n.message_primary, n.message_hint)))
    site.execute(
        "do $$ begin create role coord_reviewer; exception when duplicate_object then null; end $$"
    )
    # rolled back: the role belongs to the whole cluster, which other tests use
    with site.transaction(force_rollback=True):
        site.execute("alter role coord_reviewer login")
        site.execute("create extension confiture_coord cascade")
    assert told[-1:] == [
        (
            'role "coord_reviewer" was there before, and can log in',
            "ALTER ROLE coord_reviewer NOLOGIN",
        )
    ]


def test_nobody_else_installs_it(site: Connection) -> None:
    site.execute("create role security_installer")
    site.execute("grant create on schema public to security_installer")
    database = value(site, "select current_database()")
    site.execute(f"grant create on database {database} to security_installer")
    site.execute("set session authorization security_installer")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        site.execute("create extension confiture_coord cascade")
    site.execute("reset session authorization")
    site.execute("drop owned by security_installer")
    site.execute("drop role security_installer")
