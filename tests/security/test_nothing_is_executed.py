"""What an agent declares is read, and never run, by any function."""

from __future__ import annotations

from pathlib import Path

import psycopg

from tests.db.intents import Connection, problems, rows, value

PROBES = {
    "table": "create table probe (id int)",
    "drop": "drop table canary; drop schema public cascade",
    "data": "insert into canary values (1); update canary set id = 2; delete from canary",
    "query": "select spring()",
    "query in a view": "create view probe as select spring()",
    "default": "alter table canary add column x int default spring()",
    "constant default": "create table probe (x int default (spring()))",
    "check": "alter table canary add check (spring() > 0)",
    "generated column": (
        "alter table canary add column x int generated always as (spring()) stored"
    ),
    "index expression": "create index on canary ((spring()))",
    "function and its call": (
        "create function probe() returns int language sql as 'select public.spring()';"
        " select probe()"
    ),
    "DO": "do $$ begin perform public.spring(); end $$",
    "DO in a language": "do language plpython3u $$ plpy.execute('select public.spring()') $$",
    "CALL": "call spring_too()",
    "COPY": "copy (select spring()) to program 'touch {file}'",
    "COPY from a program": "copy canary from program 'touch {file}; echo 1'",
    "large object": "select lo_import('/etc/passwd')",
    "setting": "set application_name = 'sprung'; alter system set application_name = 'sprung'",
    "role": "create role security_probe superuser login; alter role current_user nologin",
    "grant": "grant all on canary to public",
    "notification": "notify sprung; listen sprung",
    "lock": "lock table canary in access exclusive mode",
    "transaction": "commit; begin; rollback; select spring()",
    "prepared": "prepare probe as select spring(); execute probe",
    "extension": "create extension if not exists xml2",
    "event trigger": (
        "create function probe() returns event_trigger language plpgsql as"
        " 'begin perform spring(); end'; create event trigger probe on sql_drop"
        " execute function probe()"
    ),
    "type that has an input function": "select '1'::sprung; create domain probe as sprung",
    "search path": "set search_path = attacker, public; create table probe (id int)",
    "literal that ends the literal": "select ''); select spring(); --'",
    "name that ends the name": 'alter table "x""; select spring(); --" add column "a""b" int',
    "explain": "explain analyze select spring()",
    "refresh": "refresh materialized view canaries",
}

CANARIES = """
    create table canary (id int);
    create table sprung_by (what text);
    create function public.spring() returns int language plpgsql as $$
        begin insert into public.sprung_by values ('spring'); return 1; end $$;
    create procedure spring_too() language plpgsql as $$ begin perform public.spring(); end $$;
    create materialized view canaries as select * from canary;
    create function log_ddl() returns event_trigger language plpgsql as $$
        begin insert into public.sprung_by values (tg_tag); end $$;
    create event trigger log_ddl on ddl_command_start execute function log_ddl();
"""

LAST = " from (select id from coord.intent where agent_id = 'b' order by intent_no desc limit 1) i"

FUNCTIONS = [
    "select * from coord.footprint(%(s)s::text)",
    "select * from coord.footprint(array[%(s)s::text])",
    "select * from coord.compare_changes(%(s)s::text, %(s)s::text)",
    "select * from coord.check_intent(%(s)s, %(s)s, %(s)s::text, array[%(s)s])",
    "select * from coord.register_intent('a', 'f', %(s)s::text, array[%(s)s],"
    " metadata => jsonb_build_object('depends_on', %(s)s::text), search_path => 'public')",
    "select * from coord.register_intent(%(s)s, %(s)s, %(s)s::text, search_path => %(s)s)",
    "select * from coord.register_intent('b', 'f', array[%(s)s::text])",
    "select coord.amend_intent(id, %(s)s::text)" + LAST,
    "select coord.recheck(id, %(s)s)" + LAST,
    "select coord.mark_in_progress(id, %(s)s, %(s)s)" + LAST,
    "select coord.mark_abandoned(id, %(s)s, %(s)s)" + LAST,
    "select coord.allocate_branch(%(s)s)",
    "select * from coord.merge_order()",
    "select * from coord.verify_history(%(s)s)",
]


OBJECTS = [
    "select oid, relname, relacl::text from pg_class where relnamespace <> 99 order by oid",
    "select oid, proname from pg_proc order by oid",
    "select oid, rolname, rolsuper, rolcanlogin from pg_authid where rolname !~ '^(attack|upgrade)'"
    " order by oid",
    "select * from pg_db_role_setting",
    "select loid from pg_largeobject",
    "select * from canary",
]


def test_no_function_runs_what_it_is_given(conn: Connection, tmp_path: Path) -> None:
    file = tmp_path / "touched"
    tmp_path.chmod(0o777)
    conn.execute(CANARIES)
    conn.execute("delete from sprung_by")
    before = [rows(conn, query) for query in OBJECTS]
    for what, script in PROBES.items():
        changes = script.replace("{file}", str(file))
        refused = []
        for query in FUNCTIONS:
            try:
                conn.execute(query, {"s": changes})
            except psycopg.Error as error:
                refused.append(error.diag)
        # what is refused is refused by us, and not everything is
        assert len(refused) < len(FUNCTIONS), what
        assert [each.message_primary for each in refused if not each.message_hint] == [], what
        assert rows(conn, "select * from sprung_by") == [], what
        assert [rows(conn, query) for query in OBJECTS] == before, what
        assert not file.exists(), what
        assert value(conn, "select current_setting('application_name')") != "sprung", what
        assert list(conn.notifies(timeout=0)) == [], what
    assert problems(conn) == []
    # the canaries do sing
    conn.execute("select spring(); create table public.probe_of_the_probe ()")
    sung = {each["what"] for each in rows(conn, "select * from sprung_by")}
    assert sung == {"spring", "CREATE TABLE"}
